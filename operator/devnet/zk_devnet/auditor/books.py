"""The currencies' side of an audit: per currency, what came in equals what went out and what is held."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from zk_acts.domain.ids import hex0x
from zk_devnet.auditor.event import Event
from zk_devnet.auditor.history import NATIVE, History
from zk_devnet.auditor.report import CurrencyRow, OrderFate
from zk_devnet.evm.deployment import Token
from zk_operator.domain.ids import Address
from zk_operator.domain.order import Order

Sums = dict[Address, int]


def currency_rows(history: History, fates: Sequence[OrderFate]) -> tuple[CurrencyRow, ...]:
    """The books of every currency."""
    sums = _Sums(history, fates)
    return tuple(sums.row(token) for token in history.deployment.tokens)


def currency_problems(history: History, rows: Sequence[CurrencyRow]) -> Iterator[str]:
    """Every equation that does not hold."""
    for row in rows:
        for what, left, right in _equations(row):
            if left != right:
                yield f"{row.symbol}: {what}: {left} is not {right} (differs by {left - right})"
        yield from _supply(history, row)
    later = [
        one
        for one in history.named("ModifyLiquidity", history.deployment.pool_manager)
        if one.block > history.baseline_block
    ]
    if later:
        yield "liquidity was changed after the first order: the pools' reserves cannot be followed"


def _equations(row: CurrencyRow) -> tuple[tuple[str, int, int], ...]:
    held = row.open_escrow + row.ledger - row.fees_collected
    credit = row.credits_added - row.credits_withdrawn
    return (
        ("inputs and swap outputs against all uses", row.came_in, row.went_out),
        ("the hook's claims against open escrow, fees and dust", row.claims, held),
        (
            "accrued fees against the sections' ledger",
            row.fees_accrued,
            row.ledger - row.fees_collected,
        ),
        ("the contract's credits against its logs", row.total_credits, credit),
        ("the manager's balance against credits", row.manager_balance, row.total_credits),
        (
            "the PoolManager's balance against claims and reserves",
            row.pool_manager_balance,
            row.all_claims + row.reserves,
        ),
    )


def _supply(history: History, row: CurrencyRow) -> Iterator[str]:
    """An ERC-20's supply and balances against its transfer logs."""
    state = history.currencies[row.currency]
    if state.supply is None:
        return
    by_logs: dict[Address, int] = defaultdict(int)
    for event in history.named("Transfer", row.currency):
        by_logs[event.args["from"]] -= event.args["value"]
        by_logs[event.args["to"]] += event.args["value"]
    minted = -by_logs.pop(NATIVE, 0)
    if not minted == state.supply == sum(state.holdings.values()):
        held = sum(state.holdings.values())
        yield f"{row.symbol}: supply is {state.supply}, minted {minted}, held {held}"
    for holder, balance in state.holdings.items():
        if balance != by_logs[holder]:
            yield f"{row.symbol}: {hex0x(holder)} holds {balance}, its logs say {by_logs[holder]}"


class _Sums:
    """All amounts per currency, added up from logs."""

    def __init__(self, history: History, fates: Sequence[OrderFate]) -> None:
        self._history = history
        manager = history.deployment.manager
        self._pools = {
            pool.pool_id: (pool.currency0, pool.currency1) for pool in history.deployment.pools
        }
        self.inputs, self.refunds, self.payouts, self.open = (Sums() for _ in range(4))
        for fate in fates:
            self._add_fate(fate)
        self.ledger = self._ledger(history.named("SectionSettled", manager))
        self.swap_in, self.swap_out = self._swaps()
        self.collected = self._logged("FeesCollected")
        self.credited = self._logged("CreditAdded")
        self.withdrawn = self._logged("CreditWithdrawn")

    def row(self, token: Token) -> CurrencyRow:
        currency = token.address
        state = self._history.currencies[currency]
        return CurrencyRow(
            currency=currency,
            symbol=token.symbol,
            decimals=token.decimals,
            inputs=self.inputs.get(currency, 0),
            swap_out=self.swap_out.get(currency, 0),
            payouts=self.payouts.get(currency, 0),
            refunds=self.refunds.get(currency, 0),
            swap_in=self.swap_in.get(currency, 0),
            ledger=self.ledger.get(currency, 0),
            open_escrow=self.open.get(currency, 0),
            fees_collected=self.collected.get(currency, 0),
            claims=state.claims,
            fees_accrued=state.fees_accrued,
            credits_added=self.credited.get(currency, 0),
            credits_withdrawn=self.withdrawn.get(currency, 0),
            total_credits=state.total_credits,
            manager_balance=state.manager_balance,
            pool_manager_balance=state.pool_manager_balance,
            all_claims=self._all_claims(currency),
            reserves=self._reserves(currency),
        )

    def _add_fate(self, fate: OrderFate) -> None:
        bought, sold = self._sides(fate.order)
        _add(self.inputs, sold, fate.order.amount_in)
        for _, payout in fate.settlements:
            _add(self.payouts, bought, payout)
        for _, amount in fate.refunds:
            _add(self.refunds, sold, amount)
        if not fate.settlements and not fate.refunds:
            _add(self.open, sold, fate.order.amount_in)

    def _sides(self, order: Order) -> tuple[Address, Address]:
        currency0, currency1 = self._pools[order.pool_id]
        return (currency1, currency0) if order.zero_for_one else (currency0, currency1)

    def _ledger(self, sections: Sequence[Event]) -> Sums:
        found = Sums()
        for one in sections:
            for currency, name in zip(
                self._pools[one.args["poolId"]], ("ledger0", "ledger1"), strict=True
            ):
                _add(found, currency, one.args[name])
        return found

    def _swaps(self) -> tuple[Sums, Sums]:
        """The hook's own swaps: what it paid in and what it got."""
        paid, got = Sums(), Sums()
        for one in self._history.named("Swap", self._history.deployment.pool_manager):
            if one.args["sender"] != self._history.deployment.hook:
                continue
            for currency, amount in self._amounts(one):
                _add(paid if amount < 0 else got, currency, abs(amount))
        return paid, got

    def _reserves(self, currency: Address) -> int:
        """A swapper's loss is the pool's gain."""
        history, gained = self._history, 0
        for one in history.named("Swap", history.deployment.pool_manager):
            if one.block > history.baseline_block:
                gained -= sum(amount for moved, amount in self._amounts(one) if moved == currency)
        return history.baseline_reserves[currency] + gained

    def _all_claims(self, currency: Address) -> int:
        wanted, total = int.from_bytes(currency, "big"), 0
        for one in self._history.named("Transfer", self._history.deployment.pool_manager):
            if one.args["id"] != wanted:
                continue
            minted = one.args["from"] == NATIVE
            burnt = one.args["to"] == NATIVE
            total += one.args["amount"] * (minted - burnt)
        return total

    def _amounts(self, swap: Event) -> Iterator[tuple[Address, int]]:
        currencies = self._pools.get(swap.args["poolId"])
        if currencies:
            yield currencies[0], swap.args["amount0"]
            yield currencies[1], swap.args["amount1"]

    def _logged(self, name: str) -> Sums:
        found = Sums()
        for one in self._history.named(name, self._history.deployment.manager):
            _add(found, one.args["currency"], one.args["amount"])
        return found


def _add(sums: Sums, currency: Address, amount: int) -> None:
    sums[currency] = sums.get(currency, 0) + amount
