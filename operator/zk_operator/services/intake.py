"""Intake: follows the chain block by block, without gaps, and writes what it says.

Polling is the truth; the head subscription only wakes it. The cursor moves in the same database transaction as the
orders of its block. A parent hash that does not match rewinds to the common ancestor. An answer that left something out
is noticed by counting (`services.order_audit`).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from zk_acts.domain.errors import OperatorError
from zk_acts.domain.ids import hex0x
from zk_operator.domain.chain_event import BlockRef, BlockTag, TermsChanged
from zk_operator.domain.failures import ReorgTooDeep
from zk_operator.ports.store import ScannedBlock
from zk_operator.services.depth import Depth, block_at
from zk_operator.services.order_audit import OrderAudit
from zk_operator.services.scan import Scanner, report
from zk_operator.services.tools import Tools

log = structlog.get_logger("intake")


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakePolicy:
    """Where to start when the database is new, how much to read at once, how far back an ancestor may lie.

    `most_lag`: blocks behind the head from which on the operator is not called ready, if they are `most_lag_s` as well:
    where blocks come several a second, a scan is always some behind.
    """

    start_block: int
    see_at: Depth = BlockTag.LATEST
    max_range: int = 200
    max_rewind: int = 512
    most_lag: int = 20
    most_lag_s: int = 30


class Intake:
    """Blocks to rows."""

    name = "intake"
    description = "Follows the EVM chain and stores orders"

    def __init__(
        self,
        tools: Tools,
        *,
        scanner: Scanner,
        audit: OrderAudit,
        policy: IntakePolicy,
        announce: Callable[[TermsChanged], None],
    ) -> None:
        """`announce`: told when the contract says that its terms change."""
        wake_ups = tools.wake_ups
        self._source = tools.source
        self._scanner = scanner
        self._audit = audit
        self._store = tools.store.chain
        self._policy = policy
        self._telemetry = tools.telemetry
        self._board = tools.board
        self._downstream = (wake_ups.batcher, wake_ups.settler, wake_ups.reaper)  # of orders
        self._each_block = (wake_ups.settler,)  # a root was relayed, or a transaction mined
        self._announce = announce

    async def wake(self) -> None:
        """Wait for the announcement of a head."""
        await self._source.wait_for_head()

    async def tick(self) -> None:
        """Read up to the head, following a reorg where there was one; then see whether anything was left out."""
        head = await self._head()
        self._show(await self._store.cursor(), head)
        cursor = await self._canonical_cursor(head)
        while cursor is None or cursor.number < head.number:
            moved = await self._advance(cursor, head)
            if moved is None:
                return
            cursor = moved
            self._show(cursor, head)
        # At the head alone rows and contract have to be equal, so that no race is to be thought of (ADR 0183).
        if cursor.number == head.number and await self._audit.look(cursor):
            self._notify()

    async def _head(self) -> BlockRef:
        try:
            head = await block_at(self._source, self._policy.see_at)
        except OperatorError:
            self._telemetry.gauge("lag", math.nan)  # nobody knows; the cursor's age goes on growing
            raise
        self._telemetry.gauge("head", head.number, chain="evm", tag="seen")
        return head

    def _show(self, cursor: BlockRef | None, head: BlockRef) -> None:
        """How far behind we are, before anything is read: a scan that fails leaves the lag to be seen."""
        read = cursor.number if cursor else min(self._policy.start_block, head.number) - 1
        lag = max(0, head.number - read)
        self._telemetry.gauge("lag", lag)
        if cursor is not None:
            self._telemetry.gauge("cursor", cursor.number)
            self._telemetry.gauge("cursor_time", cursor.timestamp)
        late_s = math.inf if cursor is None else head.timestamp - cursor.timestamp
        if lag > self._policy.most_lag and late_s > self._policy.most_lag_s:
            self._board.fall_behind(self.name, f"{lag} blocks behind the head")
        else:
            self._board.catch_up(self.name)

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
            # From the newest down: the first that still stands is the common ancestor (ADR 0005).
            if now is not None and now.hash == known.hash:
                orphaned = await self._store.rewind(known)
                self._audit.rewound()
                self._telemetry.count("reorgs")
                log.warning(
                    "reorg.followed",
                    from_block=cursor.number,
                    ancestor=known.number,
                    orphaned=[hex0x(order_id) for order_id in orphaned],
                )
                self._notify()
                return known
        raise ReorgTooDeep(cursor=cursor.number, searched=self._policy.max_rewind)

    async def _advance(self, cursor: BlockRef | None, head: BlockRef) -> BlockRef | None:
        """Store the next range; its last block, or None when the chain moved under us (the next pass sorts it out)."""
        first = cursor.number + 1 if cursor else min(self._policy.start_block, head.number)
        last = min(head.number, first + self._policy.max_range - 1)
        # Headers of every block near the head; of a long catch-up only those that matter.
        recent = range(max(first, head.number - self._policy.max_rewind), last + 1)
        scanned = await self._scanner.read(
            first, last, headers={first, last, *recent}, after=cursor
        )
        if scanned is None:
            return None
        # Cursor and orders in one transaction: a crash leaves both or neither (ADR 0005).
        await self._store.apply(scanned)
        self._tell(scanned)
        for wake_up in self._each_block:
            wake_up.notify()
        return scanned[-1].block

    def _tell(self, scanned: Sequence[ScannedBlock]) -> None:
        for block in scanned:
            report(block, self._telemetry)
            for event in block.events:
                if isinstance(event, TermsChanged):
                    self._announce(event)
        if any(block.events for block in scanned):
            self._notify()

    def _notify(self) -> None:
        for wake_up in self._downstream:
            wake_up.notify()
