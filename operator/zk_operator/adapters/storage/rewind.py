"""Taking back what removed blocks said."""

import sqlite3

from zk_acts.adapters.storage.audit_log import Change, append
from zk_acts.domain.acts import IntentState
from zk_operator.adapters.storage.audit_log import Entity, append_orders
from zk_operator.adapters.storage.events import recompute_cancels
from zk_operator.adapters.storage.orders import release_from_ended
from zk_operator.domain.ids import OrderId
from zk_operator.domain.records import BatchState, OrderStatus


def take_back(connection: sqlite3.Connection, ancestor: int, now_ms: int) -> tuple[OrderId, ...]:
    """Undo every effect of blocks above this number; the orders that this orphaned, oldest first."""
    # Which batches lose a settlement is told by the ends that are about to be taken back.
    _unsettle_batches(connection, ancestor, now_ms)
    _reopen_orders(connection, ancestor, now_ms)
    _take_back_cancels(connection, ancestor)
    orphaned = _orphan_orders(connection, ancestor, now_ms)
    _exclude_intents(connection, ancestor, now_ms)
    for table in ("rejections", "observations", "proposals"):
        connection.execute(f"DELETE FROM {table} WHERE block_number > ?", (ancestor,))  # noqa: S608 - constants
    connection.execute("DELETE FROM blocks WHERE number > ?", (ancestor,))
    release_from_ended(connection)
    return orphaned


def _unsettle_batches(connection: sqlite3.Connection, ancestor: int, now_ms: int) -> None:
    rows = connection.execute(
        "SELECT batch_id FROM batches WHERE state = 'settled' AND batch_id IN "
        "(SELECT batch_id FROM orders WHERE ended_block > ?)",
        (ancestor,),
    ).fetchall()
    connection.executemany(
        "UPDATE batches SET state = 'aggregated', settled_at = NULL, error_code = NULL, "
        "version = version + 1 WHERE batch_id = ?",
        [(row["batch_id"],) for row in rows],
    )
    changes = [
        Change(
            entity=Entity.BATCH,
            entity_id=row["batch_id"],
            before=BatchState.SETTLED,
            after=BatchState.AGGREGATED,
            at=now_ms,
        )
        for row in rows
    ]
    append(connection, *changes)


def _reopen_orders(connection: sqlite3.Connection, ancestor: int, now_ms: int) -> None:
    moved = _orders(connection, "ended_block > ?", ancestor)
    connection.execute(
        "UPDATE orders SET status = 'open', payout = NULL, ended_block = NULL, ended_hash = NULL, "
        "ended_tx = NULL, ended_log = NULL, ended_at_s = NULL WHERE ended_block > ?",
        (ancestor,),
    )
    append_orders(connection, moved, OrderStatus.OPEN, now_ms)


def _take_back_cancels(connection: sqlite3.Connection, ancestor: int) -> None:
    rows = connection.execute(
        "DELETE FROM order_cancels WHERE block_number > ? RETURNING order_id", (ancestor,)
    ).fetchall()
    recompute_cancels(connection, [OrderId(row["order_id"]) for row in rows])


def _orphan_orders(
    connection: sqlite3.Connection, ancestor: int, now_ms: int
) -> tuple[OrderId, ...]:
    # Orphaned, an order keeps its batch: mined again, the proof that is paid for is good for it (ADR 0140).
    moved = _orders(connection, "status = 'open' AND placed_block > ?", ancestor)
    connection.execute(
        "UPDATE orders SET status = 'orphaned' WHERE status = 'open' AND placed_block > ?",
        (ancestor,),
    )
    append_orders(connection, moved, OrderStatus.ORPHANED, now_ms)
    return tuple(order_id for order_id, _ in moved)


def _exclude_intents(connection: sqlite3.Connection, ancestor: int, now_ms: int) -> None:
    rows = connection.execute(
        "UPDATE intents SET state = 'sent', included_block = NULL, paid = NULL, error_code = NULL, "
        "updated_at = ? WHERE state = 'included' AND backend GLOB 'evm:*' AND included_block > ? "
        "RETURNING intent_id",
        (now_ms, ancestor),
    ).fetchall()
    connection.executemany(
        "DELETE FROM intent_details WHERE intent_id = ?", [(row["intent_id"],) for row in rows]
    )
    changes = [
        Change(
            entity=Entity.INTENT,
            entity_id=row["intent_id"],
            before=IntentState.INCLUDED,
            after=IntentState.SENT,
            at=now_ms,
        )
        for row in rows
    ]
    append(connection, *changes)


def _orders(
    connection: sqlite3.Connection, where: str, ancestor: int
) -> list[tuple[OrderId, OrderStatus]]:
    rows = connection.execute(
        f"SELECT order_id, status FROM orders WHERE {where} ORDER BY placed_block, placed_log, order_id",  # noqa: S608 - constants
        (ancestor,),
    )
    return [(OrderId(row["order_id"]), OrderStatus(row["status"])) for row in rows]
