"""For `status`: the store read-only and clients without keys' passwords being needed for more than addresses."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from zk_acts.runtime.clock import SteadyClock, SystemClock, elapsed_ms
from zk_operator.adapters.storage.sqlite_store import SqliteStore, open_store
from zk_operator.app.clients import open_clients
from zk_operator.app.materials import read_materials
from zk_operator.app.overview import build_overview, foreign_provers
from zk_operator.app.provers import cold
from zk_operator.services.overview import Overview
from zk_operator.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspector:
    """What the looking verbs read from."""

    store: SqliteStore
    overview: Overview


@asynccontextmanager
async def open_inspector(settings: Settings) -> AsyncIterator[Inspector]:
    """Beside a running daemon or without one. Errors: those of the configuration, StoreUnavailable."""
    clock = SteadyClock(wall=SystemClock(), elapsed_ms=elapsed_ms)
    materials = await read_materials(settings)
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(
            open_store(settings.store.path, clock=clock, read_only=True)
        )
        clients = await stack.enter_async_context(
            open_clients(cold(settings), materials.keys, materials.circuit, clock)
        )
        foreign = foreign_provers(settings, clients, clock)
        yield Inspector(store=store, overview=build_overview(clients, store, clock, foreign))
