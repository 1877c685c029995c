"""Rows that several of these suites look at or bring about."""

from dataclasses import replace

from zk_devnet.testing.memory_store import MemoryStore
from zk_devnet.testing.store_builders import (
    a_batch,
    an_order_id,
)
from zk_operator.adapters.storage import SqliteStore
from zk_operator.domain.records import BatchState, OrderRow

Store = SqliteStore | MemoryStore


async def row_of(store: Store, name: str) -> OrderRow:
    (row,) = await store.orders.get([an_order_id(name)])
    return row


async def settle_batch(store: Store, name: str) -> None:
    """Take a batch from CLOSED to SETTLED."""
    batch = await store.batches.get(a_batch(name).batch_id)
    assert batch is not None
    for state in ("proved", "verified", "aggregated", "settled"):
        batch = await store.batches.save(replace(batch, state=BatchState(state)))
