"""Validation of a placed order: a pure verdict. The chain has checked signatures and funds already."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from zk_operator.domain.ids import Address, OrderId
from zk_operator.domain.order import Order, SigningDomain, order_id

ZERO_ADDRESS = Address(bytes(20))


class Refusal(StrEnum):
    """Our codes for orders that we do not batch."""

    ID_MISMATCH = "ZKO-INT-002"
    UNKNOWN_POOL = "ZKO-INT-003"
    BAD_AMOUNT = "ZKO-INT-004"
    BAD_DEADLINE = "ZKO-INT-005"
    BAD_OWNER = "ZKO-INT-006"
    OUT_OF_TIME = "ZKO-BAT-001"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLimits:
    """What a pool and the contract allow."""

    min_size0: int
    min_size1: int
    max_span_s: int

    def min_size(self, *, zero_for_one: bool) -> int:
        """The least input on that side, in the input currency's smallest units."""
        return self.min_size0 if zero_for_one else self.min_size1


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """An order as it was mined."""

    claimed_id: OrderId
    order: Order
    mined_at_s: int


def _checks(
    placement: Placement, domain: SigningDomain, limits: OrderLimits | None
) -> tuple[tuple[Refusal, Callable[[], bool]], ...]:
    order, mined = placement.order, placement.mined_at_s
    return (
        (Refusal.ID_MISMATCH, lambda: order_id(order, domain) != placement.claimed_id),
        (Refusal.BAD_OWNER, lambda: order.owner == ZERO_ADDRESS),
        (Refusal.UNKNOWN_POOL, lambda: limits is None),
        (
            Refusal.BAD_AMOUNT,
            lambda: order.amount_in < max(1, _limit(limits, zero_for_one=order.zero_for_one)),
        ),
        (
            Refusal.BAD_DEADLINE,
            lambda: not mined <= order.deadline <= mined + (limits.max_span_s if limits else 0),
        ),
    )


def _limit(limits: OrderLimits | None, *, zero_for_one: bool) -> int:
    return limits.min_size(zero_for_one=zero_for_one) if limits else 0


def refusal_of(
    placement: Placement, domain: SigningDomain, limits: OrderLimits | None
) -> Refusal | None:
    """Why we will not batch the order, or None. `limits` is None where the pool is unknown."""
    checks = _checks(placement, domain, limits)
    return next((refusal for refusal, fails in checks if fails()), None)
