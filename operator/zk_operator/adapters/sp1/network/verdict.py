"""What a request's status means, in the order that loses no proof: a late one is still a proof."""

from enum import StrEnum

from zk_operator.adapters.sp1.network.client import Status
from zk_operator.proto import base_pb2 as base


class Verdict(StrEnum):
    """Where a request stands for us."""

    FULFILLED = "fulfilled"
    UNADDRESSED = "unaddressed"  # fulfilled, but it is not said where the proof is
    UNEXECUTABLE = "unexecutable"
    UNFULFILLABLE = "unfulfillable"
    REVERTED = "reverted"
    EXPIRED = "expired"  # by the network's word
    OVERDUE = "overdue"  # for so long that nothing comes of it any more, by our clock
    UNCLAIMED = "unclaimed"  # no prover has taken it
    WORKING = "working"


_TERMINAL = {
    base.FULFILLMENT_STATUS_UNFULFILLABLE: Verdict.UNFULFILLABLE,
    base.FULFILLMENT_STATUS_REVERTED: Verdict.REVERTED,
    base.FULFILLMENT_STATUS_EXPIRED: Verdict.EXPIRED,
}


def verdict(status: Status, *, is_over: bool) -> Verdict:
    """The order of decisions is the SDK's. A status that nobody knows yet counts as work in progress."""
    if status.fulfillment == base.FULFILLMENT_STATUS_FULFILLED:
        return Verdict.FULFILLED if status.proof_uri else Verdict.UNADDRESSED
    if status.execution == base.EXECUTION_STATUS_UNEXECUTABLE:
        return Verdict.UNEXECUTABLE
    for number, terminal in _TERMINAL.items():
        if status.fulfillment == number:
            return terminal
    if is_over:
        return Verdict.OVERDUE
    return Verdict.UNCLAIMED if is_unclaimed(status) else Verdict.WORKING


def is_unclaimed(status: Status) -> bool:
    """Whether no prover has taken it."""
    return status.fulfillment == base.FULFILLMENT_STATUS_REQUESTED
