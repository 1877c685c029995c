"""Order audit: notices what scans missed, and has it read again.

A log that an endpoint left out is never asked for again by the scan. But the contract numbers its orders without gaps, so
that a placement is missed by counting; and an open order whose cancel or end was left out differs from the contract's own
slot. Both are asked at the cursor's very block: the rows say what the chain said up to there.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from zk_acts.domain.errors import Disposition, OperatorError
from zk_acts.domain.failures import LostRace
from zk_acts.domain.ids import hex0x
from zk_operator.domain.chain_event import BlockRef
from zk_operator.domain.failures import NoContractCode
from zk_operator.domain.ids import OrderId
from zk_operator.domain.records import OnchainStatus, OrderRow, OrderStatus
from zk_operator.ports.chain import OnchainOrder
from zk_operator.ports.store import TaskGap
from zk_operator.services.intake_errors import OrderEndMissed, OrdersMissing
from zk_operator.services.scan import Scanner
from zk_operator.services.tools import Tools

log = structlog.get_logger("audit")
MISSING, STALE = "orders.missing", "orders.stale"
MOST_GAPS = 20  # that are followed at once


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPolicy:
    """Where the contract's history begins, how much is read and compared at once, and how often."""

    start_block: int
    max_range: int = 200
    most_ranges: int = 20  # per pass, so that new blocks are not kept waiting
    page: int = 500
    page_every_ms: int = 15_000
    first_pause_ms: int = 2_000
    most_pause_ms: int = 300_000
    baseline_every_ms: int = 60_000


