"""Options of the whole test-suite."""

import pytest

TIERS = ("smoke", "full")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--scenarios=full` adds the scenarios that take long."""
    parser.addoption(
        "--scenarios",
        choices=TIERS,
        default="smoke",
        help="smoke covers every fault once; full adds repetitions and random moments",
    )


def pytest_configure(config: pytest.Config) -> None:
    """The marker that goes with the option."""
    config.addinivalue_line("markers", "full: a scenario that only --scenarios=full runs")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long scenarios out of a smoke run."""
    if config.getoption("--scenarios") == "full":
        return
    left_out = [item for item in items if item.get_closest_marker("full")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("full")]
