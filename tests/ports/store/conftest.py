"""Every implementation of the store's ports, one after the other."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from zk_devnet.testing.manual_clock import ManualClock
from zk_devnet.testing.memory_store import MemoryStore
from zk_operator.adapters.storage import SqliteStore, open_store


@pytest.fixture
def clock() -> ManualClock:
    """The store's clock."""
    return ManualClock()


@pytest.fixture(params=["memory", "sqlite"])
async def store(
    request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock
) -> AsyncIterator[SqliteStore | MemoryStore]:
    """An empty store."""
    if request.param == "memory":
        yield MemoryStore(clock=clock)
        return
    async with open_store(tmp_path / "store.db", clock=clock) as opened:
        yield opened
