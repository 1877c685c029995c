"""The whole store on one SQLite file."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from zk_acts.adapters.storage.audit_log import Change, history
from zk_acts.adapters.storage.database import Database, open_database
from zk_acts.adapters.storage.intents import SqliteIntents
from zk_acts.adapters.storage.schema import ACTS, Part
from zk_acts.ports.clock import Clock
from zk_operator.adapters.storage.audit_log import Entity
from zk_operator.adapters.storage.batches import SqliteBatches
from zk_operator.adapters.storage.chain import SqliteChain
from zk_operator.adapters.storage.leases import SqliteLeases
from zk_operator.adapters.storage.orders import SqliteOrders, SqliteRejections
from zk_operator.adapters.storage.proofs import SqliteProofs
from zk_operator.adapters.storage.queue import SqliteBackOffs, SqliteRanks

SCHEMA = (ACTS, Part(package=__package__, table="orders"))


class SqliteStore:
    """One sub-store per port, all on one connection; each of their methods is one transaction."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self.chain = SqliteChain(database=database, clock=clock)
        self.orders = SqliteOrders(database=database, clock=clock)
        self.back_offs = SqliteBackOffs(database=database)
        self.ranks = SqliteRanks(database=database)
        self.rejections = SqliteRejections(database=database)
        self.batches = SqliteBatches(database=database, clock=clock)
        self.intents = SqliteIntents(database=database, clock=clock)
        self.proofs = SqliteProofs(database=database)
        self.leases = SqliteLeases(database=database, clock=clock)

    def __repr__(self) -> str:
        return f"SqliteStore({str(self._database.path)!r})"

    async def history(self, entity: Entity, entity_id: str) -> Sequence[Change]:
        """Every change of status of one order (0x-prefixed id), batch or intent, oldest first."""
        return await self._database.read(partial(history, entity=entity, entity_id=entity_id))

    async def backup(self, target: Path) -> None:
        """Write a consistent copy while the store is in use. Error: StoreUnavailable, also if the file exists."""
        await self._database.backup(target)


@asynccontextmanager
async def open_store(
    path: Path, *, clock: Clock, read_only: bool = False
) -> AsyncIterator[SqliteStore]:
    """Open the database, creating or migrating it unless it is only to be read.

    Errors: StoreUnavailable if it cannot be opened (or, read-only, is missing or not migrated yet); SchemaTooNew.
    """
    database = await open_database(path, schema=SCHEMA, now_ms=clock.now_ms(), read_only=read_only)
    try:
        yield SqliteStore(database=database, clock=clock)
    finally:
        await database.close()
