"""Which orders wait for a batch: ready ones by priority and turns, and those that back off."""

import sqlite3
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from zk_acts.adapters.storage.database import Database
from zk_operator.adapters.storage.order_rows import to_order_row
from zk_operator.domain.batching import by_class_and_turn
from zk_operator.domain.ids import OrderId, PoolId
from zk_operator.domain.priority import Priority
from zk_operator.domain.records import OrderRow
from zk_operator.ports.store import OrderBackOff

# The same words as the partial indexes, so that they are used.
FREE: Final = "status = 'open' AND refusal IS NULL AND cancel_at_s IS NULL AND batch_id IS NULL"
READY: Final = f"{FREE} AND back_off_until IS NULL"
_PRICE_BYTES: Final = 32
_IN_ORDER: Final = "turn, placed_block, placed_log"


class SqliteBackOffs:
    """BackOffStore."""

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def back_off(self, back_offs: Sequence[OrderBackOff]) -> None:
        """Leave these out; an order that is not there is passed over."""
        await self._database.write(partial(_back_off, back_offs))

    async def pools(self) -> Sequence[PoolId]:
        """The pools in which an order waits for a price, ascending."""
        sql = (
            "SELECT min(pool_id) FROM orders INDEXED BY orders_by_wake_price "
            "WHERE wake_price IS NOT NULL AND pool_id > ?"
        )
        return await self._database.read(partial(pools_of, sql))

    async def wake(self, pool_id: PoolId, price_x128: int) -> int:
        """Bring back the pool's orders that this price suits; how many."""
        return await self._database.write(partial(_wake, pool_id, _sortable(price_x128)))

    async def under_fee(self, fee_bps: int) -> int:
        """The fee is this from now on; how many a lower one brought back."""
        return await self._database.write(partial(_under_fee, fee_bps))

    async def oldest_waiting_s(self) -> int | None:
        """When the oldest ready order was placed, in unix seconds."""
        return await self._database.read(_oldest_waiting_s)


def ready_by_turns(
    up_to_block: int, limit: int, now_ms: int, connection: sqlite3.Connection
) -> tuple[OrderRow, ...]:
    """As `OrderStore.batchable`. Whose back-off is over is brought back first, so that the index has only who is ready."""
    connection.execute(
        "UPDATE orders SET back_off_until = NULL, wake_price = NULL WHERE back_off_until <= ?",
        (now_ms,),
    )
    sql = f"SELECT min(pool_id) FROM orders INDEXED BY orders_ready WHERE {READY} AND pool_id > ?"  # noqa: S608 - a constant
    pools = pools_of(sql, connection)
    # One queue per pool and class, so that a crowd in one hides nobody in another (ADR 0186).
    classes = [
        [_queue(pool_id, priority, up_to_block, limit, connection) for pool_id in pools]
        for priority in Priority
    ]
    rows = (
        connection.execute("SELECT * FROM orders WHERE rowid = ?", (each,)).fetchone()
        for each in by_class_and_turn(classes, limit)
    )
    return tuple(to_order_row(row) for row in rows)


def end_back_off(connection: sqlite3.Connection, order_ids: Sequence[bytes]) -> None:
    """Who goes into a batch starts anew."""
    connection.executemany(
        "UPDATE orders SET back_off_until = NULL, back_offs = 0, wake_price = NULL WHERE order_id = ?",
        [(order_id,) for order_id in order_ids],
    )


def _queue(
    pool_id: PoolId,
    priority: Priority,
    up_to_block: int,
    limit: int,
    connection: sqlite3.Connection,
) -> list[int]:
    """The pool's ready orders of that priority as row numbers: the oldest of each owner, then the second, and so on."""
    rows = connection.execute(
        "SELECT id FROM (SELECT rowid AS id, placed_block, placed_log, row_number() OVER "  # noqa: S608 - constants
        "(PARTITION BY owner ORDER BY placed_block, placed_log) AS turn "
        f"FROM orders INDEXED BY orders_ready WHERE {READY} AND pool_id = ? AND priority = ? AND placed_block <= ?) "
        f"ORDER BY {_IN_ORDER} LIMIT ?",
        (pool_id, priority.value, up_to_block, limit),
    )
    return [row["id"] for row in rows]


def pools_of(sql: str, connection: sqlite3.Connection) -> tuple[PoolId, ...]:
    """Each pool of an index once, by one step of the index per pool."""
    pools: list[PoolId] = []
    while True:
        found = connection.execute(sql, (pools[-1] if pools else b"",)).fetchone()[0]
        if found is None:
            return tuple(pools)
        pools.append(PoolId(found))


def _back_off(back_offs: Sequence[OrderBackOff], connection: sqlite3.Connection) -> None:
    connection.executemany(
        "UPDATE orders SET back_off_until = ?, back_offs = ?, wake_price = ? WHERE order_id = ?",
        [
            (
                each.until_ms,
                each.times,
                None if each.wake_price_x128 is None else _sortable(each.wake_price_x128),
                each.order_id,
            )
            for each in back_offs
        ],
    )


def _wake(pool_id: PoolId, price: bytes, connection: sqlite3.Connection) -> int:
    woken = 0
    # Who sells token0 waits for a higher price, who sells token1 for a lower one.
    for zero_for_one, suits in ((1, "<="), (0, ">=")):
        done = connection.execute(
            "UPDATE orders SET back_off_until = NULL, back_offs = 0, wake_price = NULL "  # noqa: S608 - constants
            f"WHERE wake_price IS NOT NULL AND pool_id = ? AND zero_for_one = ? AND wake_price {suits} ?",
            (pool_id, zero_for_one, price),
        )
        woken += done.rowcount
    return woken


def _under_fee(fee_bps: int, connection: sqlite3.Connection) -> int:
    before = connection.execute("SELECT fee_bps FROM rest_fee").fetchone()
    connection.execute("INSERT OR REPLACE INTO rest_fee (only, fee_bps) VALUES (1, ?)", (fee_bps,))
    # Only a lower fee brings a limit into reach; a restart alone brings nobody back.
    if before is None or fee_bps >= before["fee_bps"]:
        return 0
    done = connection.execute(
        "UPDATE orders SET back_off_until = NULL, wake_price = NULL WHERE wake_price IS NOT NULL"
    )
    return done.rowcount


def _oldest_waiting_s(connection: sqlite3.Connection) -> int | None:
    sql = f"SELECT min(placed_at_s) FROM orders INDEXED BY orders_ready WHERE {READY}"  # noqa: S608 - a constant
    found: int | None = connection.execute(sql).fetchone()[0]
    return found


def _sortable(price_x128: int) -> bytes:
    return price_x128.to_bytes(_PRICE_BYTES)


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
