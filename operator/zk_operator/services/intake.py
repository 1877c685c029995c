"""Intake: follows the chain block by block, without gaps, and writes what it says.

Polling is the truth; the head subscription only wakes it. The cursor moves in the same database transaction as the
orders of its block. A parent hash that does not match rewinds to the common ancestor.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import structlog

from zk_operator.domain.chain_event import (
    BlockRef,
    BlockTag,
    ChainEvent,
    OrderPlaced,
    OrderRefunded,
    OrderSettled,
    SectionSkipped,
    Undecodable,
)
from zk_operator.domain.failures import MalformedAnswer, ReorgTooDeep
from zk_operator.domain.ids import OrderId, hex0x
from zk_operator.domain.validation import OrderLimits, Placement, Refusal, refusal_of
from zk_operator.ports.chain import BlockSource, ContractTerms, PoolTerms, SettlementReader
from zk_operator.ports.store import ChainStore, ScannedBlock
from zk_operator.runtime.bell import Bell
from zk_operator.runtime.telemetry import Telemetry
from zk_operator.services.depth import Depth, block_at
from zk_operator.services.intake_errors import EventUndecodable

log = structlog.get_logger("intake")


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakePolicy:
    """Where to start when the database is new, how much to read at once, how far back an ancestor may lie."""

    start_block: int
    see_at: Depth = BlockTag.LATEST
    max_range: int = 200
    max_rewind: int = 512


class Intake:
    """Blocks to rows."""

    name = "intake"
    description = "Follows the EVM chain and stores orders"

    def __init__(
        self,
        *,
        source: BlockSource,
        reader: SettlementReader,
        store: ChainStore,
        terms: ContractTerms,
        policy: IntakePolicy,
        telemetry: Telemetry,
        downstream: Sequence[Bell],
    ) -> None:
        self._source = source
        self._reader = reader
        self._store = store
        self._terms = terms
        self._policy = policy
        self._telemetry = telemetry
        self._downstream = downstream

    async def wake(self) -> None:
        """Wait for the announcement of a head."""
        await self._source.wait_for_head()

    async def tick(self) -> None:
        """Read up to the head, following a reorg where there was one."""
        head = await block_at(self._source, self._policy.see_at)
        self._telemetry.gauge("head", head.number, chain="evm", tag="seen")
        cursor = await self._canonical_cursor(head)
        while cursor is None or cursor.number < head.number:
            moved = await self._advance(cursor, head)
            if moved is None:
                break
            cursor = moved
        if cursor is not None:
            self._telemetry.gauge("cursor", cursor.number)
            self._telemetry.gauge("lag", max(0, head.number - cursor.number))

    async def _canonical_cursor(self, head: BlockRef) -> BlockRef | None:
        """The cursor, after a rewind if its block is not part of the chain any more."""
        cursor = await self._store.cursor()
        if cursor is None:
            return None
        now = await self._source.block(cursor.number)
        if now is not None and now.hash == cursor.hash:
            return cursor
        if now is None and await self._is_behind(head):
            log.info("head.behind", head=head.number, cursor=cursor.number)
            return cursor
        return await self._rewind(cursor)

    async def _is_behind(self, head: BlockRef) -> bool:
        """Whether the chain ends below our cursor without contradicting us: an endpoint that lags, not a reorg."""
        for known in await self._store.recent_blocks(self._policy.max_rewind):
            if known.number <= head.number:
                now = await self._source.block(known.number)
                return now is not None and now.hash == known.hash
        return True

    async def _rewind(self, cursor: BlockRef) -> BlockRef:
        for known in await self._store.recent_blocks(self._policy.max_rewind):
            now = await self._source.block(known.number)
            if now is not None and now.hash == known.hash:
                orphaned = await self._store.rewind(known)
                self._telemetry.count("reorgs")
                log.warning(
                    "reorg.followed",
                    from_block=cursor.number,
                    ancestor=known.number,
                    orphaned=[hex0x(order_id) for order_id in orphaned],
                )
                self._ring()
                return known
        raise ReorgTooDeep(cursor=cursor.number, searched=self._policy.max_rewind)

    async def _advance(self, cursor: BlockRef | None, head: BlockRef) -> BlockRef | None:
        """Store the next range; its last block, or None when the chain moved under us (the next pass sorts it out)."""
        first = cursor.number + 1 if cursor else min(self._policy.start_block, head.number)
        last = min(head.number, first + self._policy.max_range - 1)
        events = await self._source.events(first, last)
        if any(not first <= event.at.block_number <= last for event in events):
            raise MalformedAnswer("an event outside the range", first=first, last=last)
        blocks = await self._blocks(first, last, events)
        if blocks is None or not _linked(cursor, blocks, events):
            log.info("scan.repeated", first=first, last=last)
            return None
        scanned = [await self._scan(block, events) for block in blocks]
        await self._store.apply(scanned)
        if events:
            self._ring()
        return blocks[-1]

    async def _blocks(
        self, first: int, last: int, events: Sequence[ChainEvent]
    ) -> list[BlockRef] | None:
        """Headers of every block near the head; of a long catch-up only those that matter."""
        numbers = {event.at.block_number for event in events} | {first, last}
        recent = range(max(first, last - self._policy.max_rewind), last + 1)
        blocks = []
        for number in sorted(numbers | set(recent)):
            block = await self._source.block(number)
            if block is None:
                return None
            blocks.append(block)
        return blocks

    async def _scan(self, block: BlockRef, events: Sequence[ChainEvent]) -> ScannedBlock:
        mine = tuple(event for event in events if event.at.block_number == block.number)
        refusals: dict[OrderId, str] = {}
        for event in mine:
            if isinstance(event, OrderPlaced):
                refusal = await self._judge(event, block)
                if refusal:
                    refusals[event.order_id] = refusal
            _log_event(event)
        return ScannedBlock(block=block, events=mine, refusals=refusals)

    async def _judge(self, event: OrderPlaced, block: BlockRef) -> Refusal | None:
        pool = await self._reader.at(block).pool(event.order.pool_id)
        limits = self._limits(pool) if pool else None
        placement = Placement(
            claimed_id=event.order_id, order=event.order, mined_at_s=block.timestamp
        )
        refusal = refusal_of(placement, self._terms.signing_domain, limits)
        self._telemetry.count("orders_seen", verdict=refusal or "accepted")
        return refusal

    def _limits(self, pool: PoolTerms) -> OrderLimits:
        return OrderLimits(
            min_size0=pool.min_size0,
            min_size1=pool.min_size1,
            max_span_s=self._terms.max_order_span_s,
        )

    def _ring(self) -> None:
        for bell in self._downstream:
            bell.ring()


def _linked(
    cursor: BlockRef | None, blocks: Sequence[BlockRef], events: Sequence[ChainEvent]
) -> bool:
    """Whether the blocks continue the cursor and each other, and the events are of these very blocks."""
    chain = ([cursor] if cursor else []) + list(blocks)
    for parent, child in pairwise(chain):
        if child.number == parent.number + 1 and child.parent_hash != parent.hash:
            return False
    hashes = {block.number: block.hash for block in blocks}
    return all(hashes[event.at.block_number] == event.at.block_hash for event in events)


def _log_event(event: ChainEvent) -> None:
    """One line per event that changes an order; money-relevant oddities as warnings."""
    where = {"block": event.at.block_number, "tx_hash": hex0x(event.at.tx_hash)}
    match event:
        case OrderPlaced():
            log.info("order.placed", order_id=hex0x(event.order_id), task=event.task_index, **where)
        case OrderSettled():
            log.info(
                "order.settled", order_id=hex0x(event.order_id), payout=str(event.payout), **where
            )
        case OrderRefunded():
            log.info(
                "order.refunded", order_id=hex0x(event.order_id), amount=str(event.amount), **where
            )
        case SectionSkipped():
            log.warning(
                "section.skipped",
                pool_id=hex0x(event.pool_id),
                reason=hex0x(event.reason),
                code="ZKO-SET-003",
                **where,
            )
        case Undecodable():
            log.warning(
                "event.rejected",
                code=EventUndecodable.code,
                topic=hex0x(event.topic),
                detail=event.detail,
                **where,
            )
        case _:
            log.debug("event.read", kind=type(event).__name__, **where)
