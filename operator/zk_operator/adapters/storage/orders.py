"""Orders and rejections in SQLite."""

import sqlite3
from collections.abc import Sequence
from functools import partial

from zk_acts.adapters.storage.audit_log import Change, append
from zk_acts.adapters.storage.database import Database
from zk_acts.domain.failures import LostRace
from zk_acts.domain.ids import hex0x
from zk_acts.ports.clock import Clock
from zk_operator.adapters.storage.audit_log import Entity
from zk_operator.adapters.storage.order_rows import to_order_row, to_rejection
from zk_operator.adapters.storage.queue import pools_of, ready_by_turns
from zk_operator.domain.ids import OrderId, PoolId
from zk_operator.domain.records import OrderRow, OrderStatus, Rejection
from zk_operator.ports.store import OrderFilter


class SqliteOrders:
    """OrderStore."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def get(self, order_ids: Sequence[OrderId]) -> Sequence[OrderRow]:
        """The rows that exist, in the order asked for."""
        return await self._database.read(partial(_get, order_ids))

    async def list(self, query: OrderFilter) -> Sequence[OrderRow]:
        """Newest first."""
        return await self._database.read(partial(_list, query))

    async def batchable(self, up_to_block: int, limit: int) -> Sequence[OrderRow]:
        """Ready orders placed at or below the block, by priority and by turns of pools and owners."""
        return await self._database.write(
            partial(ready_by_turns, up_to_block, limit, self._clock.now_ms())
        )

    async def pools(self) -> Sequence[PoolId]:
        """Every pool that an order was placed in, ascending."""
        sql = "SELECT min(pool_id) FROM orders INDEXED BY orders_by_pool WHERE pool_id > ?"
        return await self._database.read(partial(pools_of, sql))

    async def open_after(self, order_id: OrderId | None, limit: int) -> Sequence[OrderRow]:
        """Open orders with a greater id, ascending by id."""
        sql = (
            "SELECT * FROM orders INDEXED BY orders_open "
            "WHERE status = 'open' AND order_id > ? ORDER BY order_id LIMIT ?"
        )
        return await self._database.read(partial(_rows, sql, (order_id or b"", limit)))

    async def refundable(self, now_s: int, limit: int) -> Sequence[OrderRow]:
        """Open and past the deadline, or past the effect of the cancel; longest refundable first."""
        sql = (
            "SELECT * FROM orders INDEXED BY orders_refundable "
            "WHERE status = 'open' AND refundable_from_s <= ? "
            "ORDER BY refundable_from_s, order_id LIMIT ?"
        )
        return await self._database.read(partial(_rows, sql, (now_s, limit)))

    async def refuse(self, order_id: OrderId, code: str) -> None:
        """We will not batch it; the first code stays. Error: LostRace for an order that is not there."""
        await self._database.write(partial(_refuse, order_id, code, self._clock.now_ms()))

    async def counts(self) -> dict[str, int]:
        """Orders by status, plus "rejected": the refused placements."""
        return await self._database.read(_counts)


class SqliteRejections:
    """RejectionStore."""

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def rejections(self, limit: int) -> Sequence[Rejection]:
        """Newest first."""
        return await self._database.read(partial(_rejections, limit))


def release_from_ended(connection: sqlite3.Connection) -> None:
    """No open order is held by a batch that has ended: it would never be batched again."""
    connection.execute(
        "UPDATE orders SET batch_id = NULL WHERE status = 'open' AND batch_id IS NOT NULL AND "
        "(SELECT state FROM batches WHERE batches.batch_id = orders.batch_id) "
        "IN ('settled', 'done', 'abandoned')"
    )


def _rows(
    sql: str, values: Sequence[object], connection: sqlite3.Connection
) -> tuple[OrderRow, ...]:
    return tuple(to_order_row(row) for row in connection.execute(sql, values))


def _get(order_ids: Sequence[OrderId], connection: sqlite3.Connection) -> tuple[OrderRow, ...]:
    found = []
    for order_id in order_ids:
        row = connection.execute("SELECT * FROM orders WHERE order_id = ?", (order_id,)).fetchone()
        if row is not None:
            found.append(to_order_row(row))
    return tuple(found)


def _list(query: OrderFilter, connection: sqlite3.Connection) -> tuple[OrderRow, ...]:
    wanted = {"status = ?": query.status, "batch_id = ?": query.batch_id}
    terms = {term: value for term, value in wanted.items() if value is not None}
    where = f"WHERE {' AND '.join(terms)} " if terms else ""
    sql = f"SELECT * FROM orders {where}ORDER BY placed_block DESC, placed_log DESC, order_id DESC LIMIT ?"  # noqa: S608 - constants
    return _rows(sql, (*terms.values(), query.limit), connection)


def _refuse(order_id: OrderId, code: str, now_ms: int, connection: sqlite3.Connection) -> None:
    row = connection.execute(
        "SELECT status, refusal FROM orders WHERE order_id = ?", (order_id,)
    ).fetchone()
    if row is None:
        raise LostRace("there is no such order", order_id=hex0x(order_id))
    if row["refusal"] is not None:
        return
    connection.execute("UPDATE orders SET refusal = ? WHERE order_id = ?", (code, order_id))
    status = row["status"]
    append(
        connection,
        Change(
            entity=Entity.ORDER,
            entity_id=hex0x(order_id),
            before=status,
            after=status,
            at=now_ms,
            code=code,
        ),
    )


def _counts(connection: sqlite3.Connection) -> dict[str, int]:
    counts = {str(status): 0 for status in OrderStatus}
    counts.update(
        connection.execute("SELECT status, count(*) FROM orders GROUP BY status").fetchall()
    )
    counts["rejected"] = connection.execute(
        "SELECT count(*) FROM rejections WHERE order_id IS NOT NULL"
    ).fetchone()[0]
    return counts


def _rejections(limit: int, connection: sqlite3.Connection) -> tuple[Rejection, ...]:
    rows = connection.execute(
        "SELECT * FROM rejections ORDER BY block_number DESC, log_index DESC LIMIT ?", (limit,)
    )
    return tuple(to_rejection(row) for row in rows)
