"""The checked batch rule: what a proven batch pays to whom.

One of three implementations (Solidity and Rust are the others); docs/reference/batch-rule.md is the text they
share, clause by clause, and tests/vectors/rule holds the cases they all must meet.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from zk_operator.domain.ids import Address, OrderId, PoolId
from zk_operator.domain.order import (
    MAX_UINT40,
    MAX_UINT128,
    MAX_UINT256,
    Order,
    SigningDomain,
    order_id,
)
from zk_operator.domain.public_values import PublicValues, public_values_of
from zk_operator.domain.rule_errors import (
    BatchShapeError,
    HeavySideError,
    LimitError,
    MinOutError,
    OrderDeadlineError,
    OrderIdMismatchError,
    OrderPoolError,
    OrderSequenceError,
    RangeError,
    RemainderError,
)
from zk_operator.domain.section import Section

FEE_BASE = 10_000
Q128_BITS = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Payout:
    """What one order receives, in the currency that it buys: gross = fee + net."""

    order_id: OrderId
    zero_for_one: bool  # sells token0, is paid token1
    gross: int
    fee: int
    net: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionOutcome:
    """The result of one section; payouts in the order of its `order_ids`."""

    pool_id: PoolId
    heavy_is_zero: bool
    input0: int
    input1: int
    remainder_in: int
    swap_output: int
    payouts: tuple[Payout, ...]
    ledger0: int  # fees and dust in token0
    ledger1: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOutcome:
    """The result of a batch that keeps the rule."""

    public_values: PublicValues
    sections: tuple[SectionOutcome, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """Input sums of the two sides, and which one is worth more at the reference price."""

    input0: int
    input1: int
    heavy_is_zero: bool

    @property
    def heavy_input(self) -> int:
        """Input sum of the heavy side, in its own currency."""
        return self.input0 if self.heavy_is_zero else self.input1

    @property
    def light_input(self) -> int:
        """Input sum of the light side, in its own currency."""
        return self.input1 if self.heavy_is_zero else self.input0


# --- arithmetic (clauses 2 to 6) ------------------------------------------------------------------


def weigh(orders: Iterable[Order], price_x128: int) -> Sides:
    """Clause 2: token0 sellers are heavy iff floor(S0*p / 2^128) >= S1."""
    sums = [0, 0]
    for order in orders:
        sums[0 if order.zero_for_one else 1] += order.amount_in
    heavy_is_zero = (sums[0] * price_x128 >> Q128_BITS) >= sums[1]
    return Sides(input0=sums[0], input1=sums[1], heavy_is_zero=heavy_is_zero)


def light_gross(order: Order, price_x128: int) -> int:
    """Clause 3: the order's input at the reference price, rounded down."""
    if order.zero_for_one:
        return order.amount_in * price_x128 >> Q128_BITS
    return (order.amount_in << Q128_BITS) // price_x128


