"""Which way proofs go to zkVerify: through the operator's own account, or through Kurier where that is configured.

A circuit breaker per route: one that has failed for a while is not asked, the other one is, and after a pause one proof
tries the first again. No proof goes both ways: whoever asks for a route has no attempt under way, by the rows (ADR 0229).
"""

from collections.abc import Awaitable, Callable, Sequence

import structlog

from zk_acts.domain.acts import Intent, IntentState, Purpose
from zk_acts.domain.errors import Disposition, OperatorError
from zk_acts.domain.failures import ActRefused, AmbiguousOutcome, BudgetExceeded
from zk_acts.ports.clock import Clock
from zk_acts.services.paid_act import PaidActs, Work
from zk_acts.services.work_pass import Pass
from zk_operator.runtime.health import HealthBoard
from zk_operator.runtime.telemetry import Telemetry
from zk_operator.services.stage_errors import RouteFailing
from zkverify_client.ports.zkverify import ZkVerifyDetail, ZkVerifyRequest

log = structlog.get_logger("submission_routes")
Acts = PaidActs[ZkVerifyRequest, ZkVerifyDetail]
# A proof that is refused for itself is refused everywhere; what a cap stops is to be stopped.
OF_THE_ROUTE = frozenset(
    {
        Disposition.TRANSIENT,
        Disposition.RATE_LIMITED,
        Disposition.AMBIGUOUS,
        Disposition.DEGRADED,
    }
)

MOST_DOUBLINGS = 4  # of the pause


class Breaker:
    """Whether a route works. In memory: after a restart it is tried first.

    `after_ms`: how long it may fail; infinite, where there is no other way.
    """

    def __init__(
        self, *, name: str, after_ms: float, clock: Clock, board: HealthBoard, telemetry: Telemetry
    ) -> None:
        self.name = name
        self._after_ms = after_ms
        self._clock = clock
        self._board = board
        self._telemetry = telemetry
        self._alert = f"route.{name}"
        self._failing_since: int | None = None
        self._trips = 0
        self._open_until = 0.0

    @property
    def is_open(self) -> bool:
        """Whether the route is not to be asked now."""
        return self._clock.now_ms() < self._open_until

    @property
    def is_failing(self) -> bool:
        """Whether the last proof was not taken; then one at a time is tried."""
        return self._failing_since is not None

    def failed(self, error: OperatorError) -> None:
        """Something went wrong, which may be the route's fault. Each trip doubles the next pause."""
        # What a proof is refused for itself, and a spend cap, trip nothing: the other way is no way round a
        # cap (ADR 0229).
        if isinstance(error, BudgetExceeded) or not (
            error.disposition in OF_THE_ROUTE or isinstance(error, ActRefused)
        ):
            return
        now = self._clock.now_ms()
        self._failing_since = now if self._failing_since is None else self._failing_since
        if self.is_open or now - self._failing_since < self._after_ms:
            return
        self._open_until = now + self._after_ms * 2 ** min(self._trips, MOST_DOUBLINGS)
        self._trips += 1
        self._telemetry.gauge("route_failing", 1, route=self.name)
        text = f"{self.name} does not take proofs: {error}"
        if self._board.raise_alert(self._alert, text):
            log.error("route.tripped", route=self.name, code=RouteFailing.code, error=str(error))

    async def wants(self, row: Intent) -> bool:
        """Whether a lost act of it is to be sent again: while proofs go the other way, its validity ends instead."""
        # Sent again while the other way is taken, its validity would never end, and no proof may go both ways
        # (ADR 0229).
        return row.purpose != Purpose.VERIFY or not self.is_open

    def worked(self) -> None:
        """A proof was taken."""
        self._failing_since, self._trips, self._open_until = None, 0, 0
        self._telemetry.gauge("route_failing", 0, route=self.name)
        if self._board.clear_alert(self._alert):
            log.info("route.restored", route=self.name)


class Route:
    """One way: its acts, and whether it works."""

    def __init__(self, acts: Acts, breaker: Breaker) -> None:
        self.acts = acts
        self.breaker = breaker

    async def keep(self) -> None:
        """Resolve its acts. Errors as PaidActs.keep."""
        try:
            await self.acts.keep()
        except OperatorError as error:
            self.breaker.failed(error)
            raise

    async def issue(
        self, works: Sequence[Work[ZkVerifyRequest]], is_ready: Callable[[], Awaitable[bool]]
    ) -> Sequence[Intent]:
        """Have them submitted, once the route is ready for them. Errors as PaidActs.issue_all and `is_ready`."""
        try:
            if not await is_ready():
                return ()
            # While it fails, one proof at a time tries it: the rest would be lost with it (ADR 0229).
            rows = await self.acts.issue_all(works[:1] if self.breaker.is_failing else works)
        except OperatorError as error:
            self.breaker.failed(error)
            raise
        unanswered = [row for row in rows if row.state is IntentState.INTENDED]
        if unanswered:
            self.breaker.failed(AmbiguousOutcome(intent=unanswered[0].intent_id))
        elif rows:
            self.breaker.worked()
        return rows


class SubmissionRoutes:
    """The own account and Kurier; the preferred one first."""

    def __init__(
        self, *, own: Route, kurier: Route | None = None, prefers_own: bool = True
    ) -> None:
        self._own = own
        self._kurier = kurier
        both = [own] if kurier is None else [own, kurier]
        self._routes = both if prefers_own else both[::-1]

    async def keep(self, turn: Pass) -> None:
        """Resolve the acts of both."""
        for route in self._routes:
            with turn.item(backend=route.breaker.name):
                await route.keep()

    def of_next(self, attempts: Sequence[Intent]) -> Sequence[Intent]:
        """Those of the route that is taken next: what failed on another one does not have to be rested from."""
        return [row for row in attempts if row.backend == self._chosen().acts.channel.name]

    async def issue_all(
        self,
        works: Sequence[Work[ZkVerifyRequest]],
        has_key: Callable[[], Awaitable[bool]],
    ) -> None:
        """Have proofs submitted that no route has under way. `has_key`: whether the chain knows the circuit's key.

        Kurier gets the key with each proof. Errors: those of the route that is taken.
        """
        route = self._chosen()
        rows = await route.issue(works, has_key if route is self._own else _ready)
        if route is not self._routes[0]:
            for row in rows:
                log.warning("proof.rerouted", intent_id=row.intent_id, route=route.breaker.name)

    def _chosen(self) -> Route:
        return next((each for each in self._routes if not each.breaker.is_open), self._routes[0])


async def _ready() -> bool:
    return True
