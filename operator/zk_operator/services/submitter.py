"""Submitter: has each proved batch verified on zkVerify, once, and keeps its aggregation receipt.

Success means finalized and `NewProof` in the right domain. The statement is computed here, never taken from the chain.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from zk_acts.domain.acts import LIVE_STATES, Intent, IntentState, Purpose
from zk_acts.domain.details import Aggregation
from zk_acts.domain.errors import OperatorError
from zk_acts.domain.failures import AttemptsExhausted, StoreUnavailable
from zk_acts.domain.ids import Hash32
from zk_acts.services.attempt import current_attempt, may_try, spent
from zk_acts.services.paid_act import PaidActs, Work
from zk_acts.services.work_pass import Pass
from zk_operator.domain.ids import BatchId
from zk_operator.domain.records import Batch, BatchState
from zk_operator.services.circuit_key import CircuitKey, KeyPolicy
from zk_operator.services.purchase_gate import Purchase
from zk_operator.services.settleability import GracePeriod, Settleability, settleability_of
from zk_operator.services.spend_check import Standings
from zk_operator.services.stage import Stage
from zk_operator.services.stage_errors import (
    BatchEnded,
    BatchExpired,
    BatchOrphaned,
    StatementMismatch,
)
from zk_operator.services.standing import Standing, reason_of
from zk_operator.services.submission_routes import SubmissionRoutes
from zk_operator.services.tools import Tools
from zkverify_client.domain.receipt_errors import ReceiptUnprovable
from zkverify_client.domain.statement import groth16_statement, scalar_to_le, sp1_public_inputs
from zkverify_client.ports.zkverify import (
    SubmitProof,
    VerificationReader,
    ZkVerifyDetail,
    ZkVerifyRequest,
)

log = structlog.get_logger("submitter")


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitPolicy(KeyPolicy):
    """What the statement is made of, where it goes, how long a reorg is waited out."""

    program_vkey: Hash32
    recursion_root: Hash32
    domain_id: int
    reorg_grace_ms: int = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Verifying:
    """A proved batch on its way to a receipt, by the rows. `attempts`: to have it verified, oldest first."""

    batch: Batch
    attempts: Sequence[Intent]
    outlook: Settleability
    now_s: int  # the chain's


class Submitter(Stage):
    """PROVED to VERIFIED to AGGREGATED."""

    name = "submitter"
    description = "Has proofs verified by zkVerify"
    takes = (BatchState.PROVED, BatchState.VERIFIED)
    writes = (BatchState.VERIFIED, BatchState.AGGREGATED, BatchState.ABANDONED)

    def __init__(
        self,
        tools: Tools,
        *,
        acts: PaidActs[ZkVerifyRequest, ZkVerifyDetail],
        routes: SubmissionRoutes,
        reader: VerificationReader,
        spend: Standings,
        policy: SubmitPolicy,
    ) -> None:
        wake_ups = tools.wake_ups
        super().__init__(tools, wake_up=wake_ups.submitter, downstream=wake_ups.settler)
        self._acts = acts
        self._routes = routes
        self._reader = reader
        self._spend = spend
        self._policy = policy
        self._key = CircuitKey(tools, acts=acts, reader=reader, policy=policy)
        self._grace = GracePeriod(policy.reorg_grace_ms)
        self._unprovable_since: dict[BatchId, int] = {}  # a restart only waits longer
        self._due: list[Work[ZkVerifyRequest]] = []

    async def keep(self, turn: Pass) -> None:
        """Ask what has become of the submissions, each way."""
        self._due = []
        await self._routes.keep(turn)

    async def step(self, batch: Batch) -> None:
        """Take what its final act brought, then its receipt; without an act, one is due, if it is worth the money now."""
        work = await self._look(batch)
        reason = self._reason_to_give_up(work)
        if reason is not None:
            await self.give_up(batch, reason)
        elif batch.state is BatchState.PROVED:
            await self._verify(work)
        else:
            await self._collect_receipt(work)

    async def finish(self, turn: Pass) -> None:
        """Submit what is due, together (ADR 0230)."""
        if self._due:
            with turn.item():
                await self._routes.issue_all(self._due, self._key.is_registered)

    async def _look(self, batch: Batch) -> Verifying:
        rows = await self._store.orders.get(batch.order_ids)
        now_s = await self._spend.now_s()
        return Verifying(
            batch=batch,
            attempts=await self._acts.of(Purpose.VERIFY, batch.batch_id),
            outlook=settleability_of(batch, rows),
            now_s=now_s,
        )

    def _reason_to_give_up(self, work: Verifying) -> OperatorError | None:
        """Why nothing of it can be settled any more, or no further attempt is worth its price."""
        batch_id = work.batch.batch_id
        if work.now_s > work.batch.valid_until_s:
            return BatchExpired(batch_id=batch_id)
        if work.batch.state is BatchState.PROVED:
            current = current_attempt(work.attempts)
            if current is not None and not self._acts.is_doubted(current):
                return None  # it is paid for: what it brings is waited for
            if current is None and spent(work.attempts) >= self._policy.max_attempts:
                last = work.attempts[-1].error_code
                return AttemptsExhausted(batch_id=batch_id, stage=Purpose.VERIFY, last=last)
        if work.outlook is Settleability.ENDED:
            return BatchEnded(batch_id=batch_id)
        if self._grace.is_over(batch_id, work.outlook, self._clock.now_ms()):
            return BatchOrphaned(batch_id=batch_id)
        return None

    async def _verify(self, work: Verifying) -> None:
        current = current_attempt(work.attempts)
        if current is None:
            await self._submit(work)
        elif (found := await self._brought(work.batch, current)) is not None:
            batch = await self._transitions.verified(work.batch, found)
            await self._collect_receipt(replace(work, batch=batch))

    async def _submit(self, work: Verifying) -> bool:
        """Whether it is due now: the proof of a batch that a reorg took apart waits."""
        mine = self._routes.of_next(work.attempts)
        if (
            not may_try(mine, self._clock.now_ms(), self._policy.retry_after_ms)
            or work.outlook is not Settleability.SETTLEABLE
            or not await self._is_open(work.batch)
        ):
            return False
        request = await self._request(work.batch)
        self._due.append(Work(purpose=Purpose.VERIFY, subject=work.batch.batch_id, request=request))
        return True

    async def _is_open(self, batch: Batch) -> bool:
        """Whether the contract can settle a section of it, by what it says where money is spent.

        One that the pools are against now is kept: its proof is paid for, and prices come back.
        """
        standing = await self._spend.standing(batch, Purchase.VERIFY)
        if standing in {Standing.OVER, Standing.OUTDATED}:
            await self.give_up(batch, reason_of(standing, batch.batch_id))
        return standing in {Standing.OPEN, Standing.PARTLY}

    async def _brought(self, batch: Batch, intent: Intent) -> Aggregation | None:
        """Where the statement went, if the act is final: by its row, nothing is asked for. Error: StatementMismatch."""
        found = await self._acts.brought(intent)
        if found is None:
            return None
        if not isinstance(found, Aggregation):
            raise StatementMismatch("the extrinsic was not a proof", batch_id=batch.batch_id)
        # Computed here: a node that told of another statement would have us wait for a receipt of nothing.
        expected = await self._request(batch)
        if (found.statement, found.domain_id) != (expected.statement, expected.domain_id):
            raise StatementMismatch(batch_id=batch.batch_id)
        return found

    async def _collect_receipt(self, work: Verifying) -> None:
        batch = work.batch
        if batch.aggregation is None:
            raise StoreUnavailable("a verified batch has no aggregation", batch_id=batch.batch_id)
        try:
            receipt = await self._reader.receipt(batch.aggregation)
        except ReceiptUnprovable as error:
            await self._verify_again(work, batch.aggregation, error)
            return
        self._unprovable_since.pop(batch.batch_id, None)
        if receipt is not None:
            await self._transitions.aggregated(batch, receipt)
            self._downstream.notify()

    async def _verify_again(
        self, work: Verifying, before: Aggregation, lost: ReceiptUnprovable
    ) -> None:
        """Once: a verification costs a fraction of the proof, which would be lost with its batch.

        Error: `lost`, for as long as it may pass, and where the second one was paid for in vain as well.
        """
        now, batch = self._clock.now_ms(), work.batch
        since = self._unprovable_since.setdefault(batch.batch_id, now)
        for row in work.attempts:
            found = await self._brought(batch, row)
            if found is not None and found.block_number > before.block_number:
                self._unprovable_since.pop(batch.batch_id)
                await self._transitions.verified(batch, found)
                return
        if any(row.state in LIVE_STATES for row in work.attempts):
            return
        first = next(n for n, row in enumerate(work.attempts) if row.state is IntentState.FINAL)
        if now - since < self._policy.visible_after_ms or spent(work.attempts[first + 1 :]):
            raise lost
        if await self._submit(work):
            log.warning("verification.repeated", batch_id=batch.batch_id, code=lost.code)

    async def _request(self, batch: Batch) -> SubmitProof:
        stored = await self._store.proofs.find(self._policy.program_vkey, batch.public_values)
        if stored is None:
            raise StoreUnavailable("a proved batch has no proof", batch_id=batch.batch_id)
        inputs = sp1_public_inputs(
            program_vkey=self._policy.program_vkey,
            public_values=batch.public_values,
            recursion_root=self._policy.recursion_root,
            nonce=stored.nonce,
        )
        scalars = tuple(scalar_to_le(value) for value in inputs)
        return SubmitProof(
            onchain_proof=stored.proof,
            public_inputs=scalars,
            statement=groth16_statement(self._policy.vk_hash, scalars),
            domain_id=self._policy.domain_id,
        )
