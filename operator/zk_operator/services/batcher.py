"""Batcher: decides when what waits becomes a batch, and fixes its content.

The decisions are pure (`domain.batching`, `domain.proposal`); this service brings them rows, prices and quotes, and
checks the result by the rule itself before it is stored.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from zk_operator.domain.batching import (
    BatchPolicy,
    Close,
    CloseReason,
    Evict,
    EvictReason,
    Keep,
    Priority,
    Split,
    WaitingOrder,
    decide,
)
from zk_operator.domain.chain_event import BlockRef, BlockTag
from zk_operator.domain.failures import CallReverted, LostRace
from zk_operator.domain.hashing import keccak
from zk_operator.domain.ids import Address, BatchId, OrderId, PoolId, hex0x
from zk_operator.domain.matching import check_batch
from zk_operator.domain.order import MAX_UINT128, SigningDomain
from zk_operator.domain.proposal import (
    DropReason,
    NeedQuote,
    Proposal,
    ProposalPolicy,
    QuoteKey,
    propose_step,
)
from zk_operator.domain.records import Batch, BatchState, OrderRow
from zk_operator.domain.validation import Refusal
from zk_operator.ports.chain import BlockSource, ContractView, SettlementReader
from zk_operator.ports.clock import Clock
from zk_operator.ports.store import BatchStore, IntentStore, OrderStore
from zk_operator.runtime.bell import Bell
from zk_operator.services.depth import Depth, block_at
from zk_operator.services.estimate import estimate
from zk_operator.services.journal import BatchJournal
from zk_operator.services.rest import resting
from zk_operator.services.settler import PURPOSE as SETTLE

log = structlog.get_logger("batcher")
ORDER_BYTES = 7 * 32 + 32  # what one order adds to the prover's input: seven words and its id
COST_WINDOW_MS = 24 * 3_600_000
IN_FLIGHT = (BatchState.CLOSED, BatchState.PROVED, BatchState.VERIFIED, BatchState.AGGREGATED)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatcherPolicy:
    """The operator's settings.

    `spend_at`: a tag, or a number of confirmations, from which on an order may cost money.
    `fee_values`: wei per 1e18 units of a currency, to weigh fees against what settlements have cost in gas.
    """

    signing_domain: SigningDomain
    limits: BatchPolicy
    tolerance_bps: int
    valid_for_s: int
    spend_at: Depth
    max_in_flight: int = 4
    assumed_settle_ms: int = 60_000
    fee_values: Mapping[Address, int] = field(default_factory=dict)
    priorities: Mapping[Address, Priority] = field(default_factory=dict)
    retry_dropped_ms: int = 5_000


class Batcher:
    """Open orders to closed batches."""

    name = "batcher"
    description = "Batches orders and matches them"

    def __init__(
        self,
        *,
        source: BlockSource,
        reader: SettlementReader,
        orders: OrderStore,
        batches: BatchStore,
        intents: IntentStore,
        journal: BatchJournal,
        policy: BatcherPolicy,
        clock: Clock,
        bell: Bell,
        downstream: Bell,
    ) -> None:
        self._source = source
        self._reader = reader
        self._orders = orders
        self._batches = batches
        self._intents = intents
        self._journal = journal
        self._policy = policy
        self._clock = clock
        self._bell = bell
        self._downstream = downstream
        self._retry_at: dict[OrderId, int] = {}  # a courtesy to the RPC; forgotten on restart
        self._accepting = True

    def stop_accepting(self) -> None:
        """Close no further batches: the first step of a drain."""
        self._accepting = False

    async def wake(self) -> None:
        """Wait until orders came or a batch ended."""
        await self._bell.wait()

    async def tick(self) -> None:
        """Close at most one batch."""
        if not self._accepting:
            return
        in_flight = await self._batches.in_state(*IN_FLIGHT)
        if len(in_flight) >= self._policy.max_in_flight:
            return
        head = await self._source.head(BlockTag.LATEST)
        rows = await self._candidates()
        chosen = await self._decide(rows, head)
        if chosen is not None:
            await self._close(*chosen, head)

    async def _candidates(self) -> list[OrderRow]:
        limit = self._policy.limits.max_orders * 4
        deep = await block_at(self._source, self._policy.spend_at)
        rows = await self._orders.batchable(deep.number, limit)
        now = self._clock.now_ms()
        self._retry_at = {key: at for key, at in self._retry_at.items() if at > now}
        tired = resting(await self._batches.recent(100), now)
        return [row for row in rows if row.order_id not in tired.union(self._retry_at)]

    async def _decide(
        self, rows: Sequence[OrderRow], head: BlockRef
    ) -> tuple[list[OrderRow], CloseReason] | None:
        """Which rows to batch now and why, after evicting those that have no chance."""
        estimates = estimate(
            await self._batches.recent(100),
            assumed_ms=self._policy.assumed_settle_ms,
            batch_cost=await self._batch_cost(),
        )
        contract = self._reader.at(head)
        waiting = tuple([await self._waiting(row, contract) for row in rows])
        by_id = {row.order_id: row for row in rows}
        match decide(waiting, head.timestamp * 1000, estimates, self._policy.limits):
            case Keep():
                return None
            case Close(reason=reason):
                return list(rows), reason
            case Split(first=first, reason=reason):
                return [by_id[order_id] for order_id in first], reason
            case Evict(orders=gone):
                await self._evict(gone)
                left = [row for row in rows if row.order_id not in gone]
                return await self._decide(left, head)

    async def _evict(self, gone: Mapping[OrderId, EvictReason]) -> None:
        """Refuse for good whose time is over. A cancel can be reorged out, so it only leaves the order out."""
        for order_id, reason in gone.items():
            if reason is EvictReason.CANCELLED:
                log.info("order.left_out", order_id=hex0x(order_id), reason=reason)
                continue
            log.warning(
                "order.evicted",
                order_id=hex0x(order_id),
                reason=reason,
                code=Refusal.OUT_OF_TIME.value,
            )
            await self._orders.refuse(order_id, Refusal.OUT_OF_TIME)

    async def _waiting(self, row: OrderRow, contract: ContractView) -> WaitingOrder:
        return WaitingOrder(
            order_id=row.order_id,
            priority=self._policy.priorities.get(row.order.owner, Priority.NORMAL),
            size_bytes=ORDER_BYTES,
            waiting_since=row.placed_at_s * 1000,
            deadline_s=row.order.deadline,
            fee=await self._fee(row, contract),
            cancel_at_s=row.cancel_at_s,
        )

    async def _batch_cost(self) -> int:
        """What a settlement has cost on average lately, in wei; beyond any fee while that is not known."""
        since = self._clock.now_ms() - COST_WINDOW_MS
        paid = [
            entry.paid
            for entry in await self._intents.ledger(since)
            if entry.purpose == SETTLE and entry.paid
        ]
        return sum(paid) // len(paid) if paid else MAX_UINT128

    async def _fee(self, row: OrderRow, contract: ContractView) -> int:
        """What the order is expected to earn, in wei, by the value of its input; 0 where nothing is closed by fees."""
        if self._policy.limits.fee_multiple_bps == 0:
            return 0
        pool = await contract.pool(row.order.pool_id)
        if pool is None:
            return 0
        currency = pool.currency0 if row.order.zero_for_one else pool.currency1
        value = row.order.amount_in * self._policy.fee_values.get(currency, 0) // 10**18
        return value * (await contract.terms()).fee_bps // 10_000

    async def _close(self, rows: Sequence[OrderRow], reason: CloseReason, head: BlockRef) -> None:
        valid_until = min(
            head.timestamp + self._policy.valid_for_s, *(row.order.deadline for row in rows)
        )
        contract = self._reader.at(head)
        terms = await contract.terms()
        if terms.paused:
            log.info("batch.held", reason="the contract is paused")
            return
        proposals = await self._propose(rows, valid_until, terms.fee_bps, contract)
        self._note_dropped(proposals)
        made = [proposal for proposal in proposals if proposal.section is not None]
        if made:
            await self._store(made, valid_until, reason)

    async def _propose(
        self, rows: Sequence[OrderRow], valid_until: int, fee_bps: int, contract: ContractView
    ) -> list[Proposal]:
        """One proposal per pool, pools ascending."""
        policy = ProposalPolicy(
            fee_bps=fee_bps,
            tolerance_bps=self._policy.tolerance_bps,
            max_orders=self._policy.limits.max_orders,
            valid_until_s=valid_until,
        )
        by_pool: dict[PoolId, list[OrderRow]] = {}
        for row in rows:
            by_pool.setdefault(row.order.pool_id, []).append(row)
        return [
            await self._choose(pool, by_pool[pool], policy, contract) for pool in sorted(by_pool)
        ]

    async def _choose(
        self,
        pool_id: PoolId,
        rows: Sequence[OrderRow],
        policy: ProposalPolicy,
        contract: ContractView,
    ) -> Proposal:
        """A pool that cannot be priced now keeps its orders waiting, and nobody else's."""
        try:
            return await self._match(pool_id, rows, policy, contract)
        except CallReverted as error:
            log.warning("pool.skipped", pool_id=hex0x(pool_id), code=error.code, error=str(error))
            dropped = {row.order_id: DropReason.LIMIT for row in rows}
            return Proposal(section=None, orders=(), dropped=dropped, expected_output=0)

    async def _match(
        self,
        pool_id: PoolId,
        rows: Sequence[OrderRow],
        policy: ProposalPolicy,
        contract: ContractView,
    ) -> Proposal:
        price = await contract.pool_price(pool_id)
        ahead = await self._ahead(pool_id)
        quotes: dict[QuoteKey, int | None] = {}
        while True:
            step = propose_step(
                pool_id=pool_id,
                orders={row.order_id: row.order for row in rows},
                price_x128=price,
                quotes=quotes,
                policy=policy,
            )
            if isinstance(step, NeedQuote):
                before = ahead[step.key.zero_for_one]
                quotes[step.key] = await _quote(contract, pool_id, step.key, before)
                continue
            return step

    async def _ahead(self, pool_id: PoolId) -> Counter[bool]:
        """What the batches in flight will swap on this pool, by direction."""
        amounts: Counter[bool] = Counter()
        for batch in await self._batches.in_state(*IN_FLIGHT):
            for section in batch.sections:
                if section.pool_id == pool_id:
                    amounts[section.remainder_zero_for_one] += section.remainder_in
        return amounts

    def _note_dropped(self, proposals: Sequence[Proposal]) -> None:
        """Who was left out comes again a little later: prices move."""
        again = self._clock.now_ms() + self._policy.retry_dropped_ms
        for proposal in proposals:
            for order_id, why in proposal.dropped.items():
                log.debug("order.left_out", order_id=hex0x(order_id), reason=why)
                if why is not DropReason.FULL:
                    self._retry_at[order_id] = again

    async def _store(self, made: Sequence[Proposal], valid_until: int, reason: CloseReason) -> None:
        sections = tuple(proposal.section for proposal in made if proposal.section is not None)
        orders = [order for proposal in made for order in proposal.orders]
        domain = self._policy.signing_domain
        outcome = check_batch(
            sections,
            orders,
            chain_id=domain.chain_id,
            manager=domain.manager,
            valid_until=valid_until,
        )
        public_values = outcome.public_values.encode()
        now = self._clock.now_ms()
        batch = Batch(
            batch_id=BatchId(f"{now:013d}-{keccak(public_values)[:4].hex()}"),
            state=BatchState.CLOSED,
            sections=sections,
            order_ids=tuple(order_id for section in sections for order_id in section.order_ids),
            public_values=public_values,
            valid_until_s=valid_until,
            close_reason=reason,
            closed_at=now,
        )
        try:
            await self._journal.closed(batch)
        except LostRace:
            log.info("batch.lost", batch_id=batch.batch_id)
            return
        self._downstream.ring()


async def _quote(contract: ContractView, pool_id: PoolId, key: QuoteKey, ahead: int) -> int | None:
    """What the swap brings once those before it have moved the price; None where the pool cannot do it.

    Quoted alone, a batch closed behind others would ask for more than the pool gives when its turn comes.
    """

    async def output(amount_in: int) -> int:
        return await contract.quote_remainder(
            pool_id, zero_for_one=key.zero_for_one, amount_in=amount_in
        )

    before = await output(ahead) if ahead else 0
    together = await output(ahead + key.amount_in)
    return together - before if together > before else None
