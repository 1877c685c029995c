"""Orders, rejections and blocks as rows."""

import sqlite3

from zk_acts.adapters.storage.amounts import optional_amount
from zk_acts.domain.ids import Hash32
from zk_operator.domain.chain_event import BlockRef, LogRef
from zk_operator.domain.ids import Address, BatchId, OrderId, PoolId
from zk_operator.domain.order import Order
from zk_operator.domain.priority import Priority
from zk_operator.domain.records import OrderRow, OrderStatus, Rejection


def to_order_row(row: sqlite3.Row) -> OrderRow:
    """A row of `orders`."""
    return OrderRow(
        order_id=OrderId(row["order_id"]),
        order=_to_order(row),
        task_index=row["task_index"],
        placed=_to_log(row, "placed"),
        placed_at_s=row["placed_at_s"],
        seen_at=row["seen_at"],
        status=OrderStatus(row["status"]),
        cancel_at_s=row["cancel_at_s"],
        refusal=row["refusal"],
        batch_id=None if row["batch_id"] is None else BatchId(row["batch_id"]),
        back_off_until=row["back_off_until"],
        back_offs=row["back_offs"],
        priority=Priority(row["priority"]),
        payout=optional_amount(row["payout"]),
        ended=None if row["ended_block"] is None else _to_log(row, "ended"),
        ended_at_s=row["ended_at_s"],
    )


def to_rejection(row: sqlite3.Row) -> Rejection:
    """A row of `rejections`."""
    return Rejection(
        at=to_log_ref(row),
        code=row["code"],
        order_id=None if row["order_id"] is None else OrderId(row["order_id"]),
        detail=row["detail"],
    )


def to_log_ref(row: sqlite3.Row) -> LogRef:
    """The position of a row that is keyed by it."""
    return LogRef(
        block_number=row["block_number"],
        block_hash=Hash32(row["block_hash"]),
        tx_hash=Hash32(row["tx_hash"]),
        log_index=row["log_index"],
    )


def to_block(row: sqlite3.Row) -> BlockRef:
    """A row of `blocks`."""
    return BlockRef(
        number=row["number"],
        hash=Hash32(row["hash"]),
        parent_hash=Hash32(row["parent_hash"]),
        timestamp=row["timestamp"],
    )


def _to_order(row: sqlite3.Row) -> Order:
    return Order(
        owner=Address(row["owner"]),
        pool_id=PoolId(row["pool_id"]),
        zero_for_one=bool(row["zero_for_one"]),
        amount_in=int(row["amount_in"]),
        min_out=int(row["min_out"]),
        deadline=row["deadline"],
        salt=int(row["salt"]),
    )


def _to_log(row: sqlite3.Row, prefix: str) -> LogRef:
    return LogRef(
        block_number=row[f"{prefix}_block"],
        block_hash=Hash32(row[f"{prefix}_hash"]),
        tx_hash=Hash32(row[f"{prefix}_tx"]),
        log_index=row[f"{prefix}_log"],
    )
