"""Batcher: decides when what waits becomes a batch, and fixes its content.

The decisions are pure (`domain.batching`, `domain.proposal`); this service brings them rows, prices and quotes, and
checks the result by the rule itself before it is stored.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog

from zk_acts.domain.acts import Purpose
from zk_acts.domain.failures import LostRace
from zk_acts.domain.hashing import keccak
from zk_acts.domain.ids import hex0x
from zk_operator.domain.batch_rule import check_batch
from zk_operator.domain.batching import (
    BatchPolicy,
    Close,
    Evict,
    EvictReason,
    Keep,
    Split,
    WaitingOrder,
    decide,
    turns,
)
from zk_operator.domain.chain_event import BlockRef, BlockTag
from zk_operator.domain.ids import BatchId, OrderId, PoolId
from zk_operator.domain.order import MAX_UINT128, SigningDomain
from zk_operator.domain.priority import PriorityRule
from zk_operator.domain.proposal import Proposal, ProposalPolicy
from zk_operator.domain.records import Batch, BatchState, CloseReason, OrderRow
from zk_operator.domain.validation import Refusal
from zk_operator.services.appraiser import Appraisal, Appraiser
from zk_operator.services.candidates import Candidates
from zk_operator.services.estimate import estimate
from zk_operator.services.intake_errors import OrderEndMissed
from zk_operator.services.market import IN_FLIGHT, Market
from zk_operator.services.purchase_gate import Purchase
from zk_operator.services.spend_check import SpendCheck
from zk_operator.services.terms_watch import TermsWatch
from zk_operator.services.tools import Tools
from zk_operator.services.transitions import BatchTransitions

log = structlog.get_logger("batcher")
ORDER_BYTES = 7 * 32 + 32  # what one order adds to the prover's input: seven words and its id
COST_WINDOW_MS = 24 * 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BatcherPolicy:
    """The operator's settings."""

    signing_domain: SigningDomain
    limits: BatchPolicy
    tolerance_bps: int
    valid_for_s: int
    max_in_flight: int = 4
    assumed_settle_ms: int = 60_000
    priorities: tuple[PriorityRule, ...] = ()


