"""Where an order stands, as its submitter sees it."""

from enum import StrEnum
from typing import Final

from zk_operator.domain.records import OnchainStatus
from zk_operator.ports.chain import OnchainOrder


class Stage(StrEnum):
    """The contract's status, with cancels that are under way told apart."""

    UNKNOWN = "unknown"  # not mined, rejected, or reorged out
    OPEN = "open"
    CANCELLING = "cancelling"  # open; settles only before `cancel_at`
    SETTLED = "settled"
    REFUNDED = "refunded"


ENDS: Final = frozenset({Stage.SETTLED, Stage.REFUNDED})
_BY_STATUS: Final = {
    OnchainStatus.NONE: Stage.UNKNOWN,
    OnchainStatus.OPEN: Stage.OPEN,
    OnchainStatus.SETTLED: Stage.SETTLED,
    OnchainStatus.REFUNDED: Stage.REFUNDED,
}


def stage_of(state: OnchainOrder) -> Stage:
    """The stage that the contract's slot means."""
    stage = _BY_STATUS[state.status]
    return Stage.CANCELLING if stage is Stage.OPEN and state.cancel_at_s else stage
