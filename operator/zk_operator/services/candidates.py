"""Candidates: whose turn it is to be batched, once those have been set aside that could not be anyway."""

from collections.abc import Mapping, Sequence

import structlog

from zk_acts.domain.ids import hex0x
from zk_operator.domain.ids import OrderId, PoolId
from zk_operator.domain.priority import PriorityRule
from zk_operator.domain.proposal import DropReason, Proposal
from zk_operator.domain.records import OrderRow
from zk_operator.ports.store import OrderBackOff
from zk_operator.services.appraiser import Appraisal
from zk_operator.services.market import Market
from zk_operator.services.order_back_off import backing_off_until, is_in_reach, left_out
from zk_operator.services.ranking import Ranking
from zk_operator.services.tools import Tools

log = structlog.get_logger("batcher")
MOST_ROUNDS = 8  # of sifting in one pass; the next pass goes on


class Candidates:
    """The orders of the next batch. Who is set aside says so in its row, so that the next query passes it over."""

    def __init__(
        self, tools: Tools, *, rules: Sequence[PriorityRule], look_for_price_ms: int = 5_000
    ) -> None:
        self._orders = tools.store.orders
        self._back_offs = tools.store.back_offs
        self._batches = tools.store.batches
        self._ranking = Ranking(ranks=tools.store.ranks, rules=rules)
        self._clock = tools.clock
        self._look_for_price_ms = look_for_price_ms
        self._look_at = 0
        self._fee_bps: int | None = None  # of the last pass

    async def find(
        self, up_to_block: int, limit: int, market: Market, fee_bps: int, appraisal: Appraisal
    ) -> Sequence[OrderRow]:
        """At most `limit` of them (or one per pool), by priority and turns, that the prices of now allow."""
        await self._ranking.update(appraisal)
        await self._wake(market, fee_bps)
        backing_off = backing_off_until(await self._batches.recent(100), self._clock.now_ms())
        for _ in range(MOST_ROUNDS):
            # Again until nobody has to be set aside: those in front must not hide those behind
            # (ADR 0186).
            rows = await self._orders.batchable(up_to_block, limit)
            prices = {
                pool: await market.price(pool)
                for pool in dict.fromkeys(r.order.pool_id for r in rows)
            }
            back_offs = self._to_back_off(rows, backing_off, prices, fee_bps)
            if not back_offs:
                return rows
            await self._back_offs.back_off(back_offs)
        aside = {each.order_id for each in back_offs}
        return [row for row in rows if row.order_id not in aside]

    async def leave_out(
        self, rows: Sequence[OrderRow], proposals: Sequence[Proposal], market: Market, fee_bps: int
    ) -> None:
        """Who found no place in a proposal, for another reason than room, backs off."""
        by_id = {row.order_id: row for row in rows}
        now, back_offs = self._clock.now_ms(), []
        for proposal in proposals:
            for order_id, why in proposal.dropped.items():
                log.debug("order.left_out", order_id=hex0x(order_id), reason=why)
                if why is not DropReason.FULL:
                    row = by_id[order_id]
                    price = await market.price(row.order.pool_id)
                    back_offs.append(left_out(row, why, now, price_x128=price, fee_bps=fee_bps))
        await self._set_aside(back_offs)

    async def set_aside(self, rows: Sequence[OrderRow]) -> None:
        """These are not open where money is spent, whatever the rows say: the audit sets the rows right."""
        now = self._clock.now_ms()
        await self._set_aside(
            [left_out(row, DropReason.OVER, now, price_x128=None, fee_bps=0) for row in rows]
        )

    async def _set_aside(self, back_offs: Sequence[OrderBackOff]) -> None:
        if back_offs:
            await self._back_offs.back_off(back_offs)

    async def _wake(self, market: Market, fee_bps: int) -> None:
        """Bring back those whose price has come, or whose limit a lower fee may have brought into reach."""
        if fee_bps != self._fee_bps:
            self._fee_bps = fee_bps
            if woken := await self._back_offs.under_fee(fee_bps):
                log.info("orders.woken", count=woken, fee_bps=fee_bps)
        now = self._clock.now_ms()
        if now < self._look_at:
            return
        self._look_at = now + self._look_for_price_ms
        for pool_id in await self._back_offs.pools():
            price = await market.price(pool_id)
            if price is not None and (woken := await self._back_offs.wake(pool_id, price)):
                log.info("orders.woken", pool_id=hex0x(pool_id), count=woken)

    def _to_back_off(
        self,
        rows: Sequence[OrderRow],
        backing_off: Mapping[OrderId, int],
        prices: Mapping[PoolId, int | None],
        fee_bps: int,
    ) -> list[OrderBackOff]:
        now, back_offs = self._clock.now_ms(), []
        for row in rows:
            price = prices[row.order.pool_id]
            if row.order_id in backing_off:
                until = backing_off[row.order_id]
                back_offs.append(
                    OrderBackOff(order_id=row.order_id, until_ms=until, times=row.back_offs)
                )
            elif price is None:
                back_offs.append(
                    left_out(row, DropReason.POOL, now, price_x128=None, fee_bps=fee_bps)
                )
            elif not is_in_reach(row.order, price, fee_bps):
                back_offs.append(
                    left_out(row, DropReason.LIMIT, now, price_x128=price, fee_bps=fee_bps)
                )
        return back_offs
