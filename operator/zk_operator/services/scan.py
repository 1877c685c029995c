"""Reading a range of blocks: events with their headers and our verdicts, or nothing where the chain moved meanwhile."""

from collections.abc import Collection, Sequence
from itertools import pairwise

import structlog

from zk_acts.domain.ids import hex0x
from zk_operator.domain.chain_event import (
    BlockRef,
    ChainEvent,
    OrderPlaced,
    OrderRefunded,
    OrderSettled,
    SectionSkipped,
    TermsChanged,
    Undecodable,
)
from zk_operator.domain.failures import MalformedAnswer
from zk_operator.domain.ids import OrderId
from zk_operator.domain.order import SigningDomain
from zk_operator.domain.validation import Placement, refusal_of
from zk_operator.ports.chain import BlockSource
from zk_operator.ports.store import ScannedBlock
from zk_operator.runtime.telemetry import Telemetry
from zk_operator.services.intake_errors import EventUndecodable
from zk_operator.services.stage_errors import SectionWasSkipped

log = structlog.get_logger("intake")


class Scanner:
    """Blocks with what they say, as one view of the chain."""

    def __init__(self, *, source: BlockSource, signing_domain: SigningDomain) -> None:
        self._source = source
        self._signing_domain = signing_domain

    async def read(
        self, first: int, last: int, *, headers: Collection[int], after: BlockRef | None = None
    ) -> list[ScannedBlock] | None:
        """The blocks with events and those of `headers`, ascending; None when the chain moved under us.

        They continue each other and `after`, and the events are of these very blocks.
        Errors: those of `BlockSource`; MalformedAnswer for an event outside the range.
        """
        reading = await self._source.read(first, last)
        by_number = _grouped(reading.events, first, last)
        blocks = await self._blocks(sorted({*headers, *by_number}), reading.blocks)
        # The events came with these blocks: were one replaced meanwhile, they would be another fork's (ADR 0060).
        if blocks is None or not _linked(after, blocks, by_number):
            log.info("scan.repeated", first=first, last=last)
            return None
        return [self._judged(block, by_number.get(block.number, [])) for block in blocks]

    async def _blocks(
        self, numbers: Sequence[int], known: Sequence[BlockRef]
    ) -> list[BlockRef] | None:
        """Those that came with the events are not asked for again: they are the view that the events are of."""
        view = {block.number: block for block in known}
        blocks = []
        for number in numbers:
            block = view.get(number) or await self._source.block(number)
            if block is None:
                return None
            blocks.append(block)
        return blocks

    def _judged(self, block: BlockRef, events: Sequence[ChainEvent]) -> ScannedBlock:
        refusals: dict[OrderId, str] = {}
        for event in events:
            if isinstance(event, OrderPlaced):
                placement = Placement(
                    claimed_id=event.order_id, order=event.order, mined_at_s=block.timestamp
                )
                refusal = refusal_of(placement, self._signing_domain)
                if refusal:
                    refusals[event.order_id] = refusal
        return ScannedBlock(block=block, events=tuple(events), refusals=refusals)


def report(scanned: ScannedBlock, telemetry: Telemetry) -> None:
    """Count the orders of a block that was stored, and write a line for what changes one."""
    for event in scanned.events:
        if isinstance(event, OrderPlaced):
            verdict = scanned.refusals.get(event.order_id, "accepted")
            telemetry.count("orders_seen", verdict=verdict)
        _log_event(event)


def _grouped(events: Sequence[ChainEvent], first: int, last: int) -> dict[int, list[ChainEvent]]:
    by_number: dict[int, list[ChainEvent]] = {}
    for event in events:
        if not first <= event.at.block_number <= last:
            raise MalformedAnswer("an event outside the range", first=first, last=last)
        by_number.setdefault(event.at.block_number, []).append(event)
    return by_number


def _linked(
    after: BlockRef | None,
    blocks: Sequence[BlockRef],
    by_number: dict[int, list[ChainEvent]],
) -> bool:
    """Whether the blocks continue the one before and each other, and the events are of these very blocks."""
    chain = ([after] if after else []) + list(blocks)
    for parent, child in pairwise(chain):
        if child.number == parent.number + 1 and child.parent_hash != parent.hash:
            return False
    return all(
        event.at.block_hash == block.hash
        for block in blocks
        for event in by_number.get(block.number, [])
    )


def _log_event(event: ChainEvent) -> None:
    """One line per event that changes an order or the terms; money-relevant oddities as warnings."""
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
                code=SectionWasSkipped.code,
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
        case TermsChanged():
            log.info("terms.announced", kind=event.kind, **where)
        case _:
            log.debug("event.read", kind=type(event).__name__, **where)
