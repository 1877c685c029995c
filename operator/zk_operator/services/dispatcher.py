"""Dispatcher: has each closed batch proved once, and checks the proof before it is believed.

The proof is looked up by what it proves first, so that a repeated batch costs nothing.
"""

from collections import Counter
from collections.abc import Sequence
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
from zk_operator.ports.act import Included
from zk_operator.ports.clock import Clock
from zk_operator.ports.prover import (
    ExpectedProof,
    Fulfilled,
    Groth16Proof,
    ProofChecker,
    ProverBackend,
    ProverDetail,
    ProveRequest,
    ProverWork,
    RegisterProgram,
)
from zk_operator.ports.store import BatchStore, OrderStore, ProofStore
from zk_operator.runtime.bell import Bell
from zk_operator.services.attempt import may_try, spent, telling
from zk_operator.services.journal import BatchJournal
from zk_operator.services.paid_act import PaidActs
from zk_operator.services.stage import Round
from zk_operator.services.stage_errors import BatchEnded, BatchExpired, BatchOrphaned

log = structlog.get_logger("dispatcher")
PURPOSE = "prove"
REGISTER = "register-program"


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchPolicy:
    """What is proved and how often it is tried."""

    program_vkey: Hash32
    recursion_root: Hash32
    signing_domain: SigningDomain
    max_attempts: int = 4
    max_fetches: int = 3
    max_in_flight: int = 8
    retry_after_ms: int = 5_000


class Dispatcher:
    """CLOSED to PROVED."""

    name = "dispatcher"
    description = "Has batches proved and checks the proofs"

    def __init__(
        self,
        *,
        backend: ProverBackend,
        acts: PaidActs[ProverWork, ProverDetail],
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
        self._backend = backend
        self._acts = acts
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
        """Move every closed batch one step. One batch's trouble does not hold up the others."""
        turn = Round()
        with turn.part():
            await self._acts.keep()
        await turn.each(await self._batches.in_state(BatchState.CLOSED), self._step)
        turn.finish()

    async def _step(self, batch: Batch) -> None:
        stored = await self._proofs.find(self._policy.program_vkey, batch.public_values)
        if stored is not None:
            await self._proved(batch, stored)
            return
        attempts = await self._attempts(batch)
        promising = telling([row for row in attempts if not self._is_refused(row)])
        reason = await self._reason_to_give_up(batch, attempts, promising)
        if reason is not None:
            await self._give_up(batch, reason, promising)
        elif promising is not None:
            await self._collect(batch, promising)
        elif may_try(attempts, self._clock.now_ms(), self._policy.retry_after_ms):
            await self._request(batch, spent(attempts) + 1)

    async def _attempts(self, batch: Batch) -> Sequence[Intent]:
        return await self._acts.of(PURPOSE, batch.batch_id)

    def _is_refused(self, intent: Intent) -> bool:
        """Whether its proof was looked at often enough."""
        return self._refused[intent.intent_id] >= self._policy.max_fetches

    async def _collect(self, batch: Batch, intent: Intent) -> None:
        """Fetch and check what the backend made, if it has."""
        outcome = (await self._acts.resolve(intent)).outcome
        if not (isinstance(outcome, Included) and isinstance(outcome.detail, Fulfilled)):
            return
        try:
            proof, nonce = await self._checked(batch, outcome.detail)
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
        stored = StoredProof(
            program_vkey=self._policy.program_vkey,
            public_values=batch.public_values,
            proof=proof.onchain,
            nonce=nonce,
            backend=intent.backend,
            created_at=self._clock.now_ms(),
        )
        await self._proofs.put(stored)
        await self._proved(batch, stored)

    async def _checked(self, batch: Batch, made: Fulfilled) -> tuple[Groth16Proof, int]:
        proof = await self._backend.fetch(made)
        expected = ExpectedProof(
            program_vkey=self._policy.program_vkey,
            public_values=batch.public_values,
            recursion_root=self._policy.recursion_root,
        )
        return proof, await self._checker.check(proof, expected)

    async def _proved(self, batch: Batch, stored: StoredProof) -> None:
        await self._journal.proved(batch, stored.nonce, stored.backend)
        self._downstream.ring()

    async def _give_up(self, batch: Batch, reason: OperatorError, promising: Intent | None) -> None:
        """Free the orders, then tell the backend that a proof is not needed any more."""
        await self._journal.abandoned(batch, reason)
        if promising is not None and promising.state in LIVE_STATES:
            await self._backend.cancel(promising.reference)

    async def _reason_to_give_up(
        self, batch: Batch, attempts: Sequence[Intent], promising: Intent | None
    ) -> OperatorError | None:
        """Why there is no point in this batch (any more). What is paid for is waited for while it can be of use."""
        if self._clock.now_ms() >= batch.valid_until_s * 1000:
            return BatchExpired(batch_id=batch.batch_id)
        if promising is not None:
            return None
        rows = await self._orders.get(batch.order_ids)
        if any(row.status is OrderStatus.ORPHANED for row in rows):
            return BatchOrphaned(batch_id=batch.batch_id)
        if any(row.status is not OrderStatus.OPEN for row in rows):
            return BatchEnded(batch_id=batch.batch_id)
        if spent(attempts) >= self._policy.max_attempts:
            return AttemptsExhausted(
                batch_id=batch.batch_id, stage=PURPOSE, last=attempts[-1].error_code
            )
        return None

    async def _request(self, batch: Batch, attempt: int) -> None:
        live = [row for row in await self._acts.live() if row.purpose == PURPOSE]
        if len(live) >= self._policy.max_in_flight or not await self._registered():
            return
        rows = await self._orders.get(batch.order_ids)
        batch_input = BatchInput(
            chain_id=self._policy.signing_domain.chain_id,
            manager=self._policy.signing_domain.manager,
            valid_until=batch.valid_until_s,
            sections=batch.sections,
            orders=tuple(row.order for row in rows),
        )
        request = ProveRequest(
            program_vkey=self._policy.program_vkey,
            stdin=batch_input.stdin(),
            public_values=batch.public_values,
            deadline_s=batch.valid_until_s,
            attempt=attempt,
        )
        await self._acts.issue(purpose=PURPOSE, subject=batch.batch_id, request=request)

    async def _registered(self) -> bool:
        """Whether the backend knows the program; asks it to, once, where it does not."""
        if await self._backend.program_registered():
            return True
        subject = self._policy.program_vkey.hex()
        attempts = await self._acts.of(REGISTER, subject)
        if telling(attempts) is not None:
            return False  # under way, or done and not visible yet
        if may_try(attempts, self._clock.now_ms(), self._policy.retry_after_ms):
            request = RegisterProgram(program_vkey=self._policy.program_vkey)
            await self._acts.issue(purpose=REGISTER, subject=subject, request=request)
        return await self._backend.program_registered()
