"""Follows one order to its end."""

from collections.abc import Callable
from dataclasses import dataclass

from zk_acts.domain.ids import hex0x
from zk_operator.domain.chain_event import BlockTag, LogRef, OrderSettled
from zk_operator.domain.ids import OrderId
from zk_operator.ports.chain import OnchainOrder
from zk_trader.errors import WatchTimedOut
from zk_trader.log import OrderLog
from zk_trader.polling import Polling, WaitedInVain
from zk_trader.stage import ENDS, Stage, stage_of
from zk_trader.view import TraderView


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """A stage that was reached. `amount`: the payout or the refund, in smallest units. Times in unix seconds."""

    order_id: OrderId
    stage: Stage
    cancel_at_s: int | None = None
    amount: int | None = None
    at: LogRef | None = None  # the settling or refunding log
    done: bool = False  # ended, at the depth that was asked for


class OrderWatch:
    """Polls one order. `until`: the depth at which its end counts."""

    def __init__(
        self, *, view: TraderView, log: OrderLog, polling: Polling, until: BlockTag
    ) -> None:
        self._view = view
        self._log = log
        self._polling = polling
        self._until = until

    async def follow(
        self, wanted: OrderId, *, from_block: int, told: Callable[[Transition], None]
    ) -> Transition:
        """Tell each transition, also those that a reorg takes back; return the end.

        Errors: WatchTimedOut; what is not transient of `TraderView` and `OrderLog`.
        """
        last: Transition | None = None

        async def probe() -> Transition | None:
            nonlocal last
            now = await self._look(wanted, from_block)
            if now != last:
                told(now)
            last = now
            return now if now.done else None

        try:
            return await self._polling.wait(probe)
        except WaitedInVain as vain:
            raise WatchTimedOut(
                order_id=hex0x(wanted),
                stage=last.stage.value if last else Stage.UNKNOWN.value,
                waited_s=self._polling.timeout_s,
                last_error=vain.last_error,
            ) from vain

    async def _look(self, wanted: OrderId, from_block: int) -> Transition:
        state = await self._view.state(wanted)
        if stage_of(state) in ENDS:
            return await self._end(state, from_block)
        return Transition(
            order_id=wanted, stage=stage_of(state), cancel_at_s=state.cancel_at_s or None
        )

    async def _end(self, state: OnchainOrder, from_block: int) -> Transition:
        event = await self._log.ended(state.order_id, from_block=from_block)
        if event is None:  # an endpoint whose logs lag behind its state, or too late a first block
            return Transition(order_id=state.order_id, stage=stage_of(state))
        reached = await self._view.head(self._until)
        return Transition(
            order_id=state.order_id,
            stage=stage_of(state),
            amount=event.payout if isinstance(event, OrderSettled) else event.amount,
            at=event.at,
            done=reached.number >= event.at.block_number,
        )
