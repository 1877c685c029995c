"""The effects of the contracts' events on the rows: orders, rejections, observations, and what the owner proposes."""

import sqlite3
from dataclasses import dataclass

from zk_acts.domain.ids import Hash32, hex0x
from zk_operator.adapters.storage.audit_log import append_orders
from zk_operator.domain.chain_event import (
    BatchSettled,
    CancelRequested,
    ChainEvent,
    LogRef,
    OrderPlaced,
    OrderRefunded,
    OrderRefused,
    OrderSettled,
    ProposedTerms,
    SectionSkipped,
    TermsChanged,
    Undecodable,
)
from zk_operator.domain.ids import OrderId
from zk_operator.domain.records import OrderStatus, Rejection
from zk_operator.ports.store import ScannedBlock

_PENDING = """
SELECT * FROM proposals AS p WHERE ready_at_s IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM proposals AS later WHERE later.change_id = p.change_id
    AND (later.block_number, later.log_index) > (p.block_number, p.log_index))
ORDER BY block_number, log_index
"""

UNDECODABLE = "ZKO-INT-001"
OF_ORDERS = (OrderPlaced, CancelRequested, OrderSettled, OrderRefunded)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An event, the block that it is in, and when we learnt of it (unix milliseconds)."""

    event: ChainEvent
    scanned: ScannedBlock
    now_ms: int


def store(connection: sqlite3.Connection, told: Told) -> bool:
    """Store what the event says; whether that was news. An event that was stored before changes nothing."""
    before = connection.total_changes
    event = told.event
    match event:
        case OrderPlaced():
            _place(connection, event, told)
        case CancelRequested():
            _cancel(connection, event)
        case OrderSettled():
            _end(connection, event, told, OrderStatus.SETTLED)
        case OrderRefunded():
            _end(connection, event, told, OrderStatus.REFUNDED)
        case OrderRefused() | Undecodable():
            _reject(connection, rejection_of(event))
        case SectionSkipped() | BatchSettled():
            _observe(connection, event)
        case TermsChanged():
            note_change(connection, event)  # of the terms in force the contract itself is asked
    return connection.total_changes > before


def recompute_cancels(connection: sqlite3.Connection, order_ids: list[OrderId]) -> None:
    """The cancel in force is the latest one that is on chain."""
    connection.executemany(
        # By the chain's order, whenever each became known: the audit may find an earlier one later
        # (ADR 0183).
        "UPDATE orders SET cancel_at_s = (SELECT c.cancel_at_s FROM order_cancels c "
        "WHERE c.order_id = orders.order_id ORDER BY c.block_number DESC, c.log_index DESC LIMIT 1) "
        "WHERE order_id = ?",
        [(order_id,) for order_id in order_ids],
    )


def rejection_of(event: OrderRefused | Undecodable) -> Rejection:
    """The record of a log that left no order behind."""
    if isinstance(event, Undecodable):
        detail = f"topic {hex0x(event.topic)}: {event.detail}"
        return Rejection(at=event.at, code=UNDECODABLE, order_id=None, detail=detail)
    return Rejection(
        at=event.at,
        code=f"contract:{event.code}",
        order_id=event.order_id,
        detail=f"refused by the contract with code {event.code}",
    )


def _place(connection: sqlite3.Connection, event: OrderPlaced, told: Told) -> None:
    # Any other state has seen this placement: the same block is stored again after a crash or by the audit
    # (ADR 0183).
    known = _status(connection, event.order_id)
    if known is None:
        _insert(connection, event, told)
    elif known is OrderStatus.ORPHANED:
        _place_again(connection, event, told)
    else:
        return
    append_orders(connection, [(event.order_id, known)], OrderStatus.OPEN, told.now_ms)


def _insert(connection: sqlite3.Connection, event: OrderPlaced, told: Told) -> None:
    order = event.order
    connection.execute(
        "INSERT INTO orders (order_id, owner, pool_id, zero_for_one, amount_in, min_out, deadline, salt, "
        "task_index, placed_block, placed_hash, placed_tx, placed_log, placed_at_s, seen_at, status, refusal) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', ?)",
        (
            event.order_id,
            order.owner,
            order.pool_id,
            int(order.zero_for_one),
            str(order.amount_in),
            str(order.min_out),
            order.deadline,
            str(order.salt),
            event.task_index,
            *_position(event.at),
            told.scanned.block.timestamp,
            told.now_ms,
            told.scanned.refusals.get(event.order_id),
        ),
    )


def _place_again(connection: sqlite3.Connection, event: OrderPlaced, told: Told) -> None:
    connection.execute(
        "UPDATE orders SET status = 'open', task_index = ?, placed_block = ?, placed_hash = ?, placed_tx = ?, "
        "placed_log = ?, placed_at_s = ?, refusal = ? WHERE order_id = ?",
        (
            event.task_index,
            *_position(event.at),
            told.scanned.block.timestamp,
            told.scanned.refusals.get(event.order_id),
            event.order_id,
        ),
    )


def _cancel(connection: sqlite3.Connection, event: CancelRequested) -> None:
    if _status(connection, event.order_id) is None:
        return
    added = connection.execute(
        "INSERT OR IGNORE INTO order_cancels VALUES (?, ?, ?, ?, ?)",
        (
            event.at.block_hash,
            event.at.log_index,
            event.at.block_number,
            event.order_id,
            event.cancel_at,
        ),
    )
    if added.rowcount:
        recompute_cancels(connection, [event.order_id])


def _end(
    connection: sqlite3.Connection,
    event: OrderSettled | OrderRefunded,
    told: Told,
    status: OrderStatus,
) -> None:
    known = _status(connection, event.order_id)
    if known is not OrderStatus.OPEN:
        return
    payout = str(event.payout) if isinstance(event, OrderSettled) else None
    connection.execute(
        "UPDATE orders SET status = ?, payout = ?, ended_block = ?, ended_hash = ?, ended_tx = ?, "
        "ended_log = ?, ended_at_s = ?, back_off_until = NULL, back_offs = 0, wake_price = NULL WHERE order_id = ?",
        (status, payout, *_position(event.at), told.scanned.block.timestamp, event.order_id),
    )
    append_orders(connection, [(event.order_id, known)], status, told.now_ms)


def _reject(connection: sqlite3.Connection, rejection: Rejection) -> None:
    connection.execute(
        "INSERT OR IGNORE INTO rejections (block_number, block_hash, tx_hash, log_index, code, order_id, detail) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (*_position(rejection.at), rejection.code, rejection.order_id, rejection.detail),
    )


def _observe(connection: sqlite3.Connection, event: SectionSkipped | BatchSettled) -> None:
    values: tuple[object, ...]
    if isinstance(event, SectionSkipped):
        values = ("section_skipped", event.key, event.pool_id, event.reason, None, None)
    else:
        values = (
            "batch_settled",
            event.public_values_hash,
            None,
            None,
            event.sections,
            event.orders,
        )
    connection.execute(
        "INSERT OR IGNORE INTO observations (block_number, block_hash, tx_hash, log_index, "
        "kind, key, pool_id, reason, sections, orders) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*_position(event.at), *values),
    )


def _status(connection: sqlite3.Connection, order_id: OrderId) -> OrderStatus | None:
    row = connection.execute("SELECT status FROM orders WHERE order_id = ?", (order_id,)).fetchone()
    return None if row is None else OrderStatus(row["status"])


def _position(at: LogRef) -> tuple[int, bytes, bytes, int]:
    return at.block_number, at.block_hash, at.tx_hash, at.log_index


def note_change(connection: sqlite3.Connection, event: TermsChanged) -> None:
    """Keep a proposal, or that one was applied or withdrawn. Other changes name none."""
    proposed = event.proposed
    change_id = event.change_id if proposed is None else proposed.change_id
    if change_id is None:
        return
    values: tuple[object, ...] = (None,) * 5
    if proposed is not None:
        values = (
            proposed.ready_at_s,
            proposed.zk_domain_id,
            proposed.groth16_program_vkey,
            proposed.groth16_vk_hash,
            proposed.groth16_recursion_root,
        )
    connection.execute(
        "INSERT OR IGNORE INTO proposals (block_hash, log_index, block_number, change_id, "
        "ready_at_s, zk_domain_id, program_vkey, vk_hash, recursion_root) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (event.at.block_hash, event.at.log_index, event.at.block_number, change_id, *values),
    )


def pending_proposals(connection: sqlite3.Connection) -> tuple[ProposedTerms, ...]:
    """Those of which nothing has become yet, oldest first."""
    return tuple(
        ProposedTerms(
            change_id=Hash32(row["change_id"]),
            ready_at_s=row["ready_at_s"],
            zk_domain_id=row["zk_domain_id"],
            groth16_program_vkey=Hash32(row["program_vkey"]),
            groth16_vk_hash=Hash32(row["vk_hash"]),
            groth16_recursion_root=Hash32(row["recursion_root"]),
        )
        for row in connection.execute(_PENDING)
    )
