"""The priorities of orders in SQLite."""

import sqlite3
from collections.abc import Mapping, Sequence
from functools import partial

from zk_acts.adapters.storage.database import Database
from zk_operator.adapters.storage.order_rows import to_order_row
from zk_operator.adapters.storage.queue import FREE
from zk_operator.domain.ids import OrderId
from zk_operator.domain.priority import Priority
from zk_operator.domain.records import OrderRow


class SqliteRanks:
    """RankStore."""

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def forget(self) -> None:
        """Open orders are as if they had never been ranked."""
        await self._database.write(_forget)

    async def unranked(self, limit: int) -> Sequence[OrderRow]:
        """Free orders that were not ranked, those that back off, too; oldest first."""
        return await self._database.read(partial(_unranked, limit))

    async def rank(self, priorities: Mapping[OrderId, Priority]) -> None:
        """Write them; an order that is not there is passed over."""
        await self._database.write(partial(_rank, priorities))


def _forget(connection: sqlite3.Connection) -> None:
    connection.execute(
        "UPDATE orders INDEXED BY orders_ranked SET ranked = 0, priority = ? "
        "WHERE status = 'open' AND ranked = 1",
        (Priority.NORMAL.value,),
    )


def _unranked(limit: int, connection: sqlite3.Connection) -> tuple[OrderRow, ...]:
    rows = connection.execute(
        f"SELECT * FROM orders INDEXED BY orders_unranked WHERE {FREE} AND ranked = 0 "  # noqa: S608 - a constant
        "ORDER BY placed_block, placed_log LIMIT ?",
        (limit,),
    )
    return tuple(to_order_row(row) for row in rows)


def _rank(priorities: Mapping[OrderId, Priority], connection: sqlite3.Connection) -> None:
    connection.executemany(
        "UPDATE orders SET ranked = 1, priority = ? WHERE order_id = ?",
        [(priority.value, order_id) for order_id, priority in priorities.items()],
    )