class OrderAudit:
    """Rows against the contract. Used by intake alone, between its scans: nobody else writes what the chain says."""

    def __init__(self, tools: Tools, *, scanner: Scanner, policy: AuditPolicy) -> None:
        self._scanner = scanner
        self._source = tools.source
        self._reader = tools.reader
        self._chain = tools.store.chain
        self._orders = tools.store.orders
        self._policy = policy
        self._clock = tools.clock
        self._telemetry = tools.telemetry
        self._board = tools.board
        self._complete = 0  # every task index below it has a row
        self._counted: BlockRef | None = None  # where that was last compared
        self._missing = 0
        self._stale: dict[OrderId, OrderRow] = {}
        self._ranges: deque[tuple[int, int]] = deque()
        self._page_after: OrderId | None = None
        self._page_at = 0
        self._pause_ms = 0
        self._read_at = 0
        self._baseline: int | None = None  # the contract's count before the first block of the scan
        self._baseline_at = 0

    def rewound(self) -> None:
        """Rows were taken back: count and compare from the beginning, and let go what was to be read again."""
        self._complete, self._counted = 0, None
        self._page_after, self._page_at = None, 0
        self._stale.clear()
        self._ranges.clear()

    async def look(self, cursor: BlockRef) -> bool:
        """Compare and read again what has to be; whether rows changed. Errors: those of `BlockSource`."""
        gaps = await self._count(cursor)
        await self._compare_page(cursor)
        if not self._ranges and self._clock.now_ms() >= self._read_at:
            self._plan(gaps, cursor)
        if not self._ranges:
            return False
        changed = await self._read_again(cursor)
        if changed:
            self._telemetry.count("orders_reread", len(changed))
            log.warning("orders.found", orders=[hex0x(order_id) for order_id in changed])
            # Whatever ended a found order while it was unknown had no row to change.
            await self._compare(await self._orders.get(changed), cursor)
        await self._count(cursor)
        await self._compare(list(self._stale.values()), cursor)
        return bool(changed)

    async def _count(self, cursor: BlockRef) -> Sequence[TaskGap]:
        """Which orders are missing; one question per new block, none while there is neither a new block nor a gap."""
        if self._counted == cursor and not self._missing:
            return ()
        count = await self._task_count(cursor)
        first = max(self._complete, self._baseline or 0)
        gaps = await self._chain.task_gaps(first, count, MOST_GAPS)
        if gaps and gaps[0].after_block is None and await self._learn_baseline(gaps[0]):
            first = max(first, self._baseline or 0)
            gaps = await self._chain.task_gaps(first, count, MOST_GAPS)
        # Never counted again from the beginning: every index below has its row, for as long as no reorg takes
        # one back (ADR 0183).
        self._complete = gaps[0].first if gaps else count
        self._counted = cursor
        self._note_missing(gaps)
        return gaps

    async def _task_count(self, cursor: BlockRef) -> int:
        try:
            return await self._reader.at(cursor).task_count()
        except NoContractCode:
            return 0  # the cursor has not come to the block of the deployment; that there is one was checked at the start

    async def _learn_baseline(self, gap: TaskGap) -> bool:
        """Whether it has become known which of the first orders are older than the scan: those are not missing.

        The contract tells, as of the block before; from then on the database does, as that block's state may be gone.
        Where a scan has begun earlier, no order that it knows counts as older.
        """
        if self._baseline is not None or self._clock.now_ms() < self._baseline_at:
            return False
        self._baseline_at = self._clock.now_ms() + self._policy.baseline_every_ms
        known = await self._chain.baseline()
        if known is None:
            count = await self._count_before_the_scan()
            if count is None:
                return False
            known = min(count, gap.last + 1)
            await self._chain.set_baseline(known)
            if known:
                log.warning("orders.older", count=known, start_block=self._policy.start_block)
        self._baseline = known
        return True

    async def _count_before_the_scan(self) -> int | None:
        """None where no endpoint keeps the state of that block, or none answers now."""
        if self._policy.start_block == 0:
            return 0
        try:
            before = await self._source.block(self._policy.start_block - 1)
            return None if before is None else await self._task_count(before)
        except OperatorError as error:
            if error.disposition is Disposition.FATAL:
                raise
            log.warning("baseline.unknown", code=error.code, error=str(error))
            return None

    def _note_missing(self, gaps: Sequence[TaskGap]) -> None:
        self._missing = sum(gap.last - gap.first + 1 for gap in gaps)
        self._telemetry.gauge("orders_missing", self._missing)
        if not gaps:
            if self._board.clear_alert(MISSING):
                log.info("orders.complete", count=self._complete)
            return
        text = (
            f"{self._missing} orders of the contract are unknown, the first is task {gaps[0].first}"
        )
        if self._baseline is None and gaps[0].after_block is None:
            text += f"; nobody says how many there were before block {self._policy.start_block}"
        if self._board.raise_alert(MISSING, text):
            log.error(
                "orders.missing",
                code=OrdersMissing.code,
                missing=self._missing,
                first_task=gaps[0].first,
            )

    async def _compare_page(self, cursor: BlockRef) -> None:
        """The next open orders against the contract: a page every few seconds, from the beginning after each start."""
        now = self._clock.now_ms()
        if now < self._page_at:
            return
        # A cancel or an end has no number that could be missed: each open order is compared in its turn (ADR 0183).
        rows = await self._orders.open_after(self._page_after, self._policy.page)
        await self._compare(rows, cursor)
        full = len(rows) == self._policy.page
        self._page_after = rows[-1].order_id if full else None
        self._page_at = now + self._policy.page_every_ms

    async def _compare(self, rows: Sequence[OrderRow], cursor: BlockRef) -> None:
        """Note which of the rows say open, or uncancelled, where the contract does not."""
        rows = await self._orders.get([row.order_id for row in rows]) if rows else ()
        is_open = [row for row in rows if row.status is OrderStatus.OPEN]
        states = (
            await self._reader.at(cursor).order_states([row.order_id for row in is_open])
            if is_open
            else ()
        )
        for row in rows:
            self._stale.pop(row.order_id, None)
        for row, state in zip(is_open, states, strict=True):
            if not _agree(row, state):
                self._stale[row.order_id] = row
        self._note_stale()

    def _note_stale(self) -> None:
        self._telemetry.gauge("orders_stale", len(self._stale))
        if not self._stale:
            if self._board.clear_alert(STALE):
                log.info("orders.agree")
            return
        some = next(iter(self._stale))
        text = f"{len(self._stale)} open orders differ from the contract, among them {hex0x(some)}"
        if self._board.raise_alert(STALE, text):
            log.error(
                "orders.stale",
                code=OrderEndMissed.code,
                stale=len(self._stale),
                order_id=hex0x(some),
            )

    def _plan(self, gaps: Sequence[TaskGap], cursor: BlockRef) -> None:
        """What to read again: between the neighbours of each gap, and from the first order that differs."""
        ranges = [self._range(gap, cursor) for gap in gaps]
        if self._stale:
            placed = min(row.placed.block_number for row in self._stale.values())
            ranges.append((placed, cursor.number))
        self._ranges.extend(ranges)
        if not ranges:
            self._pause_ms = 0
            return
        self._pause_ms = min(
            max(2 * self._pause_ms, self._policy.first_pause_ms), self._policy.most_pause_ms
        )
        self._read_at = self._clock.now_ms() + self._pause_ms
        log.warning("scan.planned", ranges=ranges)

    def _range(self, gap: TaskGap, cursor: BlockRef) -> tuple[int, int]:
        last = cursor.number if gap.before_block is None else gap.before_block
        first = self._policy.start_block if gap.after_block is None else gap.after_block
        return min(first, last), last  # rows may be older than a start block that was set later

    async def _read_again(self, cursor: BlockRef) -> Sequence[OrderId]:
        """Some of what is planned; the orders that changed. Where the chain moved, the plan is made anew later."""
        changed: set[OrderId] = set()
        for _ in range(self._policy.most_ranges):
            if not self._ranges:
                break
            first, last = self._ranges.popleft()
            # Merged up to the cursor only: above it the scan has not spoken, and would be overtaken (ADR 0183).
            upto = min(last, first + self._policy.max_range - 1, cursor.number)
            scanned = await self._scanner.read(first, upto, headers=())
            if scanned is None:
                self._ranges.clear()
                break
            try:
                changed.update(await self._chain.merge(scanned))
            except LostRace:
                self._ranges.clear()
                break
            if upto < min(last, cursor.number):
                self._ranges.appendleft((upto + 1, last))
        return sorted(changed)


def _agree(row: OrderRow, state: OnchainOrder) -> bool:
    return state.status is OnchainStatus.OPEN and (state.cancel_at_s or None) == row.cancel_at_s
