"""Reaper: refunds what expired or was cancelled. Anyone may; the operator does, so that no trader has to."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from zk_acts.domain.acts import Purpose
from zk_acts.domain.details import Mined
from zk_acts.domain.ids import hex0x
from zk_acts.services.attempt import WAITING_STATES, spent
from zk_acts.services.paid_act import PaidActs
from zk_acts.services.work_pass import Pass
from zk_operator.domain.chain_event import BlockRef, BlockTag
from zk_operator.domain.failures import CallReverted
from zk_operator.domain.ids import OrderId
from zk_operator.domain.records import OnchainStatus, OrderRow
from zk_operator.ports.chain import Call, SettlementCalls
from zk_operator.services.settler import own_address
from zk_operator.services.tools import Tools

log = structlog.get_logger("reaper")
MOST_DOUBLINGS = 6  # of the pause after a refund that was mined and reverted: each is paid for


@dataclass(frozen=True, slots=True, kw_only=True)
class ReapPolicy:
    """How many orders one transaction refunds, when it counts as stuck, how long one that fails is left alone."""

    max_orders: int = 20
    replace_after_ms: int = 30_000
    max_replacements: int = 6
    retry_after_ms: int = 60_000


class Reaper:
    """Open and over: refunded."""

    name = "reaper"
    description = "Refunds expired and cancelled orders"

    def __init__(
        self,
        tools: Tools,
        *,
        acts: PaidActs[Call, Mined],
        calls: SettlementCalls,
        policy: ReapPolicy,
    ) -> None:
        self._acts = acts
        self._source = tools.source
        self._reader = tools.reader
        self._calls = calls
        self._orders = tools.store.orders
        self._policy = policy
        self._clock = tools.clock
        self._wake_up = tools.wake_ups.reaper
        self._left_alone: dict[OrderId, int] = {}  # until when; forgotten on restart

    async def wake(self) -> None:
        """Wait until orders changed; time passing is met by the tick."""
        await self._wake_up.wait()

    async def tick(self) -> None:
        """Refund the next ones; one refund transaction is under way at a time.

        The settler keeps the account's transactions; here only their rows are read.
        """
        turn = Pass()
        head = await self._source.head(BlockTag.LATEST)
        rows = await self._refundable(head)
        with turn.item():
            await self._unblock(rows)
        if rows and not await self._is_under_way():
            with turn.item():
                await self._refund(rows)
        turn.finish()

    async def _refundable(self, head: BlockRef) -> Sequence[OrderRow]:
        """What our rows and the chain both call open and over, less what has just failed."""
        now_ms = self._clock.now_ms()
        self._left_alone = {key: at for key, at in self._left_alone.items() if at > now_ms}
        limit = self._policy.max_orders + len(self._left_alone)
        rows = await self._orders.refundable(head.timestamp, limit)
        rows = [row for row in rows if row.order_id not in self._left_alone]
        if not rows:
            return ()
        states = await self._reader.at(head).order_states([row.order_id for row in rows])
        still_open = {state.order_id for state in states if state.status is OnchainStatus.OPEN}
        return [row for row in rows if row.order_id in still_open][: self._policy.max_orders]

    async def _refund(self, rows: Sequence[OrderRow]) -> None:
        """All in one transaction: the contract skips what it cannot refund, and refuses if that is all of them."""
        first = rows[0].order_id
        earlier = await self._acts.of(Purpose.REFUND, first.hex())
        if earlier and earlier[-1].error_code:
            pause_ms = self._policy.retry_after_ms << min(
                max(spent(earlier) - 1, 0), MOST_DOUBLINGS
            )
            if self._leave_alone(first, earlier[-1].updated_at, pause_ms):
                return
        call = self._calls.refund([row.order for row in rows])
        try:
            await self._acts.issue(purpose=Purpose.REFUND, subject=first.hex(), request=call)
        except CallReverted as error:
            for row in rows:
                self._leave_alone(row.order_id, self._clock.now_ms(), self._policy.retry_after_ms)
            log.error(
                "refund.failed",
                orders=[hex0x(row.order_id) for row in rows],
                code=error.code,
                error=str(error),
            )
        else:
            log.info("refund.started", orders=[hex0x(row.order_id) for row in rows])

    def _leave_alone(self, order_id: OrderId, since_ms: int, pause_ms: int) -> bool:
        """Whether the order is not to be tried now, because it failed at that time."""
        until = since_ms + pause_ms
        if until > self._clock.now_ms():
            self._left_alone[order_id] = until
            return True
        return False

    async def _is_under_way(self) -> bool:
        live = [row for row in await self._acts.live() if row.purpose == Purpose.REFUND]
        return any(row.state in WAITING_STATES for row in live)

    async def _unblock(self, rows: Sequence[OrderRow]) -> None:
        """Replace the refund that holds up the account: by what is to be refunded now, or by nothing."""
        policy = self._policy
        stuck = await self._acts.stuck(policy.replace_after_ms, policy.max_replacements)
        if stuck is None or stuck.purpose != Purpose.REFUND:
            return
        reason = "nothing is left to be refunded"
        if rows:
            call = self._calls.refund([row.order for row in rows])
            try:
                await self._acts.replace(stuck, call)
            except CallReverted as error:
                reason = str(error)
            else:
                return
        await self._acts.replace(stuck, self._calls.nothing(own_address(self._acts)))
        log.info("refund.withdrawn", intent_id=stuck.intent_id, reason=reason)
