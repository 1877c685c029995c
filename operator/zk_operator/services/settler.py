"""Settler: posts proven batches, replaces what is stuck, and calls them done when that is finalized.

Before each spend it asks the chain whether there is still something to settle. The contract decides section by section;
what it skipped stays open and is posted again until the batch's time is over.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from zk_acts.domain.acts import Intent, Purpose
from zk_acts.domain.details import Mined
from zk_acts.domain.errors import OperatorError
from zk_acts.domain.failures import AttemptsExhausted, LostRace, StoreUnavailable
from zk_acts.ports.clock import Clock
from zk_acts.runtime.wake_up import WakeUp
from zk_acts.services.attempt import may_try, spent, waiting
from zk_acts.services.paid_act import PaidActs
from zk_acts.services.work_pass import Pass
from zk_operator.domain.chain_event import BlockRef, BlockTag
from zk_operator.domain.failures import CallReverted
from zk_operator.domain.ids import Address, BatchId
from zk_operator.domain.order import SigningDomain
from zk_operator.domain.records import Batch, BatchState, OnchainStatus, OrderRow, OrderStatus
from zk_operator.ports.chain import (
    BlockSource,
    Call,
    CertificateSigner,
    SettlementCalls,
    SettlementReader,
)
from zk_operator.ports.store import BatchStore, OrderStore
from zk_operator.services.batch_pass import each_batch
from zk_operator.services.depth import Depth, block_at
from zk_operator.services.purchase_gate import Hold, PurchaseGate
from zk_operator.services.settleability import ENDED, GracePeriod, Settleability, settleability_of
from zk_operator.services.stage_errors import (
    BatchEnded,
    BatchExpired,
    BatchOrphaned,
    BatchOutdated,
)
from zk_operator.services.transitions import BatchTransitions
from zkverify_client.domain.receipt import AggregationReceipt

log = structlog.get_logger("settler")


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlePolicy:
    """When a transaction counts as stuck, how often a batch is posted, how long to wait between posts and for a reorg."""

    signing_domain: SigningDomain
    done_at: Depth = BlockTag.FINALIZED
    replace_after_ms: int = 30_000
    max_replacements: int = 6
    repost_after_ms: int = 5_000
    max_attempts: int = 8
    reorg_grace_ms: int = 60_000


class Settler:
    """AGGREGATED to SETTLED to DONE."""

    name = "settler"
    description = "Posts proven batches to the settlement contract"

    def __init__(
        self,
        *,
        acts: PaidActs[Call, Mined],
        source: BlockSource,
        reader: SettlementReader,
        calls: SettlementCalls,
        signer: CertificateSigner,
        batches: BatchStore,
        orders: OrderStore,
        transitions: BatchTransitions,
        gate: PurchaseGate,
        policy: SettlePolicy,
        clock: Clock,
        chain_clock: Clock,
        wake_up: WakeUp,
        downstream: WakeUp,
    ) -> None:
        """`chain_clock`: the chain's time, between its blocks as well."""
        self._acts = acts
        self._source = source
        self._reader = reader
        self._calls = calls
        self._signer = signer
        self._batches = batches
        self._orders = orders
        self._transitions = transitions
        self._gate = gate
        self._policy = policy
        self._clock = clock
        self._chain_clock = chain_clock
        self._wake_up = wake_up
        self._downstream = downstream
        self._grace = GracePeriod(policy.reorg_grace_ms)
        gate.hold(
            Hold.OUTCOMES, "what became of the transactions was not asked since the services began"
        )

    async def wake(self) -> None:
        """Wait until a receipt came or orders changed."""
        await self._wake_up.wait()

    async def tick(self) -> None:
        """Keep the account's transactions going, then move every batch one step."""
        turn = Pass()
        with turn.item():
            await self._keep()
        with turn.item():
            await self._unblock()
        batches = await self._batches.in_state(BatchState.AGGREGATED, BatchState.SETTLED)
        await each_batch(turn, batches, self._step)
        turn.finish()

    async def _keep(self) -> None:
        """While the outcomes cannot be read, nobody buys what would have to be settled."""
        try:
            await self._acts.keep()
        except LostRace:
            raise
        except OperatorError as error:
            self._gate.hold(Hold.OUTCOMES, str(error))
            raise
        self._gate.release(Hold.OUTCOMES)

    async def _unblock(self) -> None:
        """Replace the settlement that holds up the account, with a better price or with nothing."""
        policy = self._policy
        stuck = await self._acts.stuck(policy.replace_after_ms, policy.max_replacements)
        if stuck is None or stuck.purpose != Purpose.SETTLE:
            return
        batch, reason = await self._batches.get(BatchId(stuck.subject)), "the batch has ended"
        if batch is not None and batch.state is BatchState.AGGREGATED:
            call, reason = await self._call(batch), "nothing would be settled"
            head = await self._source.head(BlockTag.LATEST)
            if await self._reader.at(head).is_useful(call):
                try:
                    await self._acts.replace(stuck, call)
                except CallReverted as error:
                    reason = str(error)
                else:
                    return
        await self._acts.replace(stuck, self._calls.nothing(own_address(self._acts)))
        log.info("settlement.withdrawn", batch_id=stuck.subject, reason=reason)

    async def _step(self, batch: Batch) -> None:
        if batch.state is BatchState.SETTLED:
            await self._finish(batch)
        else:
            await self._settle(batch)

    async def _finish(self, batch: Batch) -> None:
        """Done once the ends of its orders are finalized; those that it left open are no business of its any more."""
        finalized = await block_at(self._source, self._policy.done_at)
        rows = await self._orders.get(batch.order_ids)
        own = [row.ended for row in rows if row.ended and row.batch_id == batch.batch_id]
        ends = {ended.block_number: ended.block_hash for ended in own}
        if not ends or max(ends) > finalized.number:
            return
        for number, block_hash in ends.items():
            block = await self._source.block(number)
            if block is None or block.hash != block_hash:
                return  # a reorg that intake has not followed yet
        await self._transitions.done(batch)

    async def _settle(self, batch: Batch) -> None:
        rows = await self._orders.get(batch.order_ids)
        head = await self._source.head(BlockTag.LATEST)
        if all(row.status in ENDED for row in rows):
            await self._end(batch, rows, head)
            return
        posts = await self._acts.of(Purpose.SETTLE, batch.batch_id)
        reason = self._reason_to_give_up(batch, rows, posts, head.timestamp)
        if reason is not None:
            await self._give_up(batch, rows, reason, head)
        elif await self._may_post(batch, posts, head):
            await self._post(batch, rows, head)

    async def _end(self, batch: Batch, rows: Sequence[OrderRow], head: BlockRef) -> None:
        if any(row.status is OrderStatus.SETTLED for row in rows):
            await self._finish(await self._transitions.settled(batch))
        else:
            await self._give_up(batch, rows, BatchEnded(batch_id=batch.batch_id), head)

    def _reason_to_give_up(
        self, batch: Batch, rows: Sequence[OrderRow], posts: Sequence[Intent], head_s: int
    ) -> OperatorError | None:
        if head_s > batch.valid_until_s:
            return BatchExpired(batch_id=batch.batch_id)
        outlook = settleability_of(batch, rows)
        if outlook is Settleability.ENDED:
            return BatchEnded(batch_id=batch.batch_id)
        waited = self._grace.is_over(batch.batch_id, outlook, self._clock.now_ms())
        if waited and self._is_quiet(posts):
            return BatchOrphaned(batch_id=batch.batch_id)
        if spent(posts) >= self._policy.max_attempts and self._is_quiet(posts):
            return AttemptsExhausted(
                batch_id=batch.batch_id, stage=Purpose.SETTLE, last=posts[-1].error_code
            )
        return None

    async def _give_up(
        self, batch: Batch, rows: Sequence[OrderRow], reason: OperatorError, head: BlockRef
    ) -> None:
        """Free the orders, unless the chain has ended one of them and intake is about to say so.

        What it has settled stays settled: then only the rest is given up.
        """
        states = await self._reader.at(head).order_states(batch.order_ids)
        ended = {state.order_id for state in states if state.status.is_ended}
        if any(row.order_id in ended for row in rows if row.status is OrderStatus.OPEN):
            return
        if any(row.status is OrderStatus.SETTLED for row in rows):
            await self._transitions.settled(batch, reason)
        else:
            await self._transitions.abandoned(batch, reason)
        self._downstream.notify()

    def _is_quiet(self, posts: Sequence[Intent]) -> bool:
        """Whether nothing waits to be mined, and what was mined has had time to be seen.

        The pause grows with the posts that settled nothing: each was paid for.
        """
        moved = max((post.updated_at for post in posts), default=0)
        pause = self._policy.repost_after_ms * max(1, spent(posts))
        return not waiting(posts) and self._clock.now_ms() - moved >= pause

    async def _may_post(self, batch: Batch, posts: Sequence[Intent], head: BlockRef) -> bool:
        """Whether nothing is under way or too recent, the root has arrived, and a whole section is open on chain.

        And whether a block that is still to come can be within the batch's time: the head may be, and the next one not.
        """
        if self._chain_clock.now_ms() // 1000 >= batch.valid_until_s:
            return False
        pause = self._policy.repost_after_ms
        if not self._is_quiet(posts) or not may_try(posts, self._clock.now_ms(), pause):
            return False
        receipt = _receipt(batch)
        contract = self._reader.at(head)
        root = await contract.aggregation_root(
            receipt.aggregation.domain_id, receipt.aggregation.aggregation_id
        )
        if root != receipt.root:
            return False
        states = await contract.order_states(batch.order_ids)
        open_ones = {state.order_id for state in states if state.status is OnchainStatus.OPEN}
        return any(open_ones.issuperset(section.order_ids) for section in batch.sections)

    async def _post(self, batch: Batch, rows: Sequence[OrderRow], head: BlockRef) -> None:
        """Not while the contract says that it would settle nothing: that would be paid for all the same.

        A section that the pool's price stands against may be settled later; one with another fee than the contract's
        never, so its orders go into a new batch.
        """
        call, contract = await self._call(batch), self._reader.at(head)
        if await contract.sections_settled(call):
            await self._acts.issue(purpose=Purpose.SETTLE, subject=batch.batch_id, request=call)
            return
        fee_bps = (await contract.terms()).fee_bps
        if all(section.fee_bps != fee_bps for section in batch.sections):
            reason = BatchOutdated(batch_id=batch.batch_id, fee_bps=fee_bps)
            await self._give_up(batch, rows, reason, head)
        else:
            log.debug("settlement.postponed", batch_id=batch.batch_id, block=head.number)

    async def _call(self, batch: Batch) -> Call:
        if batch.proof_nonce is None:
            raise StoreUnavailable("a proved batch has no proof nonce", batch_id=batch.batch_id)
        rows = await self._orders.get(batch.order_ids)
        certificate = self._signer.certificate(batch.public_values, self._policy.signing_domain)
        return self._calls.respond(
            public_values=batch.public_values,
            sections=batch.sections,
            orders=[row.order for row in rows],
            receipt=_receipt(batch),
            proof_nonce=batch.proof_nonce,
            certificate=certificate,
        )


def own_address(acts: PaidActs[Call, Mined]) -> Address:
    """The account that sends the transactions."""
    return Address(bytes.fromhex(acts.channel.account.removeprefix("0x")))


def _receipt(batch: Batch) -> AggregationReceipt:
    if batch.receipt is None:
        raise StoreUnavailable("an aggregated batch has no receipt", batch_id=batch.batch_id)
    return batch.receipt
