"""Submitter: has each proved batch verified on zkVerify, once, and keeps its aggregation receipt.

Success means finalized and `NewProof` in the right domain. The statement is computed here, never taken from the chain.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from zk_operator.domain.errors import OperatorError
from zk_operator.domain.failures import AttemptsExhausted, ReceiptUnprovable, StoreUnavailable
from zk_operator.domain.ids import BatchId, Hash32, hex0x
from zk_operator.domain.records import (
    Aggregation,
    Batch,
    BatchState,
    Intent,
    IntentState,
)
from zk_operator.domain.statement import groth16_statement, scalar_to_le, sp1_public_inputs
from zk_operator.ports.clock import Clock
from zk_operator.ports.store import BatchStore, OrderStore, ProofStore
from zk_operator.ports.zkverify import (
    RegisterVk,
    SubmitProof,
    VerificationReader,
    ZkVerifyDetail,
    ZkVerifyRequest,
)
from zk_operator.runtime.bell import Bell
from zk_operator.runtime.health import HealthBoard
from zk_operator.services.attempt import may_try, since_success, spent, telling
from zk_operator.services.journal import BatchJournal
from zk_operator.services.paid_act import PaidActs
from zk_operator.services.purchase_gate import Purchase
from zk_operator.services.spend_check import Standing, Standings
from zk_operator.services.stage import Round
from zk_operator.services.stage_errors import (
    BatchEnded,
    BatchExpired,
    BatchOrphaned,
    StatementMismatch,
    VkGone,
)
from zk_operator.services.worth import Patience, Worth, worth_of

log = structlog.get_logger("submitter")
PURPOSE = "verify"
REGISTER = "register-vk"
VK_ALERT = "vk"
LOOKS = 3  # for a receipt that nobody has: behind one address there may be several nodes
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
    reorg_patience_ms: int = 60_000
    visible_after_ms: int = 60_000


class Submitter:
    """PROVED to VERIFIED to AGGREGATED."""

    name = "submitter"
    description = "Has proofs verified by zkVerify"

    def __init__(
        self,
        *,
        acts: PaidActs[ZkVerifyRequest, ZkVerifyDetail],
        reader: VerificationReader,
        batches: BatchStore,
        orders: OrderStore,
        proofs: ProofStore,
        journal: BatchJournal,
        spend: Standings,
        policy: SubmitPolicy,
        clock: Clock,
        board: HealthBoard,
        bell: Bell,
        downstream: Bell,
    ) -> None:
        self._acts = acts
        self._reader = reader
        self._batches = batches
        self._orders = orders
        self._proofs = proofs
        self._journal = journal
        self._spend = spend
        self._policy = policy
        self._clock = clock
        self._board = board
        self._bell = bell
        self._downstream = downstream
        self._patience = Patience(policy.reorg_patience_ms)
        self._looks: Counter[BatchId] = Counter()  # for receipts, in vain; a restart looks again

    async def wake(self) -> None:
        """Wait until a batch was proved; zkVerify's own pace is met by the tick."""
        await self._bell.wait()

    async def tick(self) -> None:
        """Move every proved or verified batch one step."""
        turn = Round()
        with turn.part():
            await self._acts.keep()
        batches = await self._batches.in_state(BatchState.PROVED, BatchState.VERIFIED)
        await turn.each(batches, self._step)
        turn.finish()

    async def _step(self, batch: Batch) -> None:
        if self._clock.now_ms() >= batch.valid_until_s * 1000:
            await self._give_up(batch, BatchExpired(batch_id=batch.batch_id))
        elif batch.state is BatchState.VERIFIED:
            await self._collect_receipt(batch)
        else:
            await self._verify(batch)

    async def _verify(self, batch: Batch) -> None:
        """Have it verified, unless it is. Of a verified batch: once more than what brought its aggregation."""
        every = await self._acts.of(PURPOSE, batch.batch_id)
        done, later = since_success(every)
        if done is not None:
            found = await self._acts.brought(done)
            if batch.aggregation is None or found not in (None, batch.aggregation):
                await self._collect(batch, found)
                return
        if telling(later) is not None:
            return  # under way
        reason = await self._reason_to_give_up(batch, every)
        if reason is not None:
            await self._give_up(batch, reason)
        elif await self._may_submit(batch, later):
            await self._submit(batch)

    async def _may_submit(self, batch: Batch, attempts: Sequence[Intent]) -> bool:
        """Whether it is worth the money now: the proof of a batch that a reorg took apart waits."""
        rested = may_try(attempts, self._clock.now_ms(), self._policy.retry_after_ms)
        worth = await self._worth(batch)
        settleable = worth is Worth.SETTLEABLE and rested and await self._is_open(batch)
        return settleable and await self._vk_registered()

    async def _is_open(self, batch: Batch) -> bool:
        """Whether the contract can settle a section of it, by what it says where money is spent."""
        standing = await self._spend.standing(batch, Purchase.VERIFY)
        if standing is Standing.OVER:
            await self._give_up(batch, BatchEnded(batch_id=batch.batch_id))
        return standing in {Standing.OPEN, Standing.PARTLY}

    async def _worth(self, batch: Batch) -> Worth:
        rows = await self._orders.get(batch.order_ids)
        return worth_of(batch, rows, self._clock.now_ms() // 1000)

    async def _collect(self, batch: Batch, found: ZkVerifyDetail | None) -> None:
        """Take what the row of the final act holds; nothing is asked for."""
        if found is None:
            return
        if not isinstance(found, Aggregation):
            raise StatementMismatch("the extrinsic was not a proof", batch_id=batch.batch_id)
        expected = await self._request(batch)
        if (found.statement, found.domain_id) != (expected.statement, expected.domain_id):
            raise StatementMismatch(batch_id=batch.batch_id)
        verified = await self._journal.verified(batch, found)
        self._looks.pop(batch.batch_id, None)
        await self._collect_receipt(verified)

    async def _collect_receipt(self, batch: Batch) -> None:
        if batch.aggregation is None:
            raise StoreUnavailable("a verified batch has no aggregation", batch_id=batch.batch_id)
        try:
            receipt = await self._reader.receipt(batch.aggregation)
        except ReceiptUnprovable as error:
            await self._do_without_receipt(batch, error)
            return
        if receipt is not None:
            self._looks.pop(batch.batch_id, None)
            await self._journal.aggregated(batch, receipt)
            self._downstream.ring()

    async def _do_without_receipt(self, batch: Batch, error: ReceiptUnprovable) -> None:
        """Verify it once more: the proof is good, and costs many times as much. Error: the given one, at first."""
        self._looks[batch.batch_id] += 1
        if self._looks[batch.batch_id] < LOOKS:
            raise error
        if self._looks[batch.batch_id] == LOOKS:
            log.warning("receipt.lost", batch_id=batch.batch_id, code=error.code, error=str(error))
        await self._verify(batch)

    async def _reason_to_give_up(
        self, batch: Batch, attempts: Sequence[Intent]
    ) -> OperatorError | None:
        if spent(attempts) >= self._policy.max_attempts:
            return AttemptsExhausted(
                batch_id=batch.batch_id, stage=PURPOSE, last=attempts[-1].error_code
            )
        worth = await self._worth(batch)
        if worth is Worth.ENDED:
            return BatchEnded(batch_id=batch.batch_id)
        if self._patience.is_over(batch.batch_id, worth, self._clock.now_ms()):
            return BatchOrphaned(batch_id=batch.batch_id)
        return None

    async def _give_up(self, batch: Batch, reason: OperatorError) -> None:
        await self._journal.abandoned(batch, reason)
        self._downstream.ring()

    async def _submit(self, batch: Batch) -> None:
        request = await self._request(batch)
        await self._acts.issue(purpose=PURPOSE, subject=batch.batch_id, request=request)

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
        every = await self._acts.of(REGISTER, subject)
        done, attempts = since_success(every)
        if done is not None and now - done.updated_at < self._policy.visible_after_ms:
            return False  # done, and not visible everywhere yet
        if telling(attempts) is not None:
            return False  # under way
        if done is not None:
            self._say_gone(every)
        if spent(attempts) >= self._policy.max_attempts:
            raise AttemptsExhausted(stage=REGISTER, last=attempts[-1].error_code)
        if may_try(attempts, now, self._policy.retry_after_ms):
            request = RegisterVk(vk_hash=self._policy.vk_hash)
            await self._acts.issue(purpose=REGISTER, subject=subject, request=request)
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
