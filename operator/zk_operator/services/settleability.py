"""Whether a batch can still be settled: asked before each spend, answered by what the chain has said of its orders."""

from collections.abc import Sequence
from enum import StrEnum

from zk_operator.domain.ids import BatchId
from zk_operator.domain.records import Batch, OrderRow, OrderStatus

ENDED = frozenset({OrderStatus.SETTLED, OrderStatus.REFUNDED})


class Settleability(StrEnum):
    """What spending on a batch would bring."""

    SETTLEABLE = "settleable"  # at least one section can be settled now
    WAITING = "waiting"  # only if a reorg's victims are mined again
    ENDED = "ended"  # nothing, ever


def settleability_of(batch: Batch, rows: Sequence[OrderRow]) -> Settleability:
    """A section is settled whole or not at all, so one order that is over takes the section with it."""
    by_id = {row.order_id: row for row in rows}
    best = Settleability.ENDED
    for section in batch.sections:
        members = [by_id[each] for each in section.order_ids if each in by_id]
        if len(members) < len(section.order_ids) or any(is_over(row, batch) for row in members):
            continue
        if all(row.status is OrderStatus.OPEN for row in members):
            return Settleability.SETTLEABLE
        best = Settleability.WAITING
    return best


def is_over(row: OrderRow, batch: Batch) -> bool:
    """Whether it has ended, or was cancelled before the batch closed: a later cancel takes effect after the batch."""
    cancelled = row.cancel_at_s is not None and row.cancel_at_s <= batch.valid_until_s
    return row.status in ENDED or cancelled


class GracePeriod:
    """How long a batch is kept whose orders a reorg removed: its proof can be used if they are mined again.

    Its other orders wait with it. A restart forgets since when, and only waits longer.
    """

    def __init__(self, grace_ms: int) -> None:
        self._grace_ms = grace_ms
        self._since: dict[BatchId, int] = {}

    def is_over(self, batch_id: BatchId, outlook: Settleability, now_ms: int) -> bool:
        """Whether the batch has waited for removed orders for too long."""
        if outlook is not Settleability.WAITING:
            self._since.pop(batch_id, None)
            return False
        return now_ms - self._since.setdefault(batch_id, now_ms) >= self._grace_ms
