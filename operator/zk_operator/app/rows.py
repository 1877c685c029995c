"""For the verbs that show rows: the store alone. Nothing else is imported, so that they answer at once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from zk_acts.runtime.clock import SystemClock
from zk_operator.adapters.storage.sqlite_store import SqliteStore, open_store
from zk_operator.settings import Settings


@asynccontextmanager
async def open_rows(settings: Settings) -> AsyncIterator[SqliteStore]:
    """The rows, read-only, beside a running daemon or without one. Error: StoreUnavailable."""
    async with open_store(settings.store.path, clock=SystemClock(), read_only=True) as store:
        yield store
