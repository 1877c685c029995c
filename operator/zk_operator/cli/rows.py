"""Rows as the verbs show them: JSON values; amounts as decimal strings, hashes as 0x hex, times as unix seconds."""

from zk_acts.adapters.storage.audit_log import Change
from zk_acts.domain.acts import LedgerEntry
from zk_acts.domain.ids import hex0x
from zk_operator.domain.chain_event import BatchSettled, SectionSkipped
from zk_operator.domain.records import Batch, OrderRow, Rejection


def order_json(row: OrderRow) -> dict[str, object]:
    """One order."""
    return {
        "order_id": hex0x(row.order_id),
        "status": row.status.value,
        "owner": hex0x(row.order.owner),
        "pool_id": hex0x(row.order.pool_id),
        "zero_for_one": row.order.zero_for_one,
        "amount_in": str(row.order.amount_in),
        "min_out": str(row.order.min_out),
        "deadline": row.order.deadline,
        "priority": row.priority.label,
        "placed_block": row.placed.block_number,
        "placed_at": row.placed_at_s,
        "cancel_at": row.cancel_at_s,
        "refusal": row.refusal,
        "batch_id": row.batch_id,
        "payout": None if row.payout is None else str(row.payout),
        "ended_block": row.ended.block_number if row.ended else None,
        "ended_at": row.ended_at_s,
    }


def rejection_json(row: Rejection) -> dict[str, object]:
    """One log that left no order behind."""
    return {
        "order_id": None if row.order_id is None else hex0x(row.order_id),
        "status": "rejected",
        "code": row.code,
        "detail": row.detail,
        "block": row.at.block_number,
        "log_index": row.at.log_index,
    }


def batch_json(batch: Batch) -> dict[str, object]:
    """One batch with its stages."""
    marks = {
        "closed": batch.closed_at,
        "proved": batch.proved_at,
        "verified": batch.verified_at,
        "aggregated": batch.aggregated_at,
        "settled": batch.settled_at,
        "ended": batch.ended_at,
    }
    aggregation = batch.aggregation
    return {
        "batch_id": batch.batch_id,
        "state": batch.state.value,
        "orders": len(batch.order_ids),
        "sections": len(batch.sections),
        "close_reason": batch.close_reason,
        "valid_until": batch.valid_until_s,
        "error_code": batch.error_code,
        "aggregation_id": aggregation.aggregation_id if aggregation else None,
        "statement": hex0x(aggregation.statement) if aggregation else None,
        "at": {name: at / 1000 for name, at in marks.items() if at is not None},
    }


def ledger_json(entry: LedgerEntry) -> dict[str, object]:
    """One paid act."""
    return {
        "intent_id": entry.intent_id,
        "resource": entry.resource.value,
        "purpose": entry.purpose,
        "subject": entry.subject,
        "quoted": str(entry.quoted),
        "paid": None if entry.paid is None else str(entry.paid),
        "at": entry.at / 1000,
    }


def change_json(change: Change) -> dict[str, object]:
    """One change of status."""
    return {
        "at": change.at / 1000,
        "from": change.before,
        "to": change.after,
        "code": change.code,
    }


def observation_json(event: BatchSettled | SectionSkipped) -> dict[str, object]:
    """What the contract said of a batch: settled so many sections and orders, or skipped the section of a pool."""
    where = {"block": event.at.block_number, "tx_hash": hex0x(event.at.tx_hash)}
    if isinstance(event, BatchSettled):
        counts = {"sections": event.sections, "orders": event.orders}
        return {**where, "said": "settled", **counts, "pool_id": None, "reason": None}
    section = {"pool_id": hex0x(event.pool_id), "reason": hex0x(event.reason)}
    return {**where, "said": "skipped", "sections": None, "orders": None, **section}
