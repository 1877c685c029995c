"""Why the contract refuses an order. Source: `RejectCode` of the contracts' types."""

from enum import IntEnum
from typing import Final


class RejectCode(IntEnum):
    """Values of `OrderRejected.code` and `OrderRefused.code`."""

    BAD_SIGNATURE = 1
    KNOWN_ORDER = 2
    EXPIRED = 3
    DEADLINE_TOO_FAR = 4
    BELOW_MINIMUM = 5
    UNKNOWN_POOL = 6
    ZERO_OWNER = 7
    AMOUNT_TOO_LARGE = 8
    NATIVE_INPUT = 9
    PULL_FAILED = 10
    POOL_PAUSED = 11


_MEANINGS: Final = {
    RejectCode.BAD_SIGNATURE: "the signature is neither the owner's ECDSA nor its ERC-1271 one",
    RejectCode.KNOWN_ORDER: "this order was placed before; another salt makes another order",
    RejectCode.EXPIRED: "the deadline was over when the order was mined",
    RejectCode.DEADLINE_TOO_FAR: "the deadline is further ahead than the contract allows",
    RejectCode.BELOW_MINIMUM: "the amount is below the pool's minimum",
    RejectCode.UNKNOWN_POOL: "the pool is not served by the hook or not listed",
    RejectCode.ZERO_OWNER: "the owner is the zero address",
    RejectCode.AMOUNT_TOO_LARGE: "the amount is above 2^127 - 1",
    RejectCode.NATIVE_INPUT: "a signed order cannot sell native currency",
    RejectCode.PULL_FAILED: "the tokens could not be pulled: allowance, balance, or the token itself",
    RejectCode.POOL_PAUSED: "the pool is paused",
}


def reject_meaning(code: int) -> str:
    """What the code says, in words; a contract of another version may have codes that are not known here."""
    try:
        known = RejectCode(code)
    except ValueError:
        return f"unknown code {code}"
    return f"{known.name}: {_MEANINGS[known]}"
