"""The provers that can be asked: each with its own nonce sequence, health, capacity and measured times."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import structlog

from zk_acts.domain.acts import Intent, Purpose
from zk_acts.domain.errors import OperatorError
from zk_acts.domain.failures import BalanceTooLow, BudgetExceeded
from zk_acts.ports.clock import Clock
from zk_acts.services.attempt import WAITING_STATES, spent
from zk_acts.services.paid_act import PaidActs
from zk_operator.domain.failures import RequestUnexecutable
from zk_operator.domain.records import Batch
from zk_operator.domain.routing import (
    Assign,
    Candidate,
    Decision,
    GiveUp,
    Hedge,
    Job,
    LiveAttempt,
    Wait,
    choose,
)
from zk_operator.ports.prover import ProverBackend, ProverDetail, ProverWork
from zk_operator.ports.store import BatchStore
from zk_operator.runtime.telemetry import Telemetry
from zk_operator.services.foreign_provers import ForeignProvers
from zk_operator.services.prover_stats import ProverStats

log = structlog.get_logger("router")
RECENT = 200  # batches that are measured


@dataclass(frozen=True, slots=True, kw_only=True)
class ProverLane:
    """One backend. `cost`: what a proof costs there, in 1e-18 PROVE, for comparison; 0 for machines of one's own."""

    backend: ProverBackend
    acts: PaidActs[ProverWork, ProverDetail]
    capacity: int = 8
    max_attempts: int = 4
    assumed_ms: int = 300_000
    cost: int = 1

    @property
    def name(self) -> str:
        """As rows, logs and metrics have it."""
        return self.backend.name


@dataclass(frozen=True, slots=True, kw_only=True)
class LanePolicy:
    """`rest_ms`: how long a backend that failed is not asked, where there is another."""

    assumed_reserve_ms: int = 120_000
    rest_ms: int = 15_000
    refresh_ms: int = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Proving:
    """A batch on its way to a proof, by the rows. `attempts`: every request for it, oldest first; `viable`: those that may
    still bring a proof; `now_s`: the chain's; `deadline_ms`: when its time is over, by this machine's clock."""

    batch: Batch
    attempts: Sequence[Intent]
    viable: Sequence[Intent]
    now_s: int
    deadline_ms: int