def fee_of(gross: int, fee_bps: int) -> int:
    """Clause 6: the fee on one payout, rounded up."""
    return -(-gross * fee_bps // FEE_BASE)


def remainder_of(orders: Sequence[Order], sides: Sides, price_x128: int) -> int:
    """Clause 4: what the heavy side has left after the light side is paid."""
    light = (order for order in orders if order.zero_for_one != sides.heavy_is_zero)
    return sides.heavy_input - sum(light_gross(order, price_x128) for order in light)


def gross_payouts(
    orders: Sequence[Order], sides: Sides, price_x128: int, swap_output: int
) -> list[int]:
    """Clauses 3 and 5: every order's payout before the fee, in the order given."""
    pot = sides.light_input + swap_output
    return [
        pot * order.amount_in // sides.heavy_input
        if order.zero_for_one == sides.heavy_is_zero
        else light_gross(order, price_x128)
        for order in orders
    ]


# --- checking -------------------------------------------------------------------------------------


def check_section(
    section: Section, orders: Sequence[Order], *, swap_output: int | None = None
) -> SectionOutcome:
    """Clauses 2 to 7 for one section; `swap_output` is its `min_out` unless a real one is given.

    `orders` stand in the order of `section.order_ids`. Raises a leaf of RuleViolation. Ids and deadlines are
    `check_orders`' part.
    """
    _check_ranges(section, orders)
    sides = _check_remainder(section, orders)
    output = section.min_out if swap_output is None else swap_output
    _check_swap(section, output)
    payouts = _payouts(section, orders, sides, output)
    _check_limits(orders, payouts)
    ledger0, ledger1 = _ledgers(sides, payouts, output)
    return SectionOutcome(
        pool_id=section.pool_id,
        heavy_is_zero=sides.heavy_is_zero,
        input0=sides.input0,
        input1=sides.input1,
        remainder_in=section.remainder_in,
        swap_output=output,
        payouts=payouts,
        ledger0=ledger0,
        ledger1=ledger1,
    )


def check_orders(
    section: Section, orders: Sequence[Order], *, domain: SigningDomain, valid_until: int
) -> None:
    """Clause 1 for one section; raises a leaf of RuleViolation."""
    if any(left >= right for left, right in pairwise(section.order_ids)):
        raise OrderSequenceError(pool_id=section.pool_id.hex())
    for listed, order in zip(section.order_ids, orders, strict=True):
        if order.pool_id != section.pool_id:
            raise OrderPoolError(order_id=listed.hex())
        if order.deadline < valid_until:
            raise OrderDeadlineError(order_id=listed.hex(), deadline=order.deadline)
        if order_id(order, domain) != listed:
            raise OrderIdMismatchError(order_id=listed.hex())


def check_batch(
    sections: Sequence[Section],
    orders: Sequence[Order],
    *,
    chain_id: int,
    manager: Address,
    valid_until: int,
    swap_outputs: Sequence[int] | None = None,
) -> BatchOutcome:
    """The whole rule; `orders` are concatenated in section order.

    `swap_outputs` (one per section) are the real outputs where they are known; otherwise each section's
    `min_out` is assumed, as in the proof. Raises a leaf of RuleViolation at the first clause that is broken.
    """
    _in_range("chainId", chain_id, 0, MAX_UINT256)
    _in_range("validUntil", valid_until, 0, MAX_UINT256)
    groups = split_orders(sections, orders)
    if swap_outputs is not None and len(swap_outputs) != len(sections):
        raise BatchShapeError("one swap output per section", outputs=len(swap_outputs))
    domain = SigningDomain(chain_id=chain_id, manager=manager)
    outcomes = []
    for i, (section, group) in enumerate(zip(sections, groups, strict=True)):
        output = None if swap_outputs is None else swap_outputs[i]
        outcomes.append(check_section(section, group, swap_output=output))
        check_orders(section, group, domain=domain, valid_until=valid_until)
    values = public_values_of(sections, chain_id=chain_id, manager=manager, valid_until=valid_until)
    return BatchOutcome(public_values=values, sections=tuple(outcomes))


def split_orders(sections: Sequence[Section], orders: Sequence[Order]) -> list[Sequence[Order]]:
    """Clause 0: the orders of each section; BatchShapeError unless the shape is right."""
    if not sections:
        raise BatchShapeError("a batch has at least one section")
    if any(left.pool_id >= right.pool_id for left, right in pairwise(sections)):
        raise BatchShapeError("pools are not strictly ascending")
    if not all(section.order_ids for section in sections):
        raise BatchShapeError("a section has at least one order")
    expected = sum(len(section.order_ids) for section in sections)
    if expected != len(orders):
        raise BatchShapeError("orders and ids differ in number", ids=expected, orders=len(orders))
    groups, start = [], 0
    for section in sections:
        end = start + len(section.order_ids)
        groups.append(orders[start:end])
        start = end
    return groups


def _in_range(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise RangeError(f"{name} is out of range", value=value)


def _check_ranges(section: Section, orders: Sequence[Order]) -> None:
    if not orders or len(orders) != len(section.order_ids):
        raise BatchShapeError(
            "a section has one order per id, and at least one", orders=len(orders)
        )
    _in_range("priceX128", section.price_x128, 1, MAX_UINT256)
    _in_range("feeBps", section.fee_bps, 0, FEE_BASE)
    _in_range("remainderIn", section.remainder_in, 0, MAX_UINT128)
    _in_range("section minOut", section.min_out, 0, MAX_UINT128)
    for order in orders:
        _in_range("amountIn", order.amount_in, 1, MAX_UINT128)
        _in_range("order minOut", order.min_out, 0, MAX_UINT128)
        _in_range("deadline", order.deadline, 0, MAX_UINT40)
        _in_range("salt", order.salt, 0, MAX_UINT256)


def _check_remainder(section: Section, orders: Sequence[Order]) -> Sides:
    sides = weigh(orders, section.price_x128)
    _in_range("S0", sides.input0, 0, MAX_UINT128)
    _in_range("S1", sides.input1, 0, MAX_UINT128)
    if section.remainder_zero_for_one != sides.heavy_is_zero:
        raise HeavySideError(pool_id=section.pool_id.hex(), heavy_is_zero=sides.heavy_is_zero)
    remainder = remainder_of(orders, sides, section.price_x128)
    if section.remainder_in != remainder:
        raise RemainderError(stated=section.remainder_in, computed=remainder)
    return sides


def _check_swap(section: Section, output: int) -> None:
    _in_range("swap output", output, 0, MAX_UINT128)
    if output < section.min_out:
        raise MinOutError(output=output, min_out=section.min_out)
    if section.remainder_in == 0 and (output or section.min_out):
        raise MinOutError("no remainder, so no swap and no output", output=output)


def _payouts(
    section: Section, orders: Sequence[Order], sides: Sides, output: int
) -> tuple[Payout, ...]:
    grosses = gross_payouts(orders, sides, section.price_x128, output)
    fees = [fee_of(gross, section.fee_bps) for gross in grosses]
    return tuple(
        Payout(
            order_id=listed,
            zero_for_one=order.zero_for_one,
            gross=gross,
            fee=fee,
            net=gross - fee,
        )
        for listed, order, gross, fee in zip(section.order_ids, orders, grosses, fees, strict=True)
    )


def _check_limits(orders: Sequence[Order], payouts: Sequence[Payout]) -> None:
    for order, payout in zip(orders, payouts, strict=True):
        if payout.net < order.min_out:
            raise LimitError(
                order_id=payout.order_id.hex(), payout=payout.net, min_out=order.min_out
            )


def _ledgers(sides: Sides, payouts: Sequence[Payout], output: int) -> tuple[int, int]:
    """Fees of light orders in the heavy currency; fees of heavy orders and dust in the light one."""
    heavy = [payout for payout in payouts if payout.zero_for_one == sides.heavy_is_zero]
    light_fees = sum(p.fee for p in payouts if p.zero_for_one != sides.heavy_is_zero)
    dust = sides.light_input + output - sum(payout.gross for payout in heavy)
    heavy_fees_and_dust = dust + sum(payout.fee for payout in heavy)
    if sides.heavy_is_zero:
        return light_fees, heavy_fees_and_dust
    return heavy_fees_and_dust, light_fees
