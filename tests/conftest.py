"""Options of the whole test-suite."""

import os
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import settings

# Machines are noisy: time belongs to the benchmarks. CI repeats itself, so that a red run is the change's.
settings.register_profile("suite", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("suite")

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


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    """A verb that was run in this process has routed the logs to a stream that is closed by now."""
    yield
    structlog.reset_defaults()
