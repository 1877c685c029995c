"""Settler: posts proven batches, replaces what is stuck, and calls them done when that is finalized.

Before each spend it asks the chain whether there is still something to settle. The contract decides section by section;
what it skipped stays open and is posted again until the batch's time is over.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from zk_operator.domain.chain_event import BlockTag
from zk_operator.domain.errors import OperatorError
from zk_operator.domain.failures import AttemptsExhausted, StoreUnavailable
from zk_operator.domain.ids import OrderId
from zk_operator.domain.order import SigningDomain
from zk_operator.domain.records import (
    LIVE_STATES,
    AggregationReceipt,
    Batch,
    BatchState,
    Intent,
    IntentState,
    OrderStatus,
)
from zk_operator.ports.act import Mined
from zk_operator.ports.chain import (
    BlockSource,
    Call,
    CertificateSigner,
    SettlementCalls,
    SettlementReader,
)
from zk_operator.ports.clock import Clock
from zk_operator.ports.store import BatchStore, OrderStore
from zk_operator.runtime.bell import Bell
from zk_operator.services.depth import Depth, block_at
from zk_operator.services.journal import BatchJournal
from zk_operator.services.paid_act import PaidActs
from zk_operator.services.stage import step_each
from zk_operator.services.stage_errors import BatchExpired

log = structlog.get_logger("settler")
PURPOSE = "settle"
CHAIN_OPEN = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlePolicy:
    """When a transaction counts as stuck, how often a batch is posted, how long to wait between posts."""

    signing_domain: SigningDomain
    done_at: Depth = BlockTag.FINALIZED
    replace_after_ms: int = 30_000
    max_replacements: int = 6
    repost_after_ms: int = 5_000
    max_attempts: int = 8


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
        journal: BatchJournal,
        policy: SettlePolicy,
        clock: Clock,
        bell: Bell,
        downstream: Bell,
    ) -> None:
        self._acts = acts
        self._source = source
        self._reader = reader
        self._calls = calls
        self._signer = signer
        self._batches = batches
        self._orders = orders
        self._journal = journal
        self._policy = policy
        self._clock = clock
        self._bell = bell
        self._downstream = downstream

    async def wake(self) -> None:
        """Wait until a receipt came or orders changed."""
        await self._bell.wait()

    async def tick(self) -> None:
        """Keep the account's transactions going, then move every batch one step."""
        await self._acts.keep()
        await step_each(
            await self._batches.in_state(BatchState.AGGREGATED, BatchState.SETTLED), self._step
        )

    async def _step(self, batch: Batch) -> None:
        if batch.state is BatchState.SETTLED:
            await self._finish(batch)
        else:
            await self._settle(batch)

    async def _finish(self, batch: Batch) -> None:
        """Done once every order's end is finalized."""
        finalized = await block_at(self._source, self._policy.done_at)
        rows = await self._orders.get(batch.order_ids)
        ends = [row.ended.block_number for row in rows if row.ended is not None]
        if len(ends) == len(rows) and max(ends, default=0) <= finalized.number:
            await self._journal.done(batch)

    async def _settle(self, batch: Batch) -> None:
        rows = await self._orders.get(batch.order_ids)
        if all(row.status in {OrderStatus.SETTLED, OrderStatus.REFUNDED} for row in rows):
            await self._finish(await self._journal.settled(batch))
            return
        posts = await self._acts.of(PURPOSE, batch.batch_id)
        if posts and posts[-1].state in LIVE_STATES and not _reverted(posts[-1]):
            await self._watch(batch, posts[-1])
            return
        if await self._given_up(batch, posts) or not await self._may_post(batch, posts):
            return
        await self._post(batch)

    async def _watch(self, batch: Batch, post: Intent) -> None:
        """Replace a transaction that is stuck; post again where sections were skipped."""
        age = self._clock.now_ms() - post.updated_at
        if post.state is IntentState.INCLUDED:
            posts = await self._acts.of(PURPOSE, batch.batch_id)
            if age >= self._policy.repost_after_ms and await self._may_post(batch, posts):
                await self._post_unless_given_up(batch, posts)
        elif post.state is IntentState.SENT and age >= self._policy.replace_after_ms:
            siblings = await self._acts.of(PURPOSE, batch.batch_id)
            replaced = sum(1 for row in siblings if row.nonce == post.nonce) - 1
            if replaced < self._policy.max_replacements:
                await self._acts.replace(post, await self._call(batch))

    async def _post_unless_given_up(self, batch: Batch, posts: Sequence[Intent]) -> None:
        if not await self._given_up(batch, posts):
            await self._post(batch)

    async def _given_up(self, batch: Batch, posts: Sequence[Intent]) -> bool:
        head = await self._source.head(BlockTag.LATEST)
        error: OperatorError | None = None
        if head.timestamp > batch.valid_until_s:
            error = BatchExpired(batch_id=batch.batch_id)
        elif len({post.nonce for post in posts}) >= self._policy.max_attempts:
            error = AttemptsExhausted(
                batch_id=batch.batch_id, stage=PURPOSE, last=posts[-1].error_code
            )
        if error is not None:
            await self._journal.abandoned(batch, error)
            self._downstream.ring()
        return error is not None

    async def _may_post(self, batch: Batch, posts: Sequence[Intent]) -> bool:
        """Whether the root has arrived, something is open on chain, and the last post is not too recent."""
        if posts and self._clock.now_ms() - posts[-1].updated_at < self._policy.repost_after_ms:
            return False
        receipt = _receipt(batch)
        root = await self._reader.aggregation_root(
            receipt.aggregation.domain_id, receipt.aggregation.aggregation_id
        )
        return root == receipt.root and bool(await self._open_on_chain(batch))

    async def _open_on_chain(self, batch: Batch) -> list[OrderId]:
        states = await self._reader.order_states(batch.order_ids)
        return [state.order_id for state in states if state.status == CHAIN_OPEN]

    async def _post(self, batch: Batch) -> None:
        await self._acts.issue(
            purpose=PURPOSE, subject=batch.batch_id, request=await self._call(batch)
        )

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


def _receipt(batch: Batch) -> AggregationReceipt:
    if batch.receipt is None:
        raise StoreUnavailable("an aggregated batch has no receipt", batch_id=batch.batch_id)
    return batch.receipt


def _reverted(post: Intent) -> bool:
    """Included as a failure that is not finalized yet: it may be posted again."""
    return post.state is IntentState.INCLUDED and post.error_code is not None
