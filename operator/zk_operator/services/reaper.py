"""Reaper: refunds what expired or was cancelled. Anyone may; the operator does, so that no trader has to."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from zk_operator.domain.chain_event import BlockTag
from zk_operator.domain.ids import hex0x
from zk_operator.domain.records import IntentState, OrderRow
from zk_operator.ports.act import Mined
from zk_operator.ports.chain import BlockSource, Call, SettlementCalls, SettlementReader
from zk_operator.ports.clock import Clock
from zk_operator.ports.store import OrderStore
from zk_operator.runtime.bell import Bell
from zk_operator.services.paid_act import PaidActs
from zk_operator.services.settler import CHAIN_OPEN

log = structlog.get_logger("reaper")
PURPOSE = "refund"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReapPolicy:
    """How many orders one transaction refunds, and when it counts as stuck."""

    max_orders: int = 20
    replace_after_ms: int = 30_000


class Reaper:
    """Open and over: refunded."""

    name = "reaper"
    description = "Refunds expired and cancelled orders"

    def __init__(
        self,
        *,
        acts: PaidActs[Call, Mined],
        source: BlockSource,
        reader: SettlementReader,
        calls: SettlementCalls,
        orders: OrderStore,
        policy: ReapPolicy,
        clock: Clock,
        bell: Bell,
    ) -> None:
        self._acts = acts
        self._source = source
        self._reader = reader
        self._calls = calls
        self._orders = orders
        self._policy = policy
        self._clock = clock
        self._bell = bell

    async def wake(self) -> None:
        """Wait until orders changed; time passing is met by the tick."""
        await self._bell.wait()

    async def tick(self) -> None:
        """Refund the next ones; one refund transaction is under way at a time."""
        await self._acts.keep()
        head = await self._source.head(BlockTag.LATEST)
        rows = await self._refundable(head.timestamp)
        if not rows or await self._is_under_way(rows):
            return
        log.info("refund.started", orders=[hex0x(row.order_id) for row in rows])
        await self._acts.issue(
            purpose=PURPOSE,
            subject=f"{head.number}-{rows[0].order_id.hex()[:16]}",
            request=self._calls.refund([row.order for row in rows]),
        )

    async def _refundable(self, now_s: int) -> Sequence[OrderRow]:
        """What our rows and the chain both call open and over."""
        rows = await self._orders.refundable(now_s, self._policy.max_orders)
        if not rows:
            return ()
        states = await self._reader.order_states([row.order_id for row in rows])
        still_open = {state.order_id for state in states if state.status == CHAIN_OPEN}
        return [row for row in rows if row.order_id in still_open]

    async def _is_under_way(self, rows: Sequence[OrderRow]) -> bool:
        live = [row for row in await self._acts.live() if row.purpose == PURPOSE]
        waiting = [row for row in live if row.state is not IntentState.INCLUDED]
        for post in waiting:
            age = self._clock.now_ms() - post.updated_at
            if post.state is IntentState.SENT and age >= self._policy.replace_after_ms:
                call = self._calls.refund([row.order for row in rows])
                await self._acts.replace(post, call)
        return bool(waiting)
