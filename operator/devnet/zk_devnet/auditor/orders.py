"""The orders' side of an audit: one fate each, and everything that contradicts the rules."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from zk_acts.domain.ids import hex0x
from zk_devnet.auditor.event import Event, id_of, order_of
from zk_devnet.auditor.history import History
from zk_devnet.auditor.report import OrderFate
from zk_operator.domain.ids import OrderId
from zk_operator.domain.order import SigningDomain, order_id

OPEN, SETTLED, REFUNDED = 1, 2, 3


def fates_of(history: History) -> tuple[OrderFate, ...]:
    """Every accepted order with what became of it, in order of placing."""
    manager = history.deployment.manager
    settled = _by_order(history, history.named("OrderSettled", manager), "payout")
    refunded = _by_order(history, history.named("OrderRefunded", manager), "amount")
    cancels = {
        id_of(one): one.args["cancelAt"] for one in history.named("CancelRequested", manager)
    }
    return tuple(
        OrderFate(
            order_id=id_of(one),
            order=order_of(one),
            placed_at=history.times[one.block],
            cancel_at=cancels.get(id_of(one)),
            settlements=tuple(settled[id_of(one)]),
            refunds=tuple(refunded[id_of(one)]),
            state=history.states[id_of(one)],
        )
        for one in history.named("NewTaskCreated", manager)
    )


def double_settlements(fates: Sequence[OrderFate]) -> int:
    """How many orders were paid more than once, in whatever way."""
    return sum(1 for fate in fates if len(fate.settlements) + len(fate.refunds) > 1)


def order_problems(history: History, fates: Sequence[OrderFate]) -> Iterator[str]:
    """Everything about single orders that must not be."""
    deployment = history.deployment
    domain = SigningDomain(chain_id=deployment.chain_id, manager=deployment.manager)
    known: set[OrderId] = set()
    for fate in fates:
        if fate.order_id in known:
            yield f"order {hex0x(fate.order_id)}: placed twice"
        known.add(fate.order_id)
        if order_id(fate.order, domain) != fate.order_id:
            yield f"order {hex0x(fate.order_id)}: its id is not that of its terms"
        for problem in (*_ending(fate), *_settlement(fate), *_refund(fate)):
            yield f"order {hex0x(fate.order_id)}: {problem}"
    yield from _strangers(history, known)


def _ending(fate: OrderFate) -> Iterator[str]:
    endings = len(fate.settlements) + len(fate.refunds)
    if endings > 1:
        yield f"settled {len(fate.settlements)} times, refunded {len(fate.refunds)} times"
    by_logs = SETTLED if fate.settlements else REFUNDED if fate.refunds else OPEN
    if fate.state != by_logs:
        yield f"the contract's state is {fate.state}, its logs say {by_logs}"


def _settlement(fate: OrderFate) -> Iterator[str]:
    for at, payout in fate.settlements:
        if payout < fate.order.min_out:
            yield f"paid {payout}, its limit is {fate.order.min_out}"
        if at > fate.order.deadline:
            yield f"settled at {at}, its deadline was {fate.order.deadline}"
        if fate.cancel_at is not None and at >= fate.cancel_at:
            yield f"settled at {at}, cancelled from {fate.cancel_at}"


def _refund(fate: OrderFate) -> Iterator[str]:
    for at, amount in fate.refunds:
        if amount != fate.order.amount_in:
            yield f"refunded {amount} of {fate.order.amount_in}"
        cancelled = fate.cancel_at is not None and at >= fate.cancel_at
        if at <= fate.order.deadline and not cancelled:
            yield f"refunded at {at}, before its deadline and without a cancel"


def _strangers(history: History, known: set[OrderId]) -> Iterator[str]:
    for name in ("OrderSettled", "OrderRefunded"):
        for event in history.named(name, history.deployment.manager):
            if id_of(event) not in known:
                yield f"{name} of an order that was never placed: {hex0x(id_of(event))}"


def _by_order(
    history: History, events: Sequence[Event], amount: str
) -> dict[OrderId, list[tuple[int, int]]]:
    found: dict[OrderId, list[tuple[int, int]]] = defaultdict(list)
    for one in events:
        found[id_of(one)].append((history.times[one.block], one.args[amount]))
    return found
