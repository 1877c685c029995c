"""What an audit finds."""

from dataclasses import dataclass

from zk_acts.domain.ids import Hash32
from zk_operator.domain.ids import Address, OrderId
from zk_operator.domain.order import Order


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFate:
    """One accepted order, from its logs. Times are unix seconds of blocks."""

    order_id: OrderId
    order: Order
    placed_at: int
    cancel_at: int | None
    settlements: tuple[tuple[int, int], ...]  # time, payout; more than one is a double payment
    refunds: tuple[tuple[int, int], ...]  # time, amount
    state: int  # what the contract says: 1 open, 2 settled, 3 refunded


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrencyRow:
    """One currency, in its smallest unit. Where it came from, where it went, and what holds it now."""

    currency: Address
    symbol: str
    decimals: int
    inputs: int  # of all orders
    swap_out: int  # what the hook's swaps brought
    payouts: int
    refunds: int
    swap_in: int
    ledger: int  # fees and dust of all sections
    open_escrow: int
    fees_collected: int
    claims: int  # the hook's, in the PoolManager
    fees_accrued: int  # as the contract counts them
    credits_added: int
    credits_withdrawn: int
    total_credits: int  # as the contract counts them
    manager_balance: int
    pool_manager_balance: int
    all_claims: int  # everybody's
    reserves: int  # the pools', from their balance at the start and their swaps since

    @property
    def came_in(self) -> int:
        """Everything that went into the escrow."""
        return self.inputs + self.swap_out

    @property
    def went_out(self) -> int:
        """Everything that left the escrow or waits in it."""
        return self.payouts + self.refunds + self.swap_in + self.ledger + self.open_escrow


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """The result. `conserved` is true only if nothing at all was found wrong."""

    block: int
    orders: tuple[OrderFate, ...]
    placings: tuple[tuple[Hash32, OrderId], ...]  # transaction, order id
    batches: int
    double_settled: int
    problems: tuple[str, ...]
    currencies: tuple[CurrencyRow, ...]

    @property
    def conserved(self) -> bool:
        """Whether every token is accounted for, and every order ended as the rules say."""
        return not self.problems
