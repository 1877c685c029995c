"""Submitter: has each proved batch verified on zkVerify, once, and keeps its aggregation receipt.

Success means finalized and `NewProof` in the right domain. The statement is computed here, never taken from the chain.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import structlog

from zk_acts.domain.acts import LIVE_STATES, Intent, IntentState, Purpose
from zk_acts.domain.details import Aggregation
from zk_acts.domain.errors import OperatorError
from zk_acts.domain.failures import AttemptsExhausted, StoreUnavailable
from zk_acts.domain.ids import Hash32, hex0x
from zk_acts.ports.clock import Clock
from zk_acts.runtime.wake_up import WakeUp
from zk_acts.services.attempt import current_attempt, may_try, since_success, spent
from zk_acts.services.paid_act import PaidActs, Work
from zk_acts.services.work_pass import Pass
from zk_operator.domain.ids import BatchId
from zk_operator.domain.records import Batch, BatchState
from zk_operator.ports.store import BatchStore, OrderStore, ProofStore
from zk_operator.runtime.health import HealthBoard
from zk_operator.services.batch_pass import each_batch
from zk_operator.services.purchase_gate import Purchase
from zk_operator.services.settleability import GracePeriod, Settleability, settleability_of
from zk_operator.services.spend_check import Standings
from zk_operator.services.stage_errors import (
    BatchEnded,
    BatchExpired,
    BatchOrphaned,
    StatementMismatch,
    VkGone,
)
from zk_operator.services.standing import Standing, reason_of
from zk_operator.services.submission_routes import SubmissionRoutes
from zk_operator.services.transitions import BatchTransitions
from zkverify_client.domain.receipt_errors import ReceiptUnprovable
from zkverify_client.domain.statement import groth16_statement, scalar_to_le, sp1_public_inputs
from zkverify_client.ports.zkverify import (
    RegisterVk,
    SubmitProof,
    VerificationReader,
    ZkVerifyDetail,
    ZkVerifyRequest,
)

log = structlog.get_logger("submitter")
VK_ALERT = "vk"
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitPolicy:
    """What the statement is made of, where it goes, how often it is tried, how long a reorg is waited out.

    `visible_after_ms`: until when every endpoint shows what is finalized.
    """

    program_vkey: Hash32
    recursion_root: Hash32
    vk_hash: Hash32
    domain_id: int
    max_attempts: int = 4
    retry_after_ms: int = 5_000
    reorg_grace_ms: int = 60_000
    visible_after_ms: int = 60_000


class Submitter:
    """PROVED to VERIFIED to AGGREGATED."""

    name = "submitter"
    description = "Has proofs verified by zkVerify"

    def __init__(
        self,
        *,
        acts: PaidActs[ZkVerifyRequest, ZkVerifyDetail],
        routes: SubmissionRoutes,
        reader: VerificationReader,
        batches: BatchStore,
        orders: OrderStore,
        proofs: ProofStore,
        transitions: BatchTransitions,
        spend: Standings,
        policy: SubmitPolicy,
        clock: Clock,
        board: HealthBoard,
        wake_up: WakeUp,
        downstream: WakeUp,
    ) -> None:
        self._acts = acts
        self._routes = routes
        self._reader = reader
        self._batches = batches
        self._orders = orders
        self._proofs = proofs
        self._transitions = transitions
        self._spend = spend
        self._policy = policy
        self._clock = clock
        self._board = board
        self._wake_up = wake_up
        self._downstream = downstream
        self._grace = GracePeriod(policy.reorg_grace_ms)
        self._unprovable_since: dict[BatchId, int] = {}  # a restart only waits longer

    async def wake(self) -> None:
        """Wait until a batch was proved; zkVerify's own pace is met by the tick."""
        await self._wake_up.wait()

    async def tick(self) -> None:
        """Move every proved or verified batch one step."""
        turn = Pass()
        await self._routes.keep(turn)
        batches = await self._batches.in_state(BatchState.PROVED, BatchState.VERIFIED)
        due: list[Work[ZkVerifyRequest]] = []
        await each_batch(turn, batches, partial(self._step, due))
        if due:
            with turn.item():
                await self._routes.issue_all(due, self._vk_registered)
        turn.finish()

    async def _step(self, due: list[Work[ZkVerifyRequest]], batch: Batch) -> None:
        if await self._spend.now_s() > batch.valid_until_s:
            await self._give_up(batch, BatchExpired(batch_id=batch.batch_id))
        elif batch.state is BatchState.PROVED:
            await self._verify(due, batch)
        elif (reason := await self._why_over(batch)) is not None:
            await self._give_up(batch, reason)
        else:
            await self._collect_receipt(batch)

    async def _verify(self, due: list[Work[ZkVerifyRequest]], batch: Batch) -> None:
        attempts = await self._acts.of(Purpose.VERIFY, batch.batch_id)
        current = current_attempt(attempts)
        if current is not None:
            await self._collect(batch, current)
            return
        reason = await self._reason_to_give_up(batch, attempts)
        if reason is not None:
            await self._give_up(batch, reason)
        elif await self._may_submit(batch, attempts):
            due.append(await self._work(batch))

    async def _may_submit(self, batch: Batch, attempts: Sequence[Intent]) -> bool:
        """Whether it is worth the money now: the proof of a batch that a reorg took apart waits."""
        mine = self._routes.of_next(attempts)
        if not may_try(mine, self._clock.now_ms(), self._policy.retry_after_ms):
            return False
        outlook = await self._settleability(batch)
        return outlook is Settleability.SETTLEABLE and await self._is_open(batch)

    async def _is_open(self, batch: Batch) -> bool:
        """Whether the contract can settle a section of it, by what it says where money is spent.

        One that the pools are against now is kept: its proof is paid for, and prices come back.
        """
        standing = await self._spend.standing(batch, Purchase.VERIFY)
        if standing in {Standing.OVER, Standing.OUTDATED}:
            await self._give_up(batch, reason_of(standing, batch.batch_id))
        return standing in {Standing.OPEN, Standing.PARTLY}

    async def _settleability(self, batch: Batch) -> Settleability:
        rows = await self._orders.get(batch.order_ids)
        return settleability_of(batch, rows)

    async def _collect(self, batch: Batch, intent: Intent) -> None:
        """Take what the row of the final act holds; nothing is asked for."""
        found = await self._brought(batch, intent)
        if found is not None:
            await self._collect_receipt(await self._transitions.verified(batch, found))

    async def _brought(self, batch: Batch, intent: Intent) -> Aggregation | None:
        """Where the statement went, if the act is final. Error: StatementMismatch."""
        found = await self._acts.brought(intent)
        if found is None:
            return None
        if not isinstance(found, Aggregation):
            raise StatementMismatch("the extrinsic was not a proof", batch_id=batch.batch_id)
        expected = await self._request(batch)
        if (found.statement, found.domain_id) != (expected.statement, expected.domain_id):
            raise StatementMismatch(batch_id=batch.batch_id)
        return found

    async def _collect_receipt(self, batch: Batch) -> None:
        if batch.aggregation is None:
            raise StoreUnavailable("a verified batch has no aggregation", batch_id=batch.batch_id)
        try:
            receipt = await self._reader.receipt(batch.aggregation)
        except ReceiptUnprovable as error:
            await self._verify_again(batch, error)
            return
        self._unprovable_since.pop(batch.batch_id, None)
        if receipt is not None:
            await self._transitions.aggregated(batch, receipt)
            self._downstream.notify()

    async def _verify_again(self, batch: Batch, lost: ReceiptUnprovable) -> None:
        """Once: a verification costs a fraction of the proof, which would be lost with its batch.

        Error: `lost`, for as long as it may pass, and where the second one was paid for in vain as well.
        """
        now = self._clock.now_ms()
        since = self._unprovable_since.setdefault(batch.batch_id, now)
        attempts = await self._acts.of(Purpose.VERIFY, batch.batch_id)
        for row in attempts:
            found = await self._brought(batch, row)
            if found is not None and found.block_number > _block(batch):
                self._unprovable_since.pop(batch.batch_id)
                await self._transitions.verified(batch, found)
                return
        if any(row.state in LIVE_STATES for row in attempts):
            return
        first = next(n for n, row in enumerate(attempts) if row.state is IntentState.FINAL)
        if now - since < self._policy.visible_after_ms or spent(attempts[first + 1 :]):
            raise lost
        if await self._may_submit(batch, attempts):
            log.warning("verification.repeated", batch_id=batch.batch_id, code=lost.code)
            await self._routes.issue_all([await self._work(batch)], self._vk_registered)

    async def _reason_to_give_up(
        self, batch: Batch, attempts: Sequence[Intent]
    ) -> OperatorError | None:
        if spent(attempts) >= self._policy.max_attempts:
            return AttemptsExhausted(
                batch_id=batch.batch_id, stage=Purpose.VERIFY, last=attempts[-1].error_code
            )
        return await self._why_over(batch)

    async def _why_over(self, batch: Batch) -> OperatorError | None:
        """Why nothing of it can be settled any more, by its orders' rows."""
        outlook = await self._settleability(batch)
        if outlook is Settleability.ENDED:
            return BatchEnded(batch_id=batch.batch_id)
        if self._grace.is_over(batch.batch_id, outlook, self._clock.now_ms()):
            return BatchOrphaned(batch_id=batch.batch_id)
        return None

    async def _give_up(self, batch: Batch, reason: OperatorError) -> None:
        await self._transitions.abandoned(batch, reason)
        self._downstream.notify()

    async def _work(self, batch: Batch) -> Work[ZkVerifyRequest]:
        request = await self._request(batch)
        return Work(purpose=Purpose.VERIFY, subject=batch.batch_id, request=request)

    async def _request(self, batch: Batch) -> SubmitProof:
        stored = await self._proofs.find(self._policy.program_vkey, batch.public_values)
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

    async def _vk_registered(self) -> bool:
        """Whether zkVerify knows the circuit's key; registers it, once, where it does not.

        And once more in a day where somebody has taken the registration back.
        """
        if await self._reader.vk_registered(self._policy.vk_hash):
            if self._board.clear_alert(VK_ALERT):
                log.info("vk.restored", vk_hash=hex0x(self._policy.vk_hash))
            return True
        subject, now = self._policy.vk_hash.hex(), self._clock.now_ms()
        every = await self._acts.of(Purpose.REGISTER_VK, subject)
        done, attempts = since_success(every)
        if done is not None and now - done.updated_at < self._policy.visible_after_ms:
            return False  # done, and not visible everywhere yet
        if current_attempt(attempts) is not None:
            return False  # under way
        if done is not None:
            self._say_gone(every)
        if spent(attempts) >= self._policy.max_attempts:
            raise AttemptsExhausted(stage=Purpose.REGISTER_VK, last=attempts[-1].error_code)
        if may_try(attempts, now, self._policy.retry_after_ms):
            request = RegisterVk(vk_hash=self._policy.vk_hash)
            await self._acts.issue(purpose=Purpose.REGISTER_VK, subject=subject, request=request)
        return False

    def _say_gone(self, registrations: Sequence[Intent]) -> None:
        """An alert. Error: VkGone, where it was registered again not long ago: whoever undoes that has to be found."""
        vk_hash = hex0x(self._policy.vk_hash)
        text = f"the circuit's key {vk_hash} is not registered on zkVerify any more"
        if self._board.raise_alert(VK_ALERT, text):
            log.error("vk.unregistered", code=VkGone.code, vk_hash=vk_hash)
        done = [row for row in registrations if row.state is IntentState.FINAL]
        day_ago = self._clock.now_ms() - DAY_MS
        if any(row.updated_at >= day_ago for row in done[1:]):
            raise VkGone(vk_hash=vk_hash, registered=len(done))


def _block(batch: Batch) -> int:
    """Where its verification was included."""
    return -1 if batch.aggregation is None else batch.aggregation.block_number
