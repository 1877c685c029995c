"""Collects proofs from the provers that were asked: each one looked at beside the others, and none waited for too long.

A prover that hangs must not keep the dispatcher from asking another one. So each has a patience, which grows while its
answers do not come within it, and never reaches past the moment at which something has to be decided.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import anyio
import structlog

from zk_acts.domain.acts import Intent
from zk_acts.domain.details import Fulfilled
from zk_acts.domain.errors import OperatorError
from zk_acts.domain.failures import LostRace
from zk_acts.domain.ids import Hash32, IntentId
from zk_acts.ports.act import Included
from zk_acts.services.attempt import WAITING_STATES, viable_attempts
from zk_acts.services.work_pass import Pass
from zk_operator.domain.failures import ProofMalformed, ProofMismatch
from zk_operator.domain.records import Batch, StoredProof
from zk_operator.ports.prover import ExpectedProof, Groth16Proof, ProofChecker
from zk_operator.services.look_times import LookTimes
from zk_operator.services.prover_lanes import ProverLane, ProverLanes
from zk_operator.services.tools import Tools
from zkverify_client.domain.failures import ProofInvalid

log = structlog.get_logger("dispatcher")
FIRST_VISIT_S, LONGEST_VISIT_S = 5.0, 80.0
MISSING_MS = (
    30_000  # how long a proof that cost nothing is not there before another one is asked for
)
FETCH_AGAIN_MS = 2_000  # after the first refusal; twice as much after each further one
LEAST_SHARE = 0.2  # of its patience that each prover gets, however urgent another one is


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectPolicy:
    """What is proved, and how often a proof that was refused is fetched again."""

    program_vkey: Hash32
    recursion_root: Hash32
    max_fetches: int = 5  # half a minute in all


class ProofCollector:
    """Moves rows by query, fetches what was made, and stores it once it is checked in full."""

    def __init__(
        self,
        tools: Tools,
        *,
        lanes: ProverLanes,
        checker: ProofChecker,
        policy: CollectPolicy,
        looks: LookTimes,
    ) -> None:
        self._lanes = lanes
        self._checker = checker
        self._proofs = tools.store.proofs
        self._policy = policy
        self._looks = looks
        self._clock = tools.clock
        # Caches: what a restart forgets is fetched and refused, or waited for, again.
        self._refused: Counter[IntentId] = Counter()
        self._fetch_at: dict[IntentId, int] = {}
        self._astray: dict[IntentId, int] = {}  # since when no proof was found where their rows say
        self._visit_s: dict[str, float] = {}
        self._visits: list[anyio.CancelScope] = []

    def promising(self, attempts: Sequence[Intent]) -> Sequence[Intent]:
        """Those that may still bring a proof: in time, not fetched in vain too often, of a prover still configured."""
        return [row for row in viable_attempts(attempts) if self._is_promising(row)]

    def is_under_way(self, rows: Sequence[Intent]) -> bool:
        """Whether a prover has one of these, for all that is known."""
        lanes = [(row, self._lanes.of(row)) for row in rows]
        return any(lane is not None and not lane.acts.is_doubted(row) for row, lane in lanes)

    def _is_promising(self, row: Intent) -> bool:
        lane = self._lanes.of(row)
        # One of a prover that is configured no more can neither be asked nor fetched: its row stays open (ADR 0084).
        if lane is None or lane.acts.is_overdue(row) or lane.acts.is_withheld(row):
            return False
        if self._is_missing(row, lane):
            return False
        return self._refused[row.intent_id] < self._policy.max_fetches

    def _is_missing(self, row: Intent, lane: ProverLane) -> bool:
        """Whether its proof was not to be had for long. One that was paid for is waited for: another is paid again."""
        since_ms = self._astray.get(row.intent_id)
        return since_ms is not None and not lane.cost and self._now_ms() - since_ms > MISSING_MS

    def _now_ms(self) -> int:
        return self._clock.now_ms()

    async def look(self, batches: Sequence[Batch], turn: Pass, urgent_ms: int | None) -> None:
        """Ask every prover what has become of its requests. `urgent_ms`: when something has to be decided."""
        lanes = tuple(self._lanes)
        self._looks.begin(batches, urgent_ms)
        if len(lanes) == 1:  # nobody else to turn to meanwhile
            await self._visit(lanes[0], batches, turn)
            return
        self._visits.clear()
        async with anyio.create_task_group() as group:
            for lane in lanes:
                group.start_soon(self._visit_briefly, lane, batches, turn, urgent_ms)

    def rest_s(self) -> float:
        """How long until the next request is due to be looked at; without end where nothing says when."""
        return self._looks.rest_s()

    async def _visit_briefly(
        self, lane: ProverLane, batches: Sequence[Batch], turn: Pass, urgent_ms: int | None
    ) -> None:
        visit_s = self._visit_s.get(lane.name, FIRST_VISIT_S)
        left_s = visit_s if urgent_ms is None else (urgent_ms - self._now_ms()) / 1000
        # Broken off, a visit is what a crash is: the rows tell (ADR 0165).
        with anyio.move_on_after(max(min(visit_s, left_s), visit_s * LEAST_SHARE)) as scope:
            self._visits.append(scope)
            await self._visit(lane, batches, turn)
        if scope.cancelled_caught:
            log.warning("prover.left", backend=lane.name, visit_s=visit_s)
            self._visit_s[lane.name] = min(visit_s * 2, LONGEST_VISIT_S)
        else:
            self._visit_s.pop(lane.name, None)

    async def _visit(self, lane: ProverLane, batches: Sequence[Batch], turn: Pass) -> None:
        with turn.item(backend=lane.name):
            await self._keep(lane)
        for batch in batches:
            rows = self.promising(await self._lanes.attempts(batch))
            for row in rows:
                if self._lanes.of(row) is lane and self._may_fetch(row):
                    with turn.item(batch_id=batch.batch_id, backend=lane.name):
                        await self._collect(lane, batch, row)

    async def _keep(self, lane: ProverLane) -> None:
        """Bring its rows up to date; by that it shows whether it answers."""
        is_asked = any(map(self._looks.is_due, await lane.acts.live()))
        try:
            await lane.acts.keep(self._looks.take)
        except OperatorError as error:
            self._lanes.failed(lane, error)
            raise
        if is_asked:
            self._lanes.works(lane)

    async def _collect(self, lane: ProverLane, batch: Batch, intent: Intent) -> None:
        """Fetch, check and store what the backend made."""
        try:
            made = await self._made(lane, intent)
            if made is None:
                return
            proof, nonce = await self._checked(lane, batch, made)
        # Damaged on its way or made wrong: fetched again it costs nothing, made again it is paid for.
        except (ProofMalformed, ProofMismatch, ProofInvalid) as error:
            self._astray.setdefault(intent.intent_id, self._now_ms())
            self._refuse(batch, intent, error)
            raise
        except LostRace:
            raise
        except OperatorError as error:
            self._astray.setdefault(intent.intent_id, self._now_ms())
            self._lanes.failed(lane, error)
            raise
        await self._proofs.put(
            StoredProof(
                program_vkey=self._policy.program_vkey,
                public_values=batch.public_values,
                proof=proof.onchain,
                nonce=nonce,
                backend=intent.backend,
                created_at=self._now_ms(),
            )
        )
        self._hurry()

    async def _made(self, lane: ProverLane, intent: Intent) -> Fulfilled | None:
        """Where the proof is: by the row, and by the prover where that was of no use; it may have moved."""
        if intent.intent_id not in self._astray:
            detail: object = intent.detail or await lane.acts.brought(intent)
        else:
            outcome = await lane.backend.outcome(intent)
            detail = outcome.detail if isinstance(outcome, Included) else None
        return detail if isinstance(detail, Fulfilled) else None

    def _hurry(self) -> None:
        """There is a proof to go on with: the other provers are not waited for much longer."""
        soon = anyio.current_time() + FIRST_VISIT_S * LEAST_SHARE
        for scope in self._visits:
            scope.deadline = min(scope.deadline, soon)

    def _may_fetch(self, row: Intent) -> bool:
        """Whether there is something, and not too soon after it was refused."""
        due_ms = self._fetch_at.get(row.intent_id, 0)
        return row.state not in WAITING_STATES and self._now_ms() >= due_ms

    def _refuse(self, batch: Batch, intent: Intent, error: OperatorError) -> None:
        """What was damaged on its way is right when it is fetched later; to have it made again is paid for again."""
        times = self._refused[intent.intent_id]
        self._refused[intent.intent_id] += 1
        self._fetch_at[intent.intent_id] = self._now_ms() + (FETCH_AGAIN_MS << times)
        log.error(
            "proof.refused",
            batch_id=batch.batch_id,
            intent_id=intent.intent_id,
            code=error.code,
            error=str(error),
        )

    async def _checked(
        self, lane: ProverLane, batch: Batch, made: Fulfilled
    ) -> tuple[Groth16Proof, int]:
        proof = await lane.backend.fetch(made)
        expected = ExpectedProof(
            program_vkey=self._policy.program_vkey,
            public_values=batch.public_values,
            recursion_root=self._policy.recursion_root,
        )
        return proof, await self._checker.check(proof, expected)
