"""Purchase gate: whether anything new may be bought, and if not, why not. What is paid for already is followed on.

Whoever learns of a reason says so here; whoever is about to pay asks here. A reason is one alert, one gauge, and a line
when it begins and when it ends.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import structlog

from zk_acts.domain.errors import OperatorError
from zk_acts.ports.clock import Clock
from zk_operator.domain.failures import DepthUnknown
from zk_operator.runtime.health import HealthBoard
from zk_operator.runtime.telemetry import Telemetry
from zk_operator.services.hold_errors import (
    ClockSkewed,
    ContractPaused,
    IntakeBehind,
    OutcomesUnread,
    TermsDiffer,
)

log = structlog.get_logger("purchases")


class Purchase(StrEnum):
    """What costs money, or leads to it."""

    CLOSE = "close"  # of a batch: what follows has to be paid
    PROVE = "prove"
    VERIFY = "verify"


class Hold(StrEnum):
    """Why nothing new is bought."""

    BEHIND = "behind"
    TERMS = "terms"
    UNREAD = "unread"  # a change of the terms that was announced and not read yet
    PAUSED = "paused"
    DEPTH = "depth"
    OUTCOMES = "outcomes"
    CLOCK = "clock"


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRule:
    """Its code, what it stops, and how long it may last before it is worth an alert."""

    error: type[OperatorError]
    stops: frozenset[Purchase]
    patience_ms: int = 0


EVERYTHING: Final = frozenset(Purchase)
RULES: Final[Mapping[Hold, HoldRule]] = {
    # A proof that is there already is verified: whether its orders are open is asked at the depth itself.
    Hold.BEHIND: HoldRule(
        error=IntakeBehind,
        stops=frozenset({Purchase.CLOSE, Purchase.PROVE}),
        patience_ms=60_000,
    ),
    Hold.TERMS: HoldRule(error=TermsDiffer, stops=EVERYTHING),
    Hold.UNREAD: HoldRule(error=TermsDiffer, stops=EVERYTHING, patience_ms=60_000),
    Hold.PAUSED: HoldRule(error=ContractPaused, stops=EVERYTHING),
    Hold.DEPTH: HoldRule(error=DepthUnknown, stops=EVERYTHING),
    Hold.OUTCOMES: HoldRule(error=OutcomesUnread, stops=EVERYTHING, patience_ms=60_000),
    Hold.CLOCK: HoldRule(error=ClockSkewed, stops=EVERYTHING),
}


class PurchaseGate:
    """The reasons that hold now. One for the whole process."""

    def __init__(self, *, clock: Clock, board: HealthBoard, telemetry: Telemetry) -> None:
        self._clock = clock
        self._board = board
        self._telemetry = telemetry
        self._since: dict[Hold, int] = {}
        for reason in Hold:
            telemetry.gauge("purchases_held", 0, reason=reason)

    def allows(self, purchase: Purchase) -> bool:
        """Whether no reason speaks against it."""
        return not any(purchase in RULES[reason].stops for reason in self._since)

    def hold(self, reason: Hold, why: str) -> None:
        """The reason holds; said again, it goes on. `why` is for a human: what is the matter, and where."""
        now, rule = self._clock.now_ms(), RULES[reason]
        since = self._since.setdefault(reason, now)
        self._telemetry.gauge("purchases_held", 1, reason=reason)
        if now - since < rule.patience_ms:
            return
        if self._board.raise_alert(_alert(reason), why):
            log.error(
                "purchases.held",
                code=rule.error.code,
                reason=reason,
                why=why,
                stops=sorted(rule.stops),
            )

    def release(self, reason: Hold) -> None:
        """It is over."""
        since = self._since.pop(reason, None)
        self._telemetry.gauge("purchases_held", 0, reason=reason)
        if self._board.clear_alert(_alert(reason)) and since is not None:
            held_s = (self._clock.now_ms() - since) // 1000
            log.info("purchases.resumed", reason=reason, held_s=held_s)


def _alert(reason: Hold) -> str:
    return f"purchases.{reason}"
