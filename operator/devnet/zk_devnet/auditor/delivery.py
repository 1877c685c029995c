"""Whether what was settled and refunded arrived: as a transfer, as a credit, or as claims."""

from collections import Counter
from collections.abc import Iterator, Sequence

from zk_acts.domain.ids import Hash32, hex0x
from zk_devnet.auditor.event import id_of
from zk_devnet.auditor.history import NATIVE, History
from zk_devnet.auditor.report import OrderFate
from zk_operator.domain.ids import Address, OrderId
from zk_operator.domain.order import Order

Owed = Counter[tuple[Hash32, Address, Address]]  # transaction, recipient, currency


def delivery_problems(history: History, fates: Sequence[OrderFate]) -> Iterator[str]:
    """Everything that was owed and not delivered, or delivered and not owed."""
    orders = {fate.order_id: fate.order for fate in fates}
    owed, delivered = _owed(history, orders), _delivered(history)
    for key in sorted(owed.keys() | delivered.keys()):
        if owed[key] != delivered[key]:
            tx_hash, recipient, currency = key
            yield (
                f"transaction {hex0x(tx_hash)}: {hex0x(recipient)} is owed {owed[key]} of "
                f"{hex0x(currency)}, delivered {delivered[key]}"
            )
    yield from _transfers(history)
    yield from _native(history)


def _owed(history: History, orders: dict[OrderId, Order]) -> Owed:
    manager = history.deployment.manager
    owed: Owed = Counter()
    for name, amount, refund in (
        ("OrderSettled", "payout", False),
        ("OrderRefunded", "amount", True),
    ):
        for event in history.named(name, manager):
            order = orders.get(id_of(event))
            if order is not None:
                key = (event.tx_hash, order.owner, _currency(history, order, sold=refund))
                owed[key] += event.args[amount]
    return owed


def _delivered(history: History) -> Owed:
    manager = history.deployment.manager
    found: Owed = Counter()
    for event in history.named("PayoutSent", manager):
        found[event.tx_hash, event.args["recipient"], event.args["currency"]] += event.args[
            "amount"
        ]
    for name in ("CreditAdded", "ClaimsSent"):
        for event in history.named(name, manager):
            key = (event.tx_hash, event.args["owner"], event.args["currency"])
            found[key] += event.args["amount"]
    return found


def _transfers(history: History) -> Iterator[str]:
    """Every announced token payout has its transfer in the same transaction."""
    manager = history.deployment.manager
    announced: Owed = Counter()
    for event in history.named("PayoutSent", manager):
        if event.args["currency"] != NATIVE:
            key = (event.tx_hash, event.args["recipient"], event.args["currency"])
            announced[key] += event.args["amount"]
    moved: Owed = Counter()
    for token in history.deployment.tokens:
        for event in history.named("Transfer", token.address):
            if event.args["from"] == manager:
                moved[event.tx_hash, event.args["to"], token.address] += event.args["value"]
    for key, amount in sorted(announced.items()):
        if moved[key] < amount:
            yield f"transaction {hex0x(key[0])}: announced {amount} to {hex0x(key[1])}, moved {moved[key]}"


def _native(history: History) -> Iterator[str]:
    """Every announced native payout raised its recipient's balance by at least as much."""
    announced: Counter[tuple[int, Address]] = Counter()
    for event in history.named("PayoutSent", history.deployment.manager):
        if event.args["currency"] == NATIVE:
            announced[event.block, event.args["recipient"]] += event.args["amount"]
    for receipt in history.native_receipts:
        amount = announced[receipt.block, receipt.recipient]
        if receipt.grew_by + receipt.spent < amount:
            yield (
                f"block {receipt.block}: announced {amount} wei to {hex0x(receipt.recipient)}, "
                f"arrived {receipt.grew_by + receipt.spent}"
            )


def _currency(history: History, order: Order, *, sold: bool) -> Address:
    pool = next(one for one in history.deployment.pools if one.pool_id == order.pool_id)
    return pool.currency0 if order.zero_for_one == sold else pool.currency1
