"""What kinds of orders the traffic has, and how each must end."""

from enum import StrEnum


class Kind(StrEnum):
    """One way for an order to be good or bad."""

    SWAP = "swap"
    SIGNED = "signed"
    BAD_SIGNATURE = "bad_signature"
    ALREADY_EXPIRED = "already_expired"
    REPLAYED = "replayed"
    NO_ALLOWANCE = "no_allowance"
    EXPIRES_SOON = "expires_soon"
    LIMIT_OUT_OF_REACH = "limit_out_of_reach"
    CANCELLED = "cancelled"
    CANCELLED_LATE = "cancelled_late"
    PAYOUT_REFUSED = "payout_refused"
    REFUND_REFUSED = "refund_refused"


class Outcome(StrEnum):
    """How an order ended, or that it has not yet."""

    OPEN = "open"
    SETTLED = "settled"
    REFUNDED = "refunded"
    REJECTED = "rejected"


class Expectation(StrEnum):
    """How an order must end."""

    SETTLED = "settled"
    REFUNDED = "refunded"
    REJECTED = "rejected"
    EITHER = "either"  # settled or refunded: a race that both sides may win

    def is_met_by(self, outcome: Outcome) -> bool:
        """Whether this outcome is as it must be."""
        if self is Expectation.EITHER:
            return outcome in (Outcome.SETTLED, Outcome.REFUNDED)
        return self.value == outcome.value


EXPECTATIONS: dict[Kind, Expectation] = {
    Kind.SWAP: Expectation.SETTLED,
    Kind.SIGNED: Expectation.SETTLED,
    Kind.BAD_SIGNATURE: Expectation.REJECTED,
    Kind.ALREADY_EXPIRED: Expectation.REJECTED,
    Kind.REPLAYED: Expectation.REJECTED,
    Kind.NO_ALLOWANCE: Expectation.REJECTED,
    Kind.EXPIRES_SOON: Expectation.REFUNDED,
    Kind.LIMIT_OUT_OF_REACH: Expectation.REFUNDED,
    Kind.CANCELLED: Expectation.REFUNDED,
    Kind.CANCELLED_LATE: Expectation.EITHER,
    Kind.PAYOUT_REFUSED: Expectation.SETTLED,
    Kind.REFUND_REFUSED: Expectation.REFUNDED,
}

# In 1/10,000 of all orders; what is left over are good orders, half of them swaps, half signed.
BAD_SHARES: dict[Kind, int] = {
    Kind.BAD_SIGNATURE: 300,
    Kind.ALREADY_EXPIRED: 200,
    Kind.REPLAYED: 300,
    Kind.NO_ALLOWANCE: 300,
    Kind.EXPIRES_SOON: 300,
    Kind.LIMIT_OUT_OF_REACH: 300,
    Kind.CANCELLED: 300,
    Kind.CANCELLED_LATE: 200,
    Kind.PAYOUT_REFUSED: 200,
    Kind.REFUND_REFUSED: 100,
}
SMALLEST_FULL_MIX = 20  # from this many orders on there is one of every kind

# Kinds that a trader places by a swap; all others are signed and posted by a relayer.
BY_SWAP = frozenset(
    {
        Kind.SWAP,
        Kind.CANCELLED,
        Kind.CANCELLED_LATE,
        Kind.PAYOUT_REFUSED,
        Kind.REFUND_REFUSED,
    }
)
