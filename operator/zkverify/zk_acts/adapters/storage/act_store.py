"""A database of paid acts and nothing else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from zk_acts.adapters.storage.database import open_database
from zk_acts.adapters.storage.intents import SqliteIntents
from zk_acts.adapters.storage.schema import ACTS
from zk_acts.ports.clock import Clock


@asynccontextmanager
async def open_acts(path: Path, *, clock: Clock) -> AsyncIterator[SqliteIntents]:
    """Open the database, creating or migrating it. Errors: StoreUnavailable, SchemaTooNew."""
    database = await open_database(path, schema=(ACTS,), now_ms=clock.now_ms(), read_only=False)
    try:
        yield SqliteIntents(database=database, clock=clock)
    finally:
        await database.close()
