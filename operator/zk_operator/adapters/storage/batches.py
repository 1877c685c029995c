"""Batches in SQLite."""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import chain

from zk_acts.adapters.storage.audit_log import Change, append
from zk_acts.adapters.storage.database import Database
from zk_acts.domain.failures import LostRace
from zk_acts.domain.ids import hex0x
from zk_acts.ports.clock import Clock
from zk_operator.adapters.storage.audit_log import Entity
from zk_operator.adapters.storage.batch_rows import insert_content, read_batches, write_progress
from zk_operator.adapters.storage.orders import release_from_ended
from zk_operator.adapters.storage.queue import FREE, end_back_off
from zk_operator.domain.ids import BatchId, OrderId
from zk_operator.domain.records import BATCH_TRANSITIONS, Batch, BatchState


class SqliteBatches:
    """BatchStore."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def close(self, batch: Batch) -> None:
        """Insert the batch and take its orders.

        Errors: LostRace if one of them is not free any more, or the id is taken; ValueError if the batch's orders are
        not those of its sections, in their order.
        """
        if batch.sections and batch.order_ids != _section_orders(batch):
            raise ValueError(f"batch {batch.batch_id}: its orders are not those of its sections")
        await self._database.write(partial(_close, batch, self._clock.now_ms()))

    async def get(self, batch_id: BatchId) -> Batch | None:
        """The batch, if there is one."""
        found = await self._database.read(partial(_query, "WHERE batch_id = ?", (batch_id,)))
        return found[0] if found else None

    async def in_state(self, *states: BatchState) -> Sequence[Batch]:
        """Oldest first."""
        return await self._database.read(partial(_in_state, states))

    async def save(self, batch: Batch) -> Batch:
        """Write the batch if its version is still the stored one and the transition is allowed; the new row.

        Only what a batch gains on its way is written: its content is fixed. A state may be saved again until it is
        the last. Error: LostRace.
        """
        return await self._database.write(partial(_save, batch, self._clock.now_ms()))

    async def recent(self, limit: int) -> Sequence[Batch]:
        """Newest first."""
        tail = "ORDER BY closed_at DESC, batch_id DESC LIMIT ?"
        return await self._database.read(partial(_query, tail, (limit,)))


def _section_orders(batch: Batch) -> tuple[OrderId, ...]:
    return tuple(chain.from_iterable(section.order_ids for section in batch.sections))


def _close(batch: Batch, now_ms: int, connection: sqlite3.Connection) -> None:
    if _query("WHERE batch_id = ?", (batch.batch_id,), connection):
        raise LostRace("the batch exists", batch_id=batch.batch_id)
    for order_id in batch.order_ids:
        # Cancelled or refused since it was chosen counts, too, not only held by another batch (ADR 0051).
        if not _is_free(order_id, connection):
            raise LostRace("an order is not free any more", order_id=hex0x(order_id))
    insert_content(connection, batch)
    write_progress(connection, batch)
    connection.executemany(
        "UPDATE orders SET batch_id = ? WHERE order_id = ?",
        [(batch.batch_id, order_id) for order_id in batch.order_ids],
    )
    end_back_off(connection, batch.order_ids)
    _audit(connection, batch, None, now_ms)


def _is_free(order_id: OrderId, connection: sqlite3.Connection) -> bool:
    sql = f"SELECT 1 FROM orders WHERE order_id = ? AND {FREE}"  # noqa: S608 - a constant
    return connection.execute(sql, (order_id,)).fetchone() is not None


def _save(batch: Batch, now_ms: int, connection: sqlite3.Connection) -> Batch:
    stored = _query("WHERE batch_id = ?", (batch.batch_id,), connection)
    if not stored or stored[0].version != batch.version:
        raise LostRace(batch_id=batch.batch_id, version=batch.version)
    before = stored[0].state
    allowed = BATCH_TRANSITIONS[before]
    if batch.state not in (allowed and allowed | {before}):
        raise LostRace(batch_id=batch.batch_id, stored=before, wanted=batch.state)
    write_progress(connection, replace(batch, version=batch.version + 1))
    if batch.state is not before:
        _audit(connection, batch, before, now_ms)
    # An order may come back to life after its batch has ended: held by it, it would never be batched again (ADR 0050).
    release_from_ended(connection)
    return _query("WHERE batch_id = ?", (batch.batch_id,), connection)[0]


def _in_state(states: Sequence[BatchState], connection: sqlite3.Connection) -> tuple[Batch, ...]:
    marks = ", ".join("?" * len(states))
    return _query(f"WHERE state IN ({marks}) ORDER BY closed_at, batch_id", states, connection)


def _query(
    tail: str, values: Sequence[object], connection: sqlite3.Connection
) -> tuple[Batch, ...]:
    rows = connection.execute(f"SELECT * FROM batches {tail}", values).fetchall()  # noqa: S608 - constants
    return read_batches(connection, rows)


def _audit(
    connection: sqlite3.Connection, batch: Batch, before: BatchState | None, now_ms: int
) -> None:
    change = Change(
        entity=Entity.BATCH,
        entity_id=batch.batch_id,
        before=before,
        after=batch.state,
        at=now_ms,
        code=batch.error_code,
    )
    append(connection, change)