class Batcher:
    """Open orders to closed batches."""

    name = "batcher"
    description = "Batches orders and matches them"

    def __init__(
        self, tools: Tools, *, terms: TermsWatch, spend: SpendCheck, policy: BatcherPolicy
    ) -> None:
        self._source = tools.source
        self._reader = tools.reader
        self._terms = terms
        self._gate = tools.gate
        self._spend = spend
        self._candidates = Candidates(tools, rules=policy.priorities)
        self._appraiser = Appraiser(orders=tools.store.orders)
        self._store = tools.store
        self._transitions = BatchTransitions(tools)
        self._policy = policy
        self._clock = tools.clock
        self._wake_up = tools.wake_ups.batcher
        self._downstream = tools.wake_ups.dispatcher
        self._accepting = True

    def stop_accepting(self) -> None:
        """Close no further batches: the first step of a drain."""
        self._accepting = False

    async def wake(self) -> None:
        """Wait until orders came or a batch ended."""
        await self._wake_up.wait()

    async def tick(self) -> None:
        """Close at most one batch."""
        if not self._accepting:
            return
        # Read before the head: what is settled in between moves the price and is counted all the same, never neither.
        in_flight = await self._store.batches.in_state(*IN_FLIGHT)
        if len(in_flight) >= self._policy.max_in_flight:
            return
        deep = await self._spend.depth()
        if not self._gate.allows(Purchase.CLOSE):
            return
        head = await self._source.head(BlockTag.LATEST)
        market = Market(contract=self._reader.at(head), in_flight=in_flight)
        limit = self._policy.limits.max_orders * 4
        fee_bps = self._terms.current.fee_bps
        appraisal = self._appraiser.at(market, fee_bps)
        rows = await self._candidates.find(deep.number, limit, market, fee_bps, appraisal)
        chosen = await self._decide(rows, head, appraisal)
        # Rows lag behind the chain after a pause: closing is the first step that leads to money (ADR 0218).
        if chosen is not None and await self._are_open(chosen[0], deep):
            await self._close(*chosen, head, market)

    async def _are_open(self, rows: Sequence[OrderRow], deep: BlockRef) -> bool:
        """Whether the contract calls them all open where money is spent; those that it does not are set aside."""
        still = await self._spend.open_ones([row.order_id for row in rows], deep)
        over = [row for row in rows if row.order_id not in still]
        if over:
            log.warning(
                "orders.over",
                orders=[hex0x(row.order_id) for row in over],
                block=deep.number,
                code=OrderEndMissed.code,
            )
            await self._candidates.set_aside(over)
        return not over

    async def _decide(
        self, rows: Sequence[OrderRow], head: BlockRef, appraisal: Appraisal
    ) -> tuple[list[OrderRow], CloseReason] | None:
        """Which rows to batch now and why, after evicting those that have no chance."""
        estimates = estimate(
            await self._store.batches.recent(100),
            now_ms=self._clock.now_ms(),
            assumed_ms=self._policy.assumed_settle_ms,
            batch_cost=await self._batch_cost(),
        )
        seats = [(row.order.pool_id, row.order.owner) for row in rows]
        rounds = turns(seats, self._policy.limits.max_orders)
        waiting = tuple(
            [
                await self._waiting(row, turn, appraisal)
                for row, turn in zip(rows, rounds, strict=True)
            ]
        )
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
                return await self._decide(left, head, appraisal)

    async def _evict(self, gone: Mapping[OrderId, EvictReason]) -> None:
        """Refuse for good whose time is over. A cancel can be reorged out, so it only leaves the order out."""
        for order_id, reason in gone.items():
            if reason is EvictReason.CANCELLED:
                # A reorg can take the cancel back: then it is an order like any other (ADR 0023).
                log.info("order.left_out", order_id=hex0x(order_id), reason=reason)
                continue
            await self._store.orders.refuse(order_id, Refusal.OUT_OF_TIME)
            log.warning(
                "order.evicted",
                order_id=hex0x(order_id),
                reason=reason,
                code=Refusal.OUT_OF_TIME.value,
            )

    async def _waiting(self, row: OrderRow, turn: int, appraisal: Appraisal) -> WaitingOrder:
        return WaitingOrder(
            order_id=row.order_id,
            priority=row.priority,
            size_bytes=ORDER_BYTES,
            waiting_since=row.placed_at_s * 1000,
            deadline_s=row.order.deadline,
            fee=await self._fee(row, appraisal),
            cancel_at_s=row.cancel_at_s,
            turn=turn,
        )

    async def _batch_cost(self) -> int:
        """What a settlement has cost on average lately, in wei; beyond any fee while that is not known, or nothing is closed by fees."""
        if self._policy.limits.fee_multiple_bps == 0:
            return MAX_UINT128
        since = self._clock.now_ms() - COST_WINDOW_MS
        paid = [
            entry.paid
            for entry in await self._store.intents.ledger(since)
            if entry.purpose == Purpose.SETTLE and entry.paid
        ]
        return sum(paid) // len(paid) if paid else MAX_UINT128

    async def _fee(self, row: OrderRow, appraisal: Appraisal) -> int:
        """What the order is expected to earn, in wei; 0 where that is not known, or nothing is closed by fees."""
        if self._policy.limits.fee_multiple_bps == 0:
            return 0
        return await appraisal.fee(row.order) or 0

    async def _close(
        self, rows: Sequence[OrderRow], reason: CloseReason, head: BlockRef, market: Market
    ) -> None:
        """Under the terms of this very block: a fee that has changed would make every settlement fail."""
        # The head that prices and quotes are of: terms of another block could not settle this section (ADR 0012, 0217).
        await self._spend.look(head)
        if not self._gate.allows(Purchase.CLOSE):
            return
        fee_bps = self._terms.current.fee_bps
        valid_until = self._valid_until(rows, head)
        proposals = await self._propose(rows, valid_until, fee_bps, market)
        await self._candidates.leave_out(rows, proposals, market, fee_bps)
        made = [proposal for proposal in proposals if proposal.section is not None]
        if made:
            await self._write(made, valid_until, reason)

    def _valid_until(self, rows: Sequence[OrderRow], head: BlockRef) -> int:
        """No later than any order's deadline, and before a cancel takes effect that is requested after this block:

        so such a cancel cannot undo the batch.
        """
        span = min(self._policy.valid_for_s, self._terms.current.cancel_delay_s - 1)
        return min(head.timestamp + span, *(row.order.deadline for row in rows))

    async def _propose(
        self, rows: Sequence[OrderRow], valid_until: int, fee_bps: int, market: Market
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
        return [await market.propose(pool, by_pool[pool], policy) for pool in sorted(by_pool)]

    async def _write(self, made: Sequence[Proposal], valid_until: int, reason: CloseReason) -> None:
        sections = tuple(proposal.section for proposal in made if proposal.section is not None)
        orders = [order for proposal in made for order in proposal.orders]
        domain = self._policy.signing_domain
        # By the rule itself: whatever chose the orders, this is what the contract will recompute (ADR 0021).
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
            await self._transitions.closed(batch)
        except LostRace:
            log.info("batch.lost", batch_id=batch.batch_id)
            return
        self._downstream.notify()
