"""BalanceMonitor: watches the three balances, so that an account that runs dry is seen before an act fails for it."""

import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import anyio
import structlog

from zk_acts.domain.acts import ActKind, IntentState, Resource
from zk_acts.domain.errors import OperatorError
from zk_acts.domain.failures import BalanceTooLow
from zk_acts.domain.money import tokens
from zk_acts.services.work_pass import Pass
from zk_operator.domain.records import BatchState, OrderStatus
from zk_operator.services.hold_errors import OrdersStarved
from zk_operator.services.market import IN_FLIGHT
from zk_operator.services.overview import UNFINISHED
from zk_operator.services.spend_check import SpendCheck
from zk_operator.services.tools import Tools

log = structlog.get_logger("balances")
WHOLE = 10**18
STARVED = "orders.starved"
MOST_DEPTH_S = 3_600  # how long it may take a block to lie deep enough


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoredBalance:
    """One account's balance, and the least that it should hold."""

    account: str
    balance: Callable[[], Awaitable[int]]
    minimum: int


class BalanceMonitor:
    """Balances and stock-taking gauges."""

    name = "balances"
    description = "Watches balances and counts what is in stock"

    def __init__(
        self,
        tools: Tools,
        *,
        balances: Mapping[Resource, MonitoredBalance],
        spend: SpendCheck,
        waiting_too_long_s: int,
    ) -> None:
        self._balances = balances
        self._store = tools.store
        self._clock = tools.clock
        self._spend = spend
        self._waiting_too_long_s = waiting_too_long_s
        self._telemetry = tools.telemetry
        self._board = tools.board

    async def wake(self) -> None:
        """Balances are looked at in their own rhythm."""
        await anyio.sleep_forever()

    async def tick(self) -> None:
        """Look at every balance; one that cannot be read does not hide the others."""
        await self._count()
        await self._count_acts()
        turn = Pass()
        with turn.item():
            await self._look_for_starved()
        for resource, monitored in self._balances.items():
            with turn.item(resource=resource):
                await self._look(resource, monitored)
        turn.finish()

    async def _look(self, resource: Resource, monitored: MonitoredBalance) -> None:
        self._telemetry.gauge("balance_minimum", monitored.minimum / WHOLE, resource=resource)
        try:
            balance = await monitored.balance()
        except OperatorError:
            # What it was says nothing of what it is; the failing service has its own alert.
            self._telemetry.gauge("balance", math.nan, resource=resource)
            raise
        self._telemetry.gauge("balance", balance / WHOLE, resource=resource)
        alert = f"balance.{resource}"
        if balance < monitored.minimum:
            text = f"{monitored.account} has {tokens(balance)}, should have {tokens(monitored.minimum)}"
            if self._board.raise_alert(alert, text):
                log.error(
                    "balance.low",
                    code=BalanceTooLow.code,
                    resource=resource,
                    account=monitored.account,
                    balance=tokens(balance),
                    minimum=tokens(monitored.minimum),
                )
        elif self._board.clear_alert(alert):
            log.info("balance.restored", resource=resource, balance=tokens(balance))

    async def _count(self) -> None:
        counts = await self._store.orders.counts()
        for status in (*OrderStatus, "rejected"):
            self._telemetry.gauge("orders", counts.get(status, 0), status=status)
        batches = await self._store.batches.in_state(*UNFINISHED)
        for state in UNFINISHED:
            amount = sum(1 for batch in batches if batch.state is state)
            self._telemetry.gauge("batches", amount, state=state)
        recent = await self._store.batches.recent(100)
        ended = [batch for batch in recent if batch.ended_at is not None]
        done = sum(1 for batch in ended if batch.state is BatchState.DONE)
        self._telemetry.gauge("score", 100 * done / len(ended) if ended else 100)

    async def _look_for_starved(self) -> None:
        """Whether an order that could be in a batch waits for long while nothing is in flight.

        Its time begins when it lies where money is spent; a chain that takes ever longer for that is no excuse.
        """
        try:
            deep = await self._spend.depth()
        except OperatorError:
            self._telemetry.gauge("oldest_waiting", math.nan)
            raise
        oldest = await self._store.back_offs.oldest_waiting_s()
        now_s = self._clock.now_ms() // 1000
        since_s = now_s - min(max(0, now_s - deep.timestamp), MOST_DEPTH_S)
        age_s = 0 if oldest is None else max(0, since_s - oldest)
        self._telemetry.gauge("oldest_waiting", age_s)
        in_flight = await self._store.batches.in_state(*IN_FLIGHT)
        if in_flight or age_s <= self._waiting_too_long_s:
            if self._board.clear_alert(STARVED):
                log.info("orders.moving")
            return
        text = f"an order that could be batched has waited for {age_s} s, and nothing is in flight"
        if self._board.raise_alert(STARVED, text):
            log.error("orders.starved", code=OrdersStarved.code, age_s=age_s)

    async def _count_acts(self) -> None:
        for kind in ActKind:
            live = await self._store.intents.live(kind)
            unresolved = sum(1 for row in live if row.state is IntentState.INTENDED)
            self._telemetry.gauge("acts_live", len(live), kind=kind)
            self._telemetry.gauge("acts_ambiguous", unresolved, kind=kind)
            oldest = min((row.created_at for row in live), default=None)
            age_s = 0.0 if oldest is None else (self._clock.now_ms() - oldest) / 1000
            self._telemetry.gauge("oldest_act", age_s, kind=kind)
