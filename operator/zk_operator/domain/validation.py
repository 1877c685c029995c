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
    BAD_AMOUNT = "ZKO-INT-004"
    BAD_DEADLINE = "ZKO-INT-005"
    BAD_OWNER = "ZKO-INT-006"
    OUT_OF_TIME = "ZKO-BAT-001"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """An order as it was mined."""

    claimed_id: OrderId
    order: Order
    mined_at_s: int


def refusal_of(placement: Placement, domain: SigningDomain) -> Refusal | None:
    """Why we will not batch the order, or None: only what its terms and its block say for ever.

    Listing, least size and span were the contract's to judge, by its terms when the order was mined.
    """
    checks = _checks(placement, domain)
    return next((refusal for refusal, fails in checks if fails()), None)


def _checks(
    placement: Placement, domain: SigningDomain
) -> tuple[tuple[Refusal, Callable[[], bool]], ...]:
    order = placement.order
    return (
        (Refusal.ID_MISMATCH, lambda: order_id(order, domain) != placement.claimed_id),
        (Refusal.BAD_OWNER, lambda: order.owner == ZERO_ADDRESS),
        (Refusal.BAD_AMOUNT, lambda: order.amount_in < 1),
        (Refusal.BAD_DEADLINE, lambda: order.deadline < placement.mined_at_s),
    )
