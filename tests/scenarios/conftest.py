"""One devnet for the scenarios that can share it, one with a longer epoch for reorgs; tiers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from zk_devnet.errors import ToolchainMissing
from zk_devnet.testing.scenario import SharedDevnet, scenario_devnet
from zk_devnet.toolchain import find_toolchain
from zk_devnet.up import Devnet


def _require_toolchain() -> None:
    try:
        find_toolchain().artifact("OrderServiceManager")
    except ToolchainMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def shared_devnet() -> Iterator[SharedDevnet]:
    _require_toolchain()
    with SharedDevnet(scenario_devnet()) as shared:
        yield shared


@pytest.fixture(scope="session")
def shared_slow_devnet() -> Iterator[SharedDevnet]:
    _require_toolchain()
    with SharedDevnet(scenario_devnet(slots_in_an_epoch=32)) as shared:
        yield shared


@pytest.fixture
def devnet(shared_devnet: SharedDevnet) -> Devnet:
    """Finalized is two blocks behind."""
    return shared_devnet.young()


@pytest.fixture
def slow_devnet(shared_slow_devnet: SharedDevnet) -> Devnet:
    """Finalized is 64 blocks behind: everything younger can be reorged out."""
    return shared_slow_devnet.young()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the scenario's files go."""
    return tmp_path / "scenario"


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """Repeatable, and another for every scenario: orders of two scenarios never have the same salt."""
    return sum(ord(letter) << (index % 24) for index, letter in enumerate(request.node.name))
