"""Dispatcher: has each closed batch proved once, and checks the proof before it is believed.

The proof is looked up by what it proves first, so that a repeated batch costs nothing. Whom to ask is the router's
decision (`domain.routing`); a second prover that was asked is told when the first one's proof is there.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import structlog

from zk_operator.domain.batch_input import BatchInput
from zk_operator.domain.errors import OperatorError
from zk_operator.domain.failures import (
    AttemptsExhausted,
    ProofInvalid,
    ProofMalformed,
    ProofMismatch,
)
from zk_operator.domain.ids import Hash32, IntentId
from zk_operator.domain.order import SigningDomain
from zk_operator.domain.records import (
    LIVE_STATES,
    Batch,
    BatchState,
    Intent,
    OrderStatus,
    StoredProof,
)
from zk_operator.domain.routing import Assign, GiveUp, Hedge, Reason
from zk_operator.ports.act import Included
from zk_operator.ports.clock import Clock
from zk_operator.ports.prover import (
    ExpectedProof,
    Fulfilled,
    Groth16Proof,
    ProofChecker,
    ProveRequest,
    RegisterProgram,
)
from zk_operator.ports.store import BatchStore, OrderStore, ProofStore
from zk_operator.runtime.bell import Bell
from zk_operator.services.attempt import hopeful, may_try, spent, telling
from zk_operator.services.journal import BatchJournal
from zk_operator.services.prover_lanes import PURPOSE, ProverLane, ProverLanes
from zk_operator.services.stage import Round
from zk_operator.services.stage_errors import BatchEnded, BatchExpired, BatchOrphaned

log = structlog.get_logger("dispatcher")
REGISTER = "register-program"


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchPolicy:
    """What is proved and how often it is tried."""

    program_vkey: Hash32
    recursion_root: Hash32
    signing_domain: SigningDomain
    max_fetches: int = 3
    retry_after_ms: int = 5_000


class Dispatcher:
    """CLOSED to PROVED."""

    name = "dispatcher"
    description = "Has batches proved and checks the proofs"

    def __init__(
        self,
        *,
        lanes: ProverLanes,
        checker: ProofChecker,
        batches: BatchStore,
        orders: OrderStore,
        proofs: ProofStore,
        journal: BatchJournal,
        policy: DispatchPolicy,
        clock: Clock,
        bell: Bell,
        downstream: Bell,
    ) -> None:
        self._lanes = lanes
        self._checker = checker
        self._batches = batches
        self._orders = orders
        self._proofs = proofs
        self._journal = journal
        self._policy = policy
        self._clock = clock
        self._bell = bell
        self._downstream = downstream
        # A cache: what a restart forgets is fetched and refused again.
        self._refused: Counter[IntentId] = Counter()

    async def wake(self) -> None:
        """Wait until a batch was closed."""
        await self._bell.wait()

    async def tick(self) -> None:
        """Move every closed batch one step. One batch's or prover's trouble does not hold up the others."""
        turn = Round()
        for lane in self._lanes:
            with turn.part(backend=lane.name):
                await lane.acts.keep()
        await turn.each(await self._batches.in_state(BatchState.CLOSED), self._step)
        turn.finish()

    async def _step(self, batch: Batch) -> None:
        stored = await self._proofs.find(self._policy.program_vkey, batch.public_values)
        if stored is not None:
            await self._proved(batch, stored)
            return
        attempts = await self._lanes.attempts(batch)
        promising = self._promising(attempts)
        reason = await self._reason_to_give_up(batch, promising)
        if reason is not None:
            await self._give_up(batch, reason, promising)
        elif not await self._collected(batch, promising):
            await self._route(batch)

    def _promising(self, attempts: Sequence[Intent]) -> Sequence[Intent]:
        """Those that may still bring a proof: not looked at in vain too often, of a prover that is still configured."""
        return [
            row
            for row in hopeful(attempts)
            if self._refused[row.intent_id] < self._policy.max_fetches
            and self._lanes.of(row) is not None
        ]

    async def _collected(self, batch: Batch, promising: Sequence[Intent]) -> bool:
        """Whether one of the provers has made a proof, which is then stored. The last trouble is raised after all."""
        turn = Round()
        for row in promising:
            stored = None
            with turn.part(batch_id=batch.batch_id, backend=row.backend):
                stored = await self._collect(batch, row)
            if stored is not None:
                await self._proofs.put(stored)
                await self._proved(batch, stored)
                await self._dismiss(other for other in promising if other is not row)
                return True
        if promising and len(tuple(self._lanes)) == 1:
            turn.finish()
        return False

    async def _collect(self, batch: Batch, intent: Intent) -> StoredProof | None:
        """Fetch and check what the backend made, if it has."""
        lane = self._lanes[intent.backend]
        try:
            outcome = (await lane.acts.resolve(intent)).outcome
            self._lanes.works(lane)
            if not (isinstance(outcome, Included) and isinstance(outcome.detail, Fulfilled)):
                return None
            proof, nonce = await self._checked(lane, batch, outcome.detail)
        except (ProofMalformed, ProofMismatch, ProofInvalid) as error:
            self._refused[intent.intent_id] += 1
            log.error(
                "proof.refused",
                batch_id=batch.batch_id,
                intent_id=intent.intent_id,
                code=error.code,
                error=str(error),
            )
            raise
        except OperatorError as error:
            self._lanes.failed(lane, error)
            raise
        return StoredProof(
            program_vkey=self._policy.program_vkey,
            public_values=batch.public_values,
            proof=proof.onchain,
            nonce=nonce,
            backend=intent.backend,
            created_at=self._clock.now_ms(),
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

    async def _proved(self, batch: Batch, stored: StoredProof) -> None:
        await self._journal.proved(batch, stored.nonce, stored.backend)
        self._lanes.forget(batch)
        self._downstream.ring()

    async def _give_up(
        self, batch: Batch, reason: OperatorError, promising: Sequence[Intent]
    ) -> None:
        """Free the orders, then tell the provers that a proof is not needed any more."""
        await self._journal.abandoned(batch, reason)
        self._lanes.forget(batch)
        await self._dismiss(promising)

    async def _dismiss(self, rows: Iterable[Intent]) -> None:
        """Cancel requests that are not needed. One that cannot be cancelled may still be paid: its row tells."""
        turn = Round()
        for row in rows:
            lane = self._lanes.of(row)
            if lane is not None and row.state in LIVE_STATES:
                with turn.part(intent_id=row.intent_id, backend=row.backend):
                    await lane.backend.cancel(row.reference)
        turn.finish()

    async def _reason_to_give_up(
        self, batch: Batch, promising: Sequence[Intent]
    ) -> OperatorError | None:
        """Why there is no point in this batch (any more). What is paid for is waited for while it can be of use."""
        if self._clock.now_ms() >= batch.valid_until_s * 1000:
            return BatchExpired(batch_id=batch.batch_id)
        if promising:
            return None
        rows = await self._orders.get(batch.order_ids)
        if any(row.status is OrderStatus.ORPHANED for row in rows):
            return BatchOrphaned(batch_id=batch.batch_id)
        if any(row.status is not OrderStatus.OPEN for row in rows):
            return BatchEnded(batch_id=batch.batch_id)
        return None

    async def _route(self, batch: Batch) -> None:
        """Do what the router decides."""
        attempts = await self._lanes.attempts(batch)  # anew: those that were resolved have moved
        promising = self._promising(attempts)
        decision = await self._lanes.decide(batch, attempts, promising)
        match decision:
            case GiveUp(reason=reason):
                await self._give_up(batch, _hopeless(batch, reason, attempts), promising)
            case Assign(backend=name) | Hedge(backend=name):
                lane = self._lanes[name]
                mine = [row for row in attempts if self._lanes.of(row) is lane]
                if may_try(mine, self._clock.now_ms(), self._policy.retry_after_ms):
                    await self._request(lane, batch, spent(mine) + 1)

    async def _request(self, lane: ProverLane, batch: Batch, attempt: int) -> None:
        try:
            if await self._registered(lane):
                request = await self._work(batch, attempt)
                await lane.acts.issue(purpose=PURPOSE, subject=batch.batch_id, request=request)
        except OperatorError as error:
            self._lanes.failed(lane, error)
            raise

    async def _work(self, batch: Batch, attempt: int) -> ProveRequest:
        rows = await self._orders.get(batch.order_ids)
        batch_input = BatchInput(
            chain_id=self._policy.signing_domain.chain_id,
            manager=self._policy.signing_domain.manager,
            valid_until=batch.valid_until_s,
            sections=batch.sections,
            orders=tuple(row.order for row in rows),
        )
        return ProveRequest(
            program_vkey=self._policy.program_vkey,
            stdin=batch_input.stdin(),
            public_values=batch.public_values,
            deadline_s=batch.valid_until_s,
            attempt=attempt,
        )

    async def _registered(self, lane: ProverLane) -> bool:
        """Whether the backend knows the program; asks it to, once, where it does not."""
        if await lane.backend.program_registered():
            return True
        subject = self._policy.program_vkey.hex()
        rows = await lane.acts.of(REGISTER, subject)
        attempts = [row for row in rows if self._lanes.of(row) is lane]
        if telling(attempts) is not None:
            return False  # under way, or done and not visible yet
        if may_try(attempts, self._clock.now_ms(), self._policy.retry_after_ms):
            request = RegisterProgram(program_vkey=self._policy.program_vkey)
            await lane.acts.issue(purpose=REGISTER, subject=subject, request=request)
        return await lane.backend.program_registered()


def _hopeless(batch: Batch, reason: Reason, attempts: Sequence[Intent]) -> OperatorError:
    if reason is Reason.TOO_LATE:
        return BatchExpired(
            "no prover can finish before the batch expires", batch_id=batch.batch_id
        )
    last = attempts[-1].error_code if attempts else None
    return AttemptsExhausted(batch_id=batch.batch_id, stage=PURPOSE, last=last)
