"""Rest for orders whose batches came to nothing. Each batch costs money, so what keeps failing is tried less and less often."""

from collections.abc import Sequence

from zk_operator.domain.ids import OrderId
from zk_operator.domain.records import Batch, BatchState

FIRST_MS = 10_000
MOST_MS = 600_000


def resting(recent: Sequence[Batch], now_ms: int) -> frozenset[OrderId]:
    """The orders that are not batched now, by the recent batches' rows.

    The first failure costs no time, the second ten seconds, each further one twice as much, at most ten minutes.
    """
    ends: dict[OrderId, list[int]] = {}
    for batch in recent:
        if batch.state is BatchState.ABANDONED and batch.ended_at is not None:
            for order_id in batch.order_ids:
                ends.setdefault(order_id, []).append(batch.ended_at)
    return frozenset(
        order_id for order_id, at in ends.items() if now_ms < max(at) + _pause_ms(len(at))
    )


def _pause_ms(failures: int) -> int:
    return 0 if failures < 2 else min(FIRST_MS * 2 ** (failures - 2), MOST_MS)
