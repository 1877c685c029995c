"""docs/reference/exit-codes.md against the error classes: the table is complete and true."""

import importlib
import pkgutil
import re
from collections import defaultdict
from pathlib import Path

import pytest

import zk_acts
import zk_devnet
import zk_operator
import zk_trader
import zkverify_client
from zk_acts.domain.errors import OperatorError, error_codes
from zk_operator.cli.proof import NOT_KNOWN, NOT_TRUE
from zk_trader.cli.order import EXIT_REFUNDED

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "exit-codes.md"
OTHER = 1
PACKAGES = (zk_acts, zkverify_client, zk_operator, zk_devnet, zk_trader)
OUTCOMES = {
    0,
    OTHER,
    2,
    EXIT_REFUNDED,
    NOT_TRUE,
    NOT_KNOWN,
    130,
}  # no error class ends with one of these, or all others do


@pytest.fixture(scope="module")
def leaves() -> dict[str, type[OperatorError]]:
    """Every error class of the packages; what a test declares is none."""
    for package in PACKAGES:
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("_pb2_grpc"):
                importlib.import_module(module.name)
    return {
        code: leaf
        for code, leaf in error_codes().items()
        if leaf.__module__.startswith(tuple(f"{package.__name__}." for package in PACKAGES))
    }


def documented() -> dict[int, set[str]]:
    """Exit code to error codes, from the page's table."""
    rows = re.findall(r"^\| (\d+) \|[^|]*\|([^|]*)\|$", PAGE.read_text(), re.MULTILINE)
    return {int(exit_code): set(re.findall(r"ZKO-\w+-\d+", codes)) for exit_code, codes in rows}


def test_page__against_the_error_classes__has_each_at_its_exit_code(
    leaves: dict[str, type[OperatorError]],
) -> None:
    actual: dict[int, set[str]] = defaultdict(set)
    for code, leaf in leaves.items():
        if leaf.exit_code != OTHER:
            actual[leaf.exit_code].add(code)
    page = {number: codes for number, codes in documented().items() if number not in OUTCOMES}
    assert page == actual


def test_page__outcomes_that_are_no_errors__are_there() -> None:
    assert documented().keys() >= OUTCOMES
    assert all(not documented()[number] for number in OUTCOMES)


def test_exit_codes__of_errors__never_say_success_usage_or_refunded(
    leaves: dict[str, type[OperatorError]],
) -> None:
    taken = (OUTCOMES - {OTHER}) & {leaf.exit_code for leaf in leaves.values()}
    assert taken == set()
