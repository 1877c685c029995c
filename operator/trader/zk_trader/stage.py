"""Where an order stands, as its submitter sees it."""

from enum import StrEnum
from typing import Final

from zk_operator.domain.records import OnchainStatus
from zk_operator.ports.chain import OnchainOrder


class Stage(StrEnum):
    """The contract's status, with cancels that are under way told apart."""

    UNKNOWN = "unknown"  # not mined, rejected, or reorged out
    OPEN = "open"
    CANCELLING = (
        "cancelling"  # open; settles before `cancel_at`, by a batch that had closed, or not at all
    )
    SETTLED = "settled"
    REFUNDED = "refunded"
    REVOKED = "revoked"  # before anybody placed it


ENDS: Final = frozenset({Stage.SETTLED, Stage.REFUNDED, Stage.REVOKED})
_BY_STATUS: Final = {
    OnchainStatus.NONE: Stage.UNKNOWN,
    OnchainStatus.OPEN: Stage.OPEN,
    OnchainStatus.SETTLED: Stage.SETTLED,
    OnchainStatus.REFUNDED: Stage.REFUNDED,
    OnchainStatus.REVOKED: Stage.REVOKED,
}


def stage_of(state: OnchainOrder) -> Stage:
    """The stage that the contract's slot means."""
    stage = _BY_STATUS[state.status]
    return Stage.CANCELLING if stage is Stage.OPEN and state.cancel_at_s else stage
