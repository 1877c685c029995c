"""Back-off for orders that cannot be batched now: each try costs something, so what keeps failing is tried less and less often.

An order whose limit is out of reach rests until the price suits it, however long; time alone brings it back ever more
rarely, without a limit. What may change without the price comes back after ten minutes at most.
"""

from collections.abc import Sequence

from zk_operator.domain.batch_rule import FEE_BASE, Q128_BITS, fee_of, light_gross
from zk_operator.domain.ids import OrderId
from zk_operator.domain.order import MAX_UINT256, Order
from zk_operator.domain.proposal import DropReason
from zk_operator.domain.records import Batch, BatchState, OrderRow
from zk_operator.ports.store import OrderBackOff

FIRST_MS = 10_000
MOST_MS = 600_000
LEFT_OUT_MS = 5_000
MOST_DOUBLINGS = 30  # five seconds become 170 years
BETTER_BPS = 10  # by which the price has to improve before an order is tried again that failed at a price it liked


def backing_off_until(recent: Sequence[Batch], now_ms: int) -> dict[OrderId, int]:
    """The orders whose batches came to nothing and that are not batched now, and until when, by the recent batches' rows.

    The first failure costs no time, the second ten seconds, each further one twice as much, at most ten minutes.
    """
    ends: dict[OrderId, list[int]] = {}
    for batch in recent:
        if batch.state is BatchState.ABANDONED and batch.ended_at is not None:
            for order_id in batch.order_ids:
                ends.setdefault(order_id, []).append(batch.ended_at)
    until = {order_id: max(at) + _pause_ms(len(at)) for order_id, at in ends.items()}
    return {order_id: at for order_id, at in until.items() if at > now_ms}


def _pause_ms(failures: int) -> int:
    # The first failure has mostly a passing cause; from the second on, proofs would be paid for in a circle (ADR 0141).
    return 0 if failures < 2 else min(FIRST_MS * 2 ** (failures - 2), MOST_MS)


def is_in_reach(order: Order, price_x128: int, fee_bps: int) -> bool:
    """Whether the order's limit is met at that price. Nobody gets a better one: the remainder's swap starts there."""
    if price_x128 < 1:
        return False
    gross = light_gross(order, price_x128)
    return gross - fee_of(gross, fee_bps) >= order.min_out


def left_out(
    row: OrderRow, why: DropReason, now_ms: int, *, price_x128: int | None, fee_bps: int
) -> OrderBackOff:
    """How long the order rests that was left out for that reason, at that price of its pool (None: not known)."""
    pause_ms = LEFT_OUT_MS * 2 ** min(row.back_offs, MOST_DOUBLINGS)
    by_price = why is DropReason.LIMIT and price_x128 is not None
    if not by_price or is_in_reach(row.order, price_x128 or 0, fee_bps):
        pause_ms = min(pause_ms, MOST_MS)
    return OrderBackOff(
        order_id=row.order_id,
        until_ms=now_ms + pause_ms,
        times=row.back_offs + 1,
        wake_price_x128=wake_price(row.order, price_x128 or 0, fee_bps) if by_price else None,
    )


def wake_price(order: Order, price_x128: int, fee_bps: int) -> int:
    """The price that brings the order back: the first that meets its limit, or a better one where the given one does."""
    step = 1
    if is_in_reach(order, price_x128, fee_bps):
        # The price was right and the pool too thin: only a better one can change that.
        step = max(1, price_x128 * BETTER_BPS // FEE_BASE)
    gross = -(-order.min_out * FEE_BASE // max(1, FEE_BASE - fee_bps))
    if order.zero_for_one:
        least = -(-(gross << Q128_BITS) // max(1, order.amount_in))
        return min(max(least, price_x128 + step), MAX_UINT256)
    most = (order.amount_in << Q128_BITS) // max(1, gross)
    return max(0, min(most, price_x128 - step))
