"""A trader: places, cancels and refunds orders with one key."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol, TypeVar

from zk_acts.domain.acts import Purpose
from zk_acts.domain.ids import hex0x
from zk_operator.domain.chain_event import (
    CancelRequested,
    OrderPlaced,
    OrderRefunded,
    OrderRefused,
)
from zk_operator.domain.failures import CallReverted
from zk_operator.domain.ids import Address, OrderId, PoolId
from zk_operator.domain.order import Order, order_id
from zk_operator.ports.chain import BlockSource, Call, OnchainOrder
from zk_trader.calls import TraderCalls, order_delta
from zk_trader.errors import (
    AllowanceTooLow,
    CancelPending,
    NothingPlaced,
    NotOrderOwner,
    NotRefundableYet,
    OrderAlreadyPlaced,
    OrderEnded,
    OrderNotFound,
    OrderRejectedOnChain,
    RouterPlacesNoOrder,
    TokensMissing,
    TransactionUndecided,
)
from zk_trader.log import OrderLog
from zk_trader.polling import Polling, WaitedInVain
from zk_trader.reject_code import RejectCode, reject_meaning
from zk_trader.sender import MinedCall, Sender
from zk_trader.stage import ENDS, Stage, stage_of
from zk_trader.terms import (
    TradedPool,
    TraderTerms,
    Way,
    check_order,
    require_traded,
    smallest_units,
)
from zk_trader.view import TraderView

EventT = TypeVar("EventT", bound=OrderPlaced | OrderRefused | CancelRequested | OrderRefunded)


class OrderSigner(Protocol):
    """The trader's key."""

    @property
    def address(self) -> Address: ...

    def sign_digest(self, digest: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """What to place. Amounts: int in smallest units, Decimal in whole tokens. `owner` None: the key's account.

    `router` takes the swap of `Way.SWAP`. `approve`: approve exactly the amount where the allowance is too small.
    """

    pool_id: PoolId
    zero_for_one: bool
    amount_in: int | Decimal
    min_out: int | Decimal
    lifetime_s: int
    salt: int
    router: Address | None = None
    owner: Address | None = None
    approve: bool = True

    @property
    def way(self) -> Way:
        """Through the router if there is one."""
        return Way.SIGNED if self.router is None else Way.SWAP


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedOrder:
    """An order in escrow."""

    order_id: OrderId
    order: Order
    task_index: int
    mined: MinedCall


class Trader:
    """Acts on one manager with one key. Nothing is sent before everything that can be checked is."""

    def __init__(
        self,
        *,
        view: TraderView,
        log: OrderLog,
        source: BlockSource,
        calls: TraderCalls,
        sender: Sender,
        signer: OrderSigner,
        polling: Polling,
    ) -> None:
        self._view = view
        self._log = log
        self._source = source
        self._calls = calls
        self._sender = sender
        self._signer = signer
        self._polling = polling

    async def place(self, request: OrderRequest) -> PlacedOrder:
        """Place an order and wait until it is mined.

        Errors: OrderUnacceptable and IntakePaused before anything is sent; OrderRejectedOnChain, NothingPlaced after;
        those of `Sender.send` and `TraderView`.
        """
        terms = await self._view.terms()
        pool = require_traded(await self._view.pool(request.pool_id), request.pool_id)
        order = await self._order(request, pool)
        wanted = await self._check(order, request.way, terms, pool)
        await self._fund(order, request, terms, pool)
        call = await self._placing(order, wanted, request, pool)
        mined = await self._sender.send(call, Purpose.PLACE)
        try:
            found = await self._event(mined, wanted, OrderPlaced, OrderRefused)
        except NothingPlaced:
            # The contract says nothing of an order that it knew before.
            if not (await self._view.state(wanted)).status:
                raise
            raise _rejected(wanted, RejectCode.KNOWN_ORDER, mined) from None
        if isinstance(found, OrderRefused):
            raise _rejected(wanted, found.code, mined)
        assert isinstance(found, OrderPlaced)
        return PlacedOrder(order_id=wanted, order=order, task_index=found.task_index, mined=mined)

    async def cancel(self, wanted: OrderId, *, from_block: int) -> CancelRequested:
        """Request the cancel; it takes effect at the event's `cancel_at` (unix seconds), then anyone can refund.

        Errors: OrderNotFound, OrderEnded, CancelPending, NotOrderOwner; those of `Sender.send`.
        """
        state = await self._open_state(wanted)
        if state.cancel_at_s:
            raise CancelPending(order_id=hex0x(wanted), cancel_at=state.cancel_at_s)
        order = await self._order_of(wanted, from_block)
        if order.owner != self._signer.address:
            raise NotOrderOwner(owner=hex0x(order.owner), key=hex0x(self._signer.address))
        mined = await self._sender.send(self._calls.cancel(order), Purpose.CANCEL)
        return await self._event(mined, wanted, CancelRequested)

    async def refund(self, wanted: OrderId, *, from_block: int) -> OrderRefunded:
        """Return an expired or cancelled order's input to its owner, whoever this is.

        Errors: OrderNotFound, OrderEnded, NotRefundableYet; those of `Sender.send`.
        """
        state = await self._open_state(wanted)
        order = await self._order_of(wanted, from_block)
        refundable_at = order.deadline + 1
        if state.cancel_at_s:
            refundable_at = min(refundable_at, state.cancel_at_s)
        now_s = (await self._view.head()).timestamp
        if now_s < refundable_at:
            raise NotRefundableYet(refundable_at=refundable_at, now=now_s)
        mined = await self._sender.send(self._calls.refund(order), Purpose.REFUND)
        return await self._event(mined, wanted, OrderRefunded)

    async def _order(self, request: OrderRequest, pool: TradedPool) -> Order:
        side = request.zero_for_one
        head = await self._view.head()
        return Order(
            owner=request.owner or self._signer.address,
            pool_id=request.pool_id,
            zero_for_one=side,
            amount_in=await self._units(request.amount_in, pool.sold(zero_for_one=side)),
            min_out=await self._units(request.min_out, pool.bought(zero_for_one=side)),
            deadline=head.timestamp + request.lifetime_s,
            salt=request.salt,
        )

    async def _units(self, amount: int | Decimal, currency: Address) -> int:
        if isinstance(amount, int):
            return amount
        return smallest_units(amount, await self._view.decimals(currency))

    async def _check(self, order: Order, way: Way, terms: TraderTerms, pool: TradedPool) -> OrderId:
        head = await self._view.head()
        payer = self._signer.address
        check_order(order, terms, pool, now_s=head.timestamp, way=way, payer=payer)
        wanted = order_id(order, terms.domain)
        if (await self._view.state(wanted)).status:
            raise OrderAlreadyPlaced(order_id=hex0x(wanted))
        return wanted

    async def _fund(
        self, order: Order, request: OrderRequest, terms: TraderTerms, pool: TradedPool
    ) -> None:
        """See to it that the account holds the tokens and that who takes them may."""
        currency = pool.sold(zero_for_one=order.zero_for_one)
        spender = request.router or terms.hook
        held = await self._view.holding(currency, self._signer.address, spender)
        if held.balance < order.amount_in:
            raise TokensMissing(
                currency=hex0x(currency), balance=held.balance, amount_in=order.amount_in
            )
        if held.allowance >= order.amount_in:
            return
        if not request.approve:
            raise AllowanceTooLow(
                currency=hex0x(currency), spender=hex0x(spender), allowance=held.allowance
            )
        await self._approve(currency, spender, order.amount_in, held.allowance)

    async def _approve(self, token: Address, spender: Address, amount: int, before: int) -> None:
        approval = self._calls.approve(token, spender, amount)
        try:
            await self._sender.send(approval, Purpose.APPROVE)
        except CallReverted:
            if not before:
                raise
            # Tokens like USDT change an allowance only by way of zero.
            await self._sender.send(self._calls.approve(token, spender, 0), Purpose.APPROVE)
            await self._sender.send(approval, Purpose.APPROVE)

    async def _placing(
        self, order: Order, wanted: OrderId, request: OrderRequest, pool: TradedPool
    ) -> Call:
        if request.router is None:
            return self._calls.post(order, self._signer.sign_digest(wanted))
        call = self._calls.swap(request.router, pool, order)
        result = await self._view.simulate(call, self._signer.address)
        # A router that drops the hook data would swap at any price.
        if result != order_delta(order):
            raise RouterPlacesNoOrder(router=hex0x(request.router), returned=hex0x(result[:64]))
        return call

    async def _open_state(self, wanted: OrderId) -> OnchainOrder:
        state = await self._view.state(wanted)
        stage = stage_of(state)
        if stage is Stage.UNKNOWN:
            raise OrderNotFound("the contract knows no such order", order_id=hex0x(wanted))
        if stage in ENDS:
            raise OrderEnded(order_id=hex0x(wanted), status=stage.value)
        return state

    async def _order_of(self, wanted: OrderId, from_block: int) -> Order:
        placed = await self._log.placed(wanted, from_block=from_block)
        if placed is None:
            raise OrderNotFound(order_id=hex0x(wanted), from_block=from_block)
        return placed.order

    async def _event(self, mined: MinedCall, wanted: OrderId, *kinds: type[EventT]) -> EventT:
        """What the transaction did to the order. Errors: NothingPlaced, TransactionUndecided."""
        number = mined.block_number
        try:
            reading = await self._polling.wait(lambda: self._source.read(number, number))
        except WaitedInVain as vain:
            raise TransactionUndecided(
                "the transaction was mined, its events could not be read",
                tx_hash=hex0x(mined.tx_hash),
                last_error=vain.last_error,
            ) from vain
        for event in reading.events:
            if (
                isinstance(event, kinds)
                and event.at.tx_hash == mined.tx_hash
                and event.order_id == wanted
            ):
                return event
        raise NothingPlaced(order_id=hex0x(wanted), tx_hash=hex0x(mined.tx_hash))


def _rejected(wanted: OrderId, code: int, mined: MinedCall) -> OrderRejectedOnChain:
    return OrderRejectedOnChain(
        order_id=hex0x(wanted), reason=reject_meaning(code), tx_hash=hex0x(mined.tx_hash)
    )
