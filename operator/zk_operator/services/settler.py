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
from zk_acts.services.attempt import may_try, spent, waiting
from zk_acts.services.paid_act import PaidActs
from zk_acts.services.work_pass import Pass
from zk_operator.domain.chain_event import BlockRef, BlockTag
from zk_operator.domain.failures import CallReverted
from zk_operator.domain.ids import Address, BatchId
from zk_operator.domain.order import SigningDomain
from zk_operator.domain.records import Batch, BatchState, OnchainStatus, OrderRow, OrderStatus
from zk_operator.ports.chain import Call, CertificateSigner, SettlementCalls
from zk_operator.services.depth import Depth, block_at
from zk_operator.services.purchase_gate import Hold
from zk_operator.services.settleability import ENDED, GracePeriod, Settleability, settleability_of
from zk_operator.services.stage import Stage
from zk_operator.services.stage_errors import (
    BatchEnded,
    BatchExpired,
    BatchOrphaned,
    BatchOutdated,
)
from zk_operator.services.tools import Tools
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Settling:
    """A batch with its receipt: the rows of its orders and of its transactions, oldest first, and the chain's head."""

    batch: Batch
    rows: Sequence[OrderRow]
    posts: Sequence[Intent]
    head: BlockRef


class Settler(Stage):
    """AGGREGATED to SETTLED to DONE."""

    name = "settler"
    description = "Posts proven batches to the settlement contract"
    takes = (BatchState.AGGREGATED, BatchState.SETTLED)
    writes = (BatchState.SETTLED, BatchState.DONE, BatchState.ABANDONED)

    def __init__(
        self,
        tools: Tools,
        *,
        acts: PaidActs[Call, Mined],
        calls: SettlementCalls,
        signer: CertificateSigner,
        policy: SettlePolicy,
    ) -> None:
        wake_ups = tools.wake_ups
        super().__init__(tools, wake_up=wake_ups.settler, downstream=wake_ups.batcher)
        self._acts = acts
        self._source = tools.source
        self._reader = tools.reader
        self._calls = calls
        self._signer = signer
        self._gate = tools.gate
        self._policy = policy
        self._grace = GracePeriod(policy.reorg_grace_ms)
        self._gate.hold(
            Hold.OUTCOMES, "what became of the transactions was not asked since the services began"
        )

    async def keep(self, turn: Pass) -> None:
        """Ask what has become of the account's transactions, and replace the one that holds up the others."""
        with turn.item():
            await self._keep()
        with turn.item():
            await self._unblock()

    async def step(self, batch: Batch) -> None:
        """Settled, it is done once that is final; else it is ended, given up, or posted."""
        if batch.state is BatchState.SETTLED:
            await self._finish(batch, await self._store.orders.get(batch.order_ids))
            return
        work = await self._look(batch)
        if all(row.status in ENDED for row in work.rows):
            await self._end(work)
        elif (reason := self._reason_to_give_up(work)) is not None:
            await self._give_up(work, reason)
        elif await self._may_post(work):
            await self._post(work)

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
        batch, reason = await self._store.batches.get(BatchId(stuck.subject)), "the batch has ended"
        if batch is not None and batch.state is BatchState.AGGREGATED:
            call = self._call(batch, await self._store.orders.get(batch.order_ids))
            # For what would settle nothing any more, the nonce is all that there is to save (ADR 0235).
            head, reason = await self._source.head(BlockTag.LATEST), "nothing would be settled"
            if await self._reader.at(head).is_useful(call):
                try:
                    await self._acts.replace(stuck, call)
                except CallReverted as error:
                    reason = str(error)
                else:
                    return
        await self._acts.replace(stuck, self._calls.nothing(own_address(self._acts)))
        log.info("settlement.withdrawn", batch_id=stuck.subject, reason=reason)

    async def _look(self, batch: Batch) -> Settling:
        return Settling(
            batch=batch,
            rows=await self._store.orders.get(batch.order_ids),
            posts=await self._acts.of(Purpose.SETTLE, batch.batch_id),
            head=await self._source.head(BlockTag.LATEST),
        )

    async def _finish(self, batch: Batch, rows: Sequence[OrderRow]) -> None:
        """Done once the ends of its orders are finalized; those that it left open are no business of its any more."""
        own = [row.ended for row in rows if row.ended and row.batch_id == batch.batch_id]
        ends = {ended.block_number: ended.block_hash for ended in own}
        # Until then a reorg can take the settlement back, and its orders with it (ADR 0003).
        finalized = await block_at(self._source, self._policy.done_at)
        if not ends or max(ends) > finalized.number:
            return
        for number, block_hash in ends.items():
            block = await self._source.block(number)
            if block is None or block.hash != block_hash:
                return  # a reorg that intake has not followed yet
        await self._transitions.done(batch)

    async def _end(self, work: Settling) -> None:
        batch = work.batch
        if any(row.status is OrderStatus.SETTLED for row in work.rows):
            await self._finish(await self._transitions.settled(batch), work.rows)
        else:
            await self._give_up(work, BatchEnded(batch_id=batch.batch_id))

    def _reason_to_give_up(self, work: Settling) -> OperatorError | None:
        batch = work.batch
        if work.head.timestamp > batch.valid_until_s:
            return BatchExpired(batch_id=batch.batch_id)
        outlook = settleability_of(batch, work.rows)
        if outlook is Settleability.ENDED:
            return BatchEnded(batch_id=batch.batch_id)
        waited = self._grace.is_over(batch.batch_id, outlook, self._clock.now_ms())
        if waited and self._is_quiet(work.posts):
            return BatchOrphaned(batch_id=batch.batch_id)
        if spent(work.posts) >= self._policy.max_attempts and self._is_quiet(work.posts):
            last = work.posts[-1].error_code
            return AttemptsExhausted(batch_id=batch.batch_id, stage=Purpose.SETTLE, last=last)
        return None

    async def _give_up(self, work: Settling, reason: OperatorError) -> None:
        """Free the orders, unless the chain has ended one of them and intake is about to say so.

        What it has settled stays settled: then only the rest is given up.
        """
        batch = work.batch
        # The chain is ahead of our rows: freed, an order that it has ended would go into another batch (ADR 0050).
        states = await self._reader.at(work.head).order_states(batch.order_ids)
        ended = {state.order_id for state in states if state.status.is_ended}
        if any(row.order_id in ended for row in work.rows if row.status is OrderStatus.OPEN):
            return
        if any(row.status is OrderStatus.SETTLED for row in work.rows):
            await self._transitions.settled(batch, reason)
            self._downstream.notify()
        else:
            await self.give_up(batch, reason)

    def _is_quiet(self, posts: Sequence[Intent]) -> bool:
        """Whether nothing waits to be mined, and what was mined has had time to be seen.

        The pause grows with the posts that settled nothing: each was paid for.
        """
        moved = max((post.updated_at for post in posts), default=0)
        pause = self._policy.repost_after_ms * max(1, spent(posts))
        return not waiting(posts) and self._clock.now_ms() - moved >= pause

    async def _may_post(self, work: Settling) -> bool:
        """Whether nothing is under way or too recent, the root has arrived, and a whole section is open on chain.

        And whether a block that is still to come can be within the batch's time: the head may be, and the next one not.
        """
        if self._clock.chain.now_ms() // 1000 >= work.batch.valid_until_s:
            return False
        pause = self._policy.repost_after_ms
        if not self._is_quiet(work.posts) or not may_try(work.posts, self._clock.now_ms(), pause):
            return False
        receipt, contract = _receipt(work.batch), self._reader.at(work.head)
        root = await contract.aggregation_root(
            receipt.aggregation.domain_id, receipt.aggregation.aggregation_id
        )
        # Relayed by others, in their time: without it the call would revert, and be paid for.
        if root != receipt.root:
            return False
        states = await contract.order_states(work.batch.order_ids)
        open_ones = {state.order_id for state in states if state.status is OnchainStatus.OPEN}
        return any(open_ones.issuperset(section.order_ids) for section in work.batch.sections)

    async def _post(self, work: Settling) -> None:
        """Not while the contract says that it would settle nothing: that would be paid for all the same.

        A section that the pool's price stands against may be settled later; one with another fee than the contract's
        never, so its orders go into a new batch.
        """
        batch, contract = work.batch, self._reader.at(work.head)
        call = self._call(batch, work.rows)
        if await contract.sections_settled(call):
            await self._acts.issue(purpose=Purpose.SETTLE, subject=batch.batch_id, request=call)
            return
        fee_bps = (await contract.terms()).fee_bps
        if all(section.fee_bps != fee_bps for section in batch.sections):
            await self._give_up(work, BatchOutdated(batch_id=batch.batch_id, fee_bps=fee_bps))
        else:
            log.debug("settlement.postponed", batch_id=batch.batch_id, block=work.head.number)

    def _call(self, batch: Batch, rows: Sequence[OrderRow]) -> Call:
        if batch.proof_nonce is None:
            raise StoreUnavailable("a proved batch has no proof nonce", batch_id=batch.batch_id)
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
