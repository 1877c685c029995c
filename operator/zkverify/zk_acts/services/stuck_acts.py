"""Which act holds up an account, what may be done about it, and what the next offer has to beat. Pure.

`PaidActs.replace` carries it out; what it offers is the channel's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from zk_acts.domain.acts import Intent, IntentState
from zk_acts.domain.errors import error_codes
from zk_acts.domain.failures import OfferTooLow
from zk_acts.ports.act import Fees
from zk_acts.services.attempt import WAITING_STATES, is_to_come, may_try, waiting

LATE = 3  # times the patience


class Verdict(StrEnum):
    """What may be done about an act that has not been decided."""

    WAIT = "wait"
    REPLACE = "replace"
    LATE = "late"  # replace it; that should have happened long ago
    EXHAUSTED = "exhausted"  # it was replaced as often as it may be


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long nothing may move, how many replacements are offered, and the pause after one that was refused.

    `since_ms`: when this process began. Time in which nobody looked is not waited, and what nobody wants any more may find
    another use for its nonce first.
    """

    after_ms: int
    max_replacements: int
    refused_ms: int
    since_ms: int = 0

    def is_used_up(self, siblings: Sequence[Intent]) -> bool:
        """Whether as many replacements were offered as may be."""
        return len(siblings) > self.max_replacements


def judge(
    siblings: Sequence[Intent], below: Sequence[Intent], patience: Patience, now_ms: int
) -> Verdict:
    """About the acts of one nonce, oldest first; `below`: the live ones of lower nonces.

    What was refused counts as an offer, but not as a movement: a better one is made soon after.
    """
    if not waiting(siblings):
        return Verdict.WAIT
    offered = [row for row in siblings if row.state is not IntentState.LAPSED]
    moved = [row.updated_at for row in (*offered, *below)]
    known = [each for each in moved if not is_to_come(each, now_ms)]
    quiet_ms = now_ms - max([patience.since_ms, *known])
    if quiet_ms < patience.after_ms or not may_try(siblings, now_ms, patience.refused_ms):
        return Verdict.WAIT
    if patience.is_used_up(siblings):
        return Verdict.EXHAUSTED
    return Verdict.LATE if quiet_ms >= LATE * patience.after_ms else Verdict.REPLACE


def newest_waiting(siblings: Sequence[Intent]) -> Intent:
    """The one to replace, of siblings that `judge` has not told to wait for."""
    return next(row for row in reversed(siblings) if row.state in WAITING_STATES)


def to_beat(siblings: Sequence[Intent]) -> Fees | None:
    """The highest fees that were offered under the nonce, taken or refused; None where none were."""
    if not siblings:
        return None
    return Fees(fee_cap=max(row.fee_cap for row in siblings), tip=max(row.tip for row in siblings))


def outbid(rows: Sequence[Intent]) -> Sequence[Intent]:
    """Those that were refused for their price."""
    # A node that called an offer too low compares with what it holds: the next has to beat that one, too (ADR 0193).
    refused = [row for row in rows if row.state is IntentState.LAPSED and row.error_code]
    codes = error_codes() if refused else {}
    return [
        row for row in refused if issubclass(codes.get(row.error_code or "", object), OfferTooLow)
    ]
