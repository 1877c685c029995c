"""What blocks say, in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from anyio.lowlevel import checkpoint

from zk_acts.domain.acts import IntentState
from zk_acts.domain.failures import LostRace
from zk_acts.domain.ids import Hash32, hex0x
from zk_devnet.testing.memory_tables import SubStore, age, order_age
from zk_operator.domain.chain_event import (
    BatchSettled,
    BlockRef,
    CancelRequested,
    ChainEvent,
    OrderPlaced,
    OrderRefunded,
    OrderRefused,
    OrderSettled,
    ProposedTerms,
    SectionSkipped,
    TermsChanged,
    Undecodable,
)
from zk_operator.domain.ids import OrderId
from zk_operator.domain.priority import Priority
from zk_operator.domain.records import BatchState, OrderRow, OrderStatus, Rejection
from zk_operator.ports.store import ScannedBlock, TaskGap

KEPT_BLOCKS = 1024


class MemoryChain(SubStore):
    """ChainStore."""

    async def cursor(self) -> BlockRef | None:
        """The last block whose effects are stored."""
        await checkpoint()
        return self._tables.blocks[-1] if self._tables.blocks else None

    async def recent_blocks(self, limit: int) -> Sequence[BlockRef]:
        """The newest scanned blocks, newest first."""
        await checkpoint()
        return tuple(reversed(self._tables.blocks))[:limit]

    async def apply(self, blocks: Sequence[ScannedBlock]) -> None:
        """As the database: idempotent per block; LostRace for another block at or below the cursor."""
        await checkpoint()
        with self._tables.transaction():
            for scanned in blocks:
                self._apply(scanned)
            self._tables.release_from_ended()
            self._tables.blocks = self._tables.blocks[-KEPT_BLOCKS:]

    async def merge(self, blocks: Sequence[ScannedBlock]) -> Sequence[OrderId]:
        """As the database: what no row says yet; LostRace above the cursor or for another block of a stored height."""
        await checkpoint()
        tables, changed = self._tables, set()
        known = {block.number: block.hash for block in tables.blocks}
        with tables.transaction():
            for scanned in blocks:
                block = scanned.block
                if not known or block.number > max(known):
                    raise LostRace("the chain has moved since it was read", block=block.number)
                if known.get(block.number, block.hash) != block.hash:
                    raise LostRace("the chain has moved since it was read", block=block.number)
                for event in scanned.events:
                    # An older cancel than the one in force is news as well: a reorg may bring it into force.
                    before = self._row_of(event), len(tables.cancels)
                    self._store(event, scanned)
                    row = self._row_of(event)
                    if row is not None and (row, len(tables.cancels)) != before:
                        changed.add(row.order_id)
            tables.release_from_ended()
        return tuple(sorted(changed))

    async def task_gaps(self, first: int, count: int, limit: int) -> Sequence[TaskGap]:
        """Which task indices from `first` to below `count` have no row, ascending."""
        await checkpoint()
        rows = sorted(
            self._tables.orders.values(), key=lambda row: row.placed.block_number, reverse=True
        )
        there = {
            row.task_index: row.placed.block_number
            for row in rows
            if row.status is not OrderStatus.ORPHANED
        }
        edges = [
            each
            for each in range(first - 1, count - 1)
            if each + 1 not in there and (each in there or each < first)
        ]
        return tuple(_gap(there, edge, count) for edge in edges[:limit])

    async def baseline(self) -> int | None:
        """How many orders there were before the scan, if that is known."""
        await checkpoint()
        return self._tables.baseline

    async def set_baseline(self, tasks: int) -> None:
        """The first word stays."""
        await checkpoint()
        if self._tables.baseline is None:
            self._tables.baseline = tasks

    async def proposals(self) -> Sequence[ProposedTerms]:
        """Of each change the last word, where that is a proposal."""
        await checkpoint()
        told = sorted(self._tables.proposals.values(), key=lambda each: age(each.at))
        last = {each.change_id: each for each in told}
        return tuple(
            each.proposed for each in told if each.proposed and last[each.change_id] is each
        )

    async def rewind(self, ancestor: BlockRef) -> Sequence[OrderId]:
        """As the database: the orphaned orders, oldest first; LostRace unless the ancestor was scanned."""
        await checkpoint()
        tables = self._tables
        stored = next((b.hash for b in tables.blocks if b.number == ancestor.number), None)
        top = tables.blocks[-1].number if tables.blocks else -1
        if ancestor.number > top or stored not in {None, ancestor.hash}:
            raise LostRace("the ancestor is not a scanned block", ancestor=ancestor.number)
        tables.blocks = [block for block in tables.blocks if block.number < ancestor.number]
        tables.blocks.append(ancestor)
        return self._take_back(ancestor.number)

    async def observations(self, key: Hash32) -> Sequence[BatchSettled | SectionSkipped]:
        """What the contract said of one batch, oldest first."""
        await checkpoint()
        found = [each for each in self._tables.observations.values() if _key(each) == key]
        return tuple(sorted(found, key=lambda each: age(each.at)))

    def _apply(self, scanned: ScannedBlock) -> None:
        blocks = self._tables.blocks
        if blocks and scanned.block.number <= blocks[-1].number:
            if any(block.hash == scanned.block.hash for block in blocks):
                return
            raise LostRace("the chain has to be rewound first", block=scanned.block.number)
        for event in scanned.events:
            self._store(event, scanned)
        blocks.append(scanned.block)

    def _row_of(self, event: ChainEvent) -> OrderRow | None:
        match event:
            case OrderPlaced() | CancelRequested() | OrderSettled() | OrderRefunded():
                return self._tables.orders.get(event.order_id)
        return None

    def _store(self, event: ChainEvent, scanned: ScannedBlock) -> None:
        tables, position = self._tables, (event.at.block_hash, event.at.log_index)
        match event:
            case OrderPlaced():
                self._place(event, scanned)
            case CancelRequested() if event.order_id in tables.orders:
                tables.cancels.setdefault(position, event)
                self._set_cancel(event.order_id)
            case OrderSettled() | OrderRefunded():
                self._end(event, scanned)
            case OrderRefused() | Undecodable():
                tables.rejections.setdefault(position, _rejection(event))
            case SectionSkipped() | BatchSettled():
                tables.observations.setdefault(position, event)
            case TermsChanged() if event.change_id is not None:
                tables.proposals.setdefault(position, event)

    def _place(self, event: OrderPlaced, scanned: ScannedBlock) -> None:
        known = self._tables.orders.get(event.order_id)
        if known is not None and known.status is not OrderStatus.ORPHANED:
            return
        self._tables.orders[event.order_id] = OrderRow(
            order_id=event.order_id,
            order=known.order if known else event.order,
            task_index=event.task_index,
            placed=event.at,
            placed_at_s=scanned.block.timestamp,
            seen_at=known.seen_at if known else self._tables.clock.now_ms(),
            status=OrderStatus.OPEN,
            refusal=scanned.refusals.get(event.order_id),
            batch_id=known.batch_id if known else None,
            back_off_until=known.back_off_until if known else None,
            back_offs=known.back_offs if known else 0,
            priority=known.priority if known else Priority.NORMAL,
        )
        self._set_cancel(event.order_id)

    def _end(self, event: OrderSettled | OrderRefunded, scanned: ScannedBlock) -> None:
        known = self._tables.orders.get(event.order_id)
        if known is None or known.status is not OrderStatus.OPEN:
            return
        settled = isinstance(event, OrderSettled)
        self._tables.edit_order(
            event.order_id,
            status=OrderStatus.SETTLED if settled else OrderStatus.REFUNDED,
            payout=event.payout if isinstance(event, OrderSettled) else None,
            ended=event.at,
            ended_at_s=scanned.block.timestamp,
        )
        self._tables.end_back_off(event.order_id, forget=True)

    def _set_cancel(self, order_id: OrderId) -> None:
        cancels = [each for each in self._tables.cancels.values() if each.order_id == order_id]
        latest = max(cancels, key=lambda each: age(each.at), default=None)
        self._tables.edit_order(order_id, cancel_at_s=latest.cancel_at if latest else None)

    def _take_back(self, ancestor: int) -> tuple[OrderId, ...]:
        tables = self._tables
        reopened = {
            row.order_id
            for row in tables.orders.values()
            if row.ended and row.ended.block_number > ancestor
        }
        for order_id in reopened:
            tables.edit_order(
                order_id, status=OrderStatus.OPEN, payout=None, ended=None, ended_at_s=None
            )
        self._unsettle(reopened)
        self._forget_logs(ancestor)
        orphaned = [
            row
            for row in tables.orders.values()
            if row.status is OrderStatus.OPEN and row.placed.block_number > ancestor
        ]
        for row in orphaned:
            tables.edit_order(row.order_id, status=OrderStatus.ORPHANED)
        self._exclude(ancestor)
        tables.release_from_ended()
        return tuple(row.order_id for row in sorted(orphaned, key=order_age))

    def _unsettle(self, reopened: set[OrderId]) -> None:
        for batch in tuple(self._tables.batches.values()):
            own = {
                each for each in reopened if self._tables.orders[each].batch_id == batch.batch_id
            }
            if batch.state is BatchState.SETTLED and own:
                self._tables.batches[batch.batch_id] = replace(
                    batch,
                    state=BatchState.AGGREGATED,
                    settled_at=None,
                    error_code=None,
                    version=batch.version + 1,
                )

    def _forget_logs(self, ancestor: int) -> None:
        tables = self._tables
        removed = [each for each in tables.cancels.values() if each.at.block_number > ancestor]
        for cancel in removed:
            del tables.cancels[cancel.at.block_hash, cancel.at.log_index]
            self._set_cancel(cancel.order_id)
        tables.rejections = {
            key: each for key, each in tables.rejections.items() if each.at.block_number <= ancestor
        }
        tables.observations = {
            key: each
            for key, each in tables.observations.items()
            if each.at.block_number <= ancestor
        }
        tables.proposals = {
            key: each for key, each in tables.proposals.items() if each.at.block_number <= ancestor
        }

    def _exclude(self, ancestor: int) -> None:
        for intent in tuple(self._tables.intents.values()):
            if (
                intent.backend.startswith("evm:")
                and intent.state is IntentState.INCLUDED
                and (intent.included_block or 0) > ancestor
            ):
                self._tables.intents[intent.intent_id] = replace(
                    intent,
                    state=IntentState.SENT,
                    paid=None,
                    included_block=None,
                    error_code=None,
                    detail=None,
                    updated_at=self._tables.clock.now_ms(),
                )


def _gap(there: Mapping[int, int], edge: int, count: int) -> TaskGap:
    above = min((each for each in there if edge < each < count), default=None)
    return TaskGap(
        first=edge + 1,
        last=(count if above is None else above) - 1,
        after_block=there.get(edge),
        before_block=None if above is None else there[above],
    )


def _key(event: BatchSettled | SectionSkipped) -> Hash32:
    return event.key if isinstance(event, SectionSkipped) else event.public_values_hash


def _rejection(event: OrderRefused | Undecodable) -> Rejection:
    if isinstance(event, OrderRefused):
        detail = f"refused by the contract with code {event.code}"
        return Rejection(
            at=event.at, code=f"contract:{event.code}", order_id=event.order_id, detail=detail
        )
    detail = f"topic {hex0x(event.topic)}: {event.detail}"
    return Rejection(at=event.at, code="ZKO-INT-001", order_id=None, detail=detail)
