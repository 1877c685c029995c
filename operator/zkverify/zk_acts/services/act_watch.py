"""Which acts are not asked about in every round, and what the operator is told of those that do not end by themselves."""

from collections import Counter
from collections.abc import Sequence

import structlog

from zk_acts.domain.acts import Intent
from zk_acts.domain.errors import Disposition, OperatorError
from zk_acts.domain.failures import ActStuck
from zk_acts.domain.ids import IntentId
from zk_acts.ports.clock import Clock
from zk_acts.ports.telemetry import AlertBoard, Telemetry
from zk_acts.services.attempt import has_passed, is_to_come

log = structlog.get_logger("paid_act")
PAUSE_MS = 30_000  # how often one is asked about that nobody waits for
FIRST_LOOK_MS, MOST_DOUBLINGS = 10_000, 9
LOOK_BACK_MS = 3_600_000  # how old an end may be that is looked at again
AWAY_MS = 7 * 86_400_000  # how long nobody may have looked before a start


class NonceForeign(OperatorError):
    """Raised when an account has used nonces that no act of ours explains: another program signs with its key.

    Meaning: The chain's state says that more nonces of the account are used than the acts of this database explain.
    Somebody signs with the same key: another instance, a tool, a wallet; or the database is an old copy, and the newer
    one knows those acts.

    What you see: `nonce.foreign`, and the alert `acts.<backend>.foreign` with the nonces, until the next act is
    explained again (`nonce.explained`). The operator goes on after the nonces that were used.

    What to do: Find the other program and take the key away from it: two of them under one key make each other's
    acts lapse. After an old copy of the database was put back it is expected once. If nobody of yours did it, the key
    is known to others: make a new one, have it listed, move the funds.
    """

    code = "ZKO-ACT-009"
    disposition = Disposition.DEGRADED


class ActWatch:
    """One account's acts that need another rhythm. Caches: a restart asks about everything at once, and tells again."""

    def __init__(
        self, *, backend: str, clock: Clock, telemetry: Telemetry, board: AlertBoard
    ) -> None:
        self._backend = backend
        self._alert = f"acts.{backend}.stuck"
        self._clock = clock
        self._telemetry = telemetry
        self._board = board
        self._rests: dict[IntentId, tuple[int, int]] = {}  # since when, for how long (ms)
        self._overdue: set[IntentId] = set()
        self._looks: Counter[IntentId] = Counter()
        self._stuck_nonce: int | None = None
        self._looked_ms: int | None = None

    def is_due(self, row: Intent) -> bool:
        """Whether it is to be asked about now."""
        since_ms, pause_ms = self._rests.get(row.intent_id, (0, 0))
        return has_passed(since_ms, self._clock.now_ms(), pause_ms)

    def is_overdue(self, row: Intent) -> bool:
        """Whether the other side has said so; after a restart, or by a clock that was ahead then, it is asked first."""
        if row.intent_id not in self._overdue:
            return False
        since_ms, _ = self._rests[row.intent_id]
        return not is_to_come(since_ms, self._clock.now_ms())

    def overdue(self, row: Intent) -> None:
        """Nobody waits for it: it is asked about less often."""
        if row.intent_id not in self._overdue:
            log.warning("act.overdue", intent_id=row.intent_id, backend=self._backend)
        self._overdue.add(row.intent_id)
        self._rest(row, PAUSE_MS)

    def look_back_ms(self) -> int:
        """Since when ends are looked at again. By the look before this one: time in which nobody looked does not count."""
        now = self._clock.now_ms()
        # A lapse that was believed wrongly shows itself within this time, or never (ADR 0192).
        before = now - AWAY_MS if self._looked_ms is None else self._looked_ms
        self._looked_ms = now
        return before - LOOK_BACK_MS

    def looking_at(self, rows: Sequence[Intent]) -> None:
        """These have ended in a way that is looked at again, and no others."""
        for intent_id in self._looks.keys() - {row.intent_id for row in rows}:
            del self._looks[intent_id]
            self._rests.pop(intent_id, None)

    def looks_again(self, row: Intent) -> None:
        """It is looked at now; each next look is later."""
        times = self._looks[row.intent_id]
        self._looks[row.intent_id] += 1
        self._rest(row, FIRST_LOOK_MS << min(times, MOST_DOUBLINGS))

    def told(self, row: Intent) -> None:
        """The other side has answered, and has not called it overdue."""
        self._rests.pop(row.intent_id, None)
        self._overdue.discard(row.intent_id)

    def is_given_up(self, nonce: int) -> bool:
        """Whether the operator has been told that this nonce is held up."""
        return self._stuck_nonce == nonce

    def stuck(self, row: Intent, replacements: int) -> None:
        """An alert: nothing moves, and nothing more will be, or could be, offered."""
        self._stuck_nonce = row.nonce
        text = f"{row.intent_id} holds up nonce {row.nonce} after {replacements} replacements"
        if self._board.raise_alert(self._alert, text):
            log.error(
                "act.stuck",
                code=ActStuck.code,
                intent_id=row.intent_id,
                backend=self._backend,
                nonce=row.nonce,
                replacements=replacements,
                fee_cap=row.fee_cap,
                tip=row.tip,
            )
        self._tell()

    def moved(self) -> None:
        """Nothing is stuck any more."""
        self._stuck_nonce = None
        if self._board.clear_alert(self._alert):
            log.info("act.unstuck", backend=self._backend)
        self._tell()

    def counted(self, nonce: int, used: int | None, live: Sequence[Intent]) -> None:
        """The other side calls `nonce` the next one. An alert while our rows do not explain those before it."""
        ours = [row.nonce for row in live if row.nonce < nonce] + ([] if used is None else [used])
        alert = f"acts.{self._backend}.foreign"
        # Beyond a gap that no row explains, somebody else signs with this key (ADR 0219).
        if not ours or nonce <= max(ours) + 1:  # a new database explains nothing
            if self._board.clear_alert(alert):
                log.info("nonce.explained", backend=self._backend, nonce=nonce)
            return
        text = f"nonces {max(ours) + 1} to {nonce - 1} were used by no act of this database"
        if self._board.raise_alert(alert, text):
            log.error(
                "nonce.foreign",
                code=NonceForeign.code,
                backend=self._backend,
                nonce=nonce,
                ours=max(ours),
            )

    def _rest(self, row: Intent, pause_ms: int) -> None:
        self._rests[row.intent_id] = self._clock.now_ms(), pause_ms

    def _tell(self) -> None:
        is_stuck = self._alert in self._board.alerts
        self._telemetry.gauge("acts_stuck", int(is_stuck), backend=self._backend)