class ProverLanes:
    """The registry, and the router's view of it. Health is a cache: a restart asks everybody again."""

    def __init__(
        self,
        *,
        lanes: Sequence[ProverLane],
        batches: BatchStore,
        clock: Clock,
        telemetry: Telemetry,
        policy: LanePolicy | None = None,
        foreign: ForeignProvers | None = None,
    ) -> None:
        """`lanes`: at least one, with different names, and others than `foreign` has."""
        self._lanes = {lane.name: lane for lane in lanes}
        self._batches = batches
        self._clock = clock
        self._telemetry = telemetry
        self._policy = policy or LanePolicy()
        self._foreign = foreign
        self._stats = ProverStats()
        self._refreshed_ms: int | None = None
        self._down_until: dict[str, int] = {}
        self._barred_until: dict[str, int] = {}  # could not be asked for another one
        self._poor_until: dict[str, int] = {}
        self._said: dict[str, Decision] = {}
        self._refused: dict[str, str] = {}  # codes

    def __iter__(self) -> Iterator[ProverLane]:
        return iter(tuple(self._lanes.values()))

    def __getitem__(self, name: str) -> ProverLane:
        return self._lanes[name]

    def of(self, row: Intent) -> ProverLane | None:
        """The lane that a row belongs to; None for a backend or account that is configured no more."""
        lane = self._lanes.get(row.backend)
        return lane if lane is not None and lane.backend.account == row.account else None

    async def attempts(self, batch: Batch) -> Sequence[Intent]:
        """Every request for the batch, of all lanes, oldest first."""
        first = next(iter(self._lanes.values()))
        return await first.acts.of(Purpose.PROVE, batch.batch_id)

    def failed(self, lane: ProverLane, error: OperatorError, *, asking: bool = False) -> None:
        """Leave a backend alone for a while. Without another one there is nothing to change to.

        `asking`: it was asked for another proof; that it answers for those that it has does not end this rest.
        """
        if len(self._lanes) == 1:
            return
        until_ms = self._clock.now_ms() + self._policy.rest_ms
        # Poor is not down: it goes on with what it was paid for (ADR 0084).
        if isinstance(error, BalanceTooLow | BudgetExceeded):
            self._poor_until[lane.name] = until_ms
        else:
            self._down_until[lane.name] = until_ms
            if asking:
                self._barred_until[lane.name] = until_ms
        self._telemetry.gauge("prover_up", 0, backend=lane.name)
        log.warning("prover.rested", backend=lane.name, code=error.code, error=str(error))

    def usual_ms(self, lane: ProverLane, batch: Batch) -> int | None:
        """How long half of its proofs of such batches take at most; None where too few were measured."""
        times = self._stats.of(lane.name, len(batch.order_ids), assumed_ms=lane.assumed_ms)
        return times.p50_ms if times.is_measured else None

    def works(self, lane: ProverLane) -> None:
        """It has answered for what it was asked."""
        if self._clock.now_ms() < self._barred_until.get(lane.name, 0):
            self._down_until.pop(lane.name, None)
        else:
            self.asked(lane)

    def asked(self, lane: ProverLane) -> None:
        """It has taken another request."""
        was_down = self._down_until.pop(lane.name, None) is not None
        was_barred = self._barred_until.pop(lane.name, None) is not None
        if was_down or was_barred:
            log.info("prover.recovered", backend=lane.name)
        self._telemetry.gauge("prover_up", 1, backend=lane.name)

    def has_other(self) -> bool:
        """Whether there are several backends, and one of them is not at rest."""
        now = self._clock.now_ms()
        rested = (self._down_until, self._barred_until, self._poor_until)
        up = [name for name in self._lanes if all(now >= until.get(name, 0) for until in rested)]
        return len(self._lanes) > 1 and bool(up)

    def is_unprovable(self, attempts: Sequence[Intent]) -> bool:
        """Whether a prover without limits has said that the program does not run on the batch's input."""
        return any(not self._lanes[name].cost for name in self._refusers(attempts))

    def _refusers(self, attempts: Sequence[Intent]) -> set[str]:
        """Who has said that the program does not run on the batch's input."""
        code = RequestUnexecutable.code
        return {row.backend for row in attempts if row.error_code == code and self.of(row)}

    async def decide(self, work: Proving) -> Decision:
        """What to do for the batch now."""
        await self._refresh()
        decision = await self._choice(work, _live(work))
        self._say(work.batch, decision)
        return decision

    async def next_moment(self, work: Proving, *, asked: ProverLane | None = None) -> int | None:
        """When another backend may have to be asked (`asked` being asked now); None where there is none. In ms."""
        if len(self._lanes) == 1:
            return None
        now, live = self._clock.now_ms(), _live(work)
        if asked is not None:
            live = (*live, LiveAttempt(backend=asked.name, asked_at_ms=now))
        decision = await self._choice(work, live)
        if isinstance(decision, Wait):
            return decision.until_ms
        return now

    async def _choice(self, work: Proving, live: tuple[LiveAttempt, ...]) -> Decision:
        job = Job(
            deadline_ms=work.deadline_ms,
            reserve_ms=self._stats.reserve_ms(self._policy.assumed_reserve_ms),
            live=live,
        )
        candidates = [await self._candidate(lane, work) for lane in self]
        if self._foreign is not None:
            candidates += self._foreign.candidates()
            self._refused = {each.name: each.refusal for each in candidates if each.refusal}
        return choose(job, candidates, self._clock.now_ms())

    async def _candidate(self, lane: ProverLane, work: Proving) -> Candidate:
        now, orders = self._clock.now_ms(), len(work.batch.order_ids)
        times = self._stats.of(lane.name, orders, assumed_ms=lane.assumed_ms)
        rows = await lane.acts.live()
        proving = [
            row for row in rows if row.purpose == Purpose.PROVE and row.state in WAITING_STATES
        ]
        # Whom nobody waits for takes no place (ADR 0182).
        live = [row for row in proving if not lane.acts.is_overdue(row)]
        return Candidate(
            name=lane.name,
            p50_ms=times.p50_ms,
            p95_ms=times.p95_ms,
            is_measured=times.is_measured,
            cost=lane.cost,
            is_healthy=now >= self._down_until.get(lane.name, 0),
            is_taking=now >= self._barred_until.get(lane.name, 0),
            is_affordable=now >= self._poor_until.get(lane.name, 0),
            free=max(lane.capacity - len(live), 0),
            attempts=self._attempts(lane, work.attempts),
            max_attempts=lane.max_attempts,
        )

    def _attempts(self, lane: ProverLane, attempts: Sequence[Intent]) -> int:
        """How many are spent: all, where each further one would be charged for the same refusal."""
        refusers = self._refusers(attempts)
        # Asked again, it would be paid again for the same refusal (ADR 0166).
        if lane.name in refusers or (refusers and lane.cost):
            return lane.max_attempts
        return spent([row for row in attempts if row.backend == lane.name])

    def _say(self, batch: Batch, decision: Decision) -> None:
        """Log and count what is new: the same wait is not said at every tick."""
        if self._said.get(batch.batch_id) == decision:
            return
        self._said[batch.batch_id] = decision
        if isinstance(decision, Assign | Hedge | GiveUp):
            self._telemetry.count(
                "routes",
                backend=getattr(decision, "backend", "none"),
                decision=type(decision).__name__.lower(),
                reason=decision.reason,
            )
            log.info(
                "route.chosen",
                batch_id=batch.batch_id,
                decision=type(decision).__name__.lower(),
                backend=getattr(decision, "backend", None),
                reason=decision.reason,
                refused=self._refused,
            )

    def forget(self, batch: Batch) -> None:
        """The batch is not routed any more."""
        self._said.pop(batch.batch_id, None)

    async def _refresh(self) -> None:
        now = self._clock.now_ms()
        if self._refreshed_ms is not None and now - self._refreshed_ms < self._policy.refresh_ms:
            return
        self._refreshed_ms = now
        await self._stats.learn(await self._batches.recent(RECENT), self.attempts, now)


def _live(work: Proving) -> tuple[LiveAttempt, ...]:
    return tuple(
        LiveAttempt(backend=row.backend, asked_at_ms=row.created_at) for row in work.viable
    )
