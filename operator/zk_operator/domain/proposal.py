"""Choosing a section: which orders of a pool, and the floor of the remainder swap.

Choosing is the operator's alone (the rule only checks), so it may be as clever as it likes; what it returns
always passes `matching.check_section`. Quotes come from the pool and are I/O: `propose_step` asks for one at a
time by value, and the caller answers by calling it again with one more known quote.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from zk_operator.domain.batch_rule import (
    FEE_BASE,
    Sides,
    fee_of,
    gross_payouts,
    light_gross,
    remainder_of,
    weigh,
)
from zk_operator.domain.ids import OrderId, PoolId
from zk_operator.domain.order import MAX_UINT128, MAX_UINT256, Order
from zk_operator.domain.section import Section


class DropReason(StrEnum):
    """Why an order is left for a later batch."""

    RANGE = "range"  # terms that the rule refuses
    DEADLINE = "deadline"  # ends before the batch would
    FULL = "full"  # no room in this section
    LIMIT = "limit"  # its limit cannot be met now
    POOL = "pool"  # its pool cannot be priced now
    DRIFT = (
        "drift"  # the swaps in flight will move its pool's price further than the contract allows
    )
    OVER = "over"  # the contract calls it cancelled, ended or unknown where money is spent


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalPolicy:
    """The operator's and the contract's settings for a section."""

    fee_bps: int  # the contract's fee
    tolerance_bps: int  # how far below the quoted output the swap may end
    max_orders: int
    valid_until_s: int  # orders that end before this are left out


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteKey:
    """One exact-input swap whose output is to be simulated on the pool."""

    zero_for_one: bool
    amount_in: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedQuote:
    """The decision needs this quote: None as an answer means that the pool cannot do the swap."""

    key: QuoteKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A section with its orders (in the section's order), or None where nothing can be matched."""

    section: Section | None
    orders: tuple[Order, ...]
    dropped: Mapping[OrderId, DropReason]


Quotes = Mapping[QuoteKey, int | None]
QuoteFunction = Callable[[bool, int], int | None]
Orders = dict[OrderId, Order]


class _QuoteMissing(Exception):
    """Ends a computation that lacks a quote; never leaves this module."""

    def __init__(self, key: QuoteKey) -> None:
        self.key = key


def propose_step(
    *,
    pool_id: PoolId,
    orders: Mapping[OrderId, Order],
    price_x128: int,
    quotes: Quotes,
    policy: ProposalPolicy,
) -> NeedQuote | Proposal:
    """One step of choosing; deterministic, and independent of the mapping's order.

    Ends after O(log(orders)) quotes per change of the heavy side.
    """
    chooser = _Chooser(price_x128=price_x128, quotes=quotes, policy=policy)
    try:
        return chooser.propose(pool_id, orders)
    except _QuoteMissing as missing:
        return NeedQuote(key=missing.key)


def propose(
    *,
    pool_id: PoolId,
    orders: Mapping[OrderId, Order],
    price_x128: int,
    quote: QuoteFunction,
    policy: ProposalPolicy,
) -> Proposal:
    """`propose_step` driven to its end by a function, for simulations and tests."""
    known: dict[QuoteKey, int | None] = {}
    while True:
        step = propose_step(
            pool_id=pool_id, orders=orders, price_x128=price_x128, quotes=known, policy=policy
        )
        if isinstance(step, Proposal):
            return step
        known[step.key] = quote(step.key.zero_for_one, step.key.amount_in)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chooser:
    price_x128: int
    quotes: Quotes
    policy: ProposalPolicy

    def propose(self, pool_id: PoolId, orders: Mapping[OrderId, Order]) -> Proposal:
        if not 1 <= self.price_x128 <= MAX_UINT256:
            return self._finish(pool_id, {}, dict.fromkeys(orders, DropReason.RANGE))
        kept, dropped = self._admit(pool_id, orders)
        while kept:
            # Light ones first, and all at once: at a fixed price nothing can help them (ADR 0022).
            late = self._light_failures(kept) or self._heavy_failures(kept)
            if not late:
                break
            for listed in late:
                del kept[listed]
                dropped[listed] = DropReason.LIMIT
        return self._finish(pool_id, kept, dropped)

    def _admit(
        self, pool_id: PoolId, orders: Mapping[OrderId, Order]
    ) -> tuple[Orders, dict[OrderId, DropReason]]:
        """What the rule allows at all, earliest deadline first while there is room."""
        kept: Orders = {}
        dropped: dict[OrderId, DropReason] = {}
        room = {True: MAX_UINT128, False: MAX_UINT128}
        for listed, order in sorted(orders.items(), key=lambda item: (item[1].deadline, item[0])):
            reason = self._refusal(pool_id, order)
            if reason is None and (
                len(kept) >= self.policy.max_orders or order.amount_in > room[order.zero_for_one]
            ):
                reason = DropReason.FULL
            if reason is not None:
                dropped[listed] = reason
                continue
            room[order.zero_for_one] -= order.amount_in
            kept[listed] = order
        return kept, dropped

    def _refusal(self, pool_id: PoolId, order: Order) -> DropReason | None:
        if order.deadline < self.policy.valid_until_s:
            return DropReason.DEADLINE
        in_range = 1 <= order.amount_in <= MAX_UINT128 and 0 <= order.min_out <= MAX_UINT128
        return None if in_range and order.pool_id == pool_id else DropReason.RANGE

    def _weigh(self, kept: Orders) -> Sides:
        return weigh(kept.values(), self.price_x128)

    def _meets(self, order: Order, gross: int) -> bool:
        return gross - fee_of(gross, self.policy.fee_bps) >= order.min_out

    def _light_failures(self, kept: Orders) -> list[OrderId]:
        """Light orders are paid at the fixed price: who fails, fails whatever else happens."""
        heavy_is_zero = self._weigh(kept).heavy_is_zero
        return [
            listed
            for listed, order in kept.items()
            if order.zero_for_one != heavy_is_zero
            and not self._meets(order, light_gross(order, self.price_x128))
        ]

    def _heavy_failures(self, kept: Orders) -> list[OrderId]:
        """The fewest heavy orders to drop, worst limit first, so that the rest meet theirs.

        Dropping all that fail at once would drop everybody where a smaller remainder, with less price impact,
        suits most. More room never hurts those who stay, so the count is found by bisection.
        """
        if self._suits(kept):
            return []
        heavy_is_zero = self._weigh(kept).heavy_is_zero
        ranked = sorted(
            (item for item in kept.items() if item[1].zero_for_one == heavy_is_zero),
            key=_worst_first,
        )
        ids = [listed for listed, _ in ranked]
        most = self._droppable(kept, ids, heavy_is_zero)
        low, high = 1, most + 1  # most + 1: the other side becomes the heavy one
        while low < high:
            middle = (low + high) // 2
            if self._suits(_without(kept, ids[:middle])):
                high = middle
            else:
                low = middle + 1
        return ids[:low]

    def _droppable(self, kept: Orders, ids: list[OrderId], heavy_is_zero: bool) -> int:
        """How many of the ranked heavy orders can go before the side stops being the heavy one."""
        low, high = 0, len(ids) - 1
        while low < high:
            middle = (low + high + 1) // 2
            if self._weigh(_without(kept, ids[:middle])).heavy_is_zero == heavy_is_zero:
                low = middle
            else:
                high = middle - 1
        return low

    def _suits(self, kept: Orders) -> bool:
        """Whether every heavy order meets its limit at the floor of the remainder swap."""
        sides, orders = self._weigh(kept), list(kept.values())
        remainder = remainder_of(orders, sides, self.price_x128)
        output = self._quote(sides.heavy_is_zero, remainder)
        if output is None:
            return False
        grosses = gross_payouts(orders, sides, self.price_x128, self._floor(output))
        return all(
            self._meets(order, gross)
            for order, gross in zip(orders, grosses, strict=True)
            if order.zero_for_one == sides.heavy_is_zero
        )

    def _quote(self, zero_for_one: bool, amount_in: int) -> int | None:
        if amount_in == 0:
            return 0
        key = QuoteKey(zero_for_one=zero_for_one, amount_in=amount_in)
        if key not in self.quotes:
            raise _QuoteMissing(key)
        output = self.quotes[key]
        return output if output is None else min(output, MAX_UINT128)

    def _floor(self, output: int) -> int:
        # Below the quote by the tolerance: the pool moves until the batch is mined.
        return output * (FEE_BASE - self.policy.tolerance_bps) // FEE_BASE

    def _finish(
        self, pool_id: PoolId, kept: Orders, dropped: Mapping[OrderId, DropReason]
    ) -> Proposal:
        if not kept:
            return Proposal(section=None, orders=(), dropped=dropped)
        ids = tuple(sorted(kept))
        sides = self._weigh(kept)
        remainder = remainder_of(list(kept.values()), sides, self.price_x128)
        expected = self._quote(sides.heavy_is_zero, remainder) or 0
        section = Section(
            pool_id=pool_id,
            price_x128=self.price_x128,
            remainder_zero_for_one=sides.heavy_is_zero,
            remainder_in=remainder,
            min_out=self._floor(expected),
            fee_bps=self.policy.fee_bps,
            order_ids=ids,
        )
        return Proposal(
            section=section,
            orders=tuple(kept[listed] for listed in ids),
            dropped=dropped,
        )


def _without(kept: Orders, gone: list[OrderId]) -> Orders:
    left = kept.copy()
    for listed in gone:
        del left[listed]
    return left


def _worst_first(item: tuple[OrderId, Order]) -> tuple[Fraction, int, OrderId]:
    """Highest limit per input first; among equals the largest, then the id."""
    listed, order = item
    return -Fraction(order.min_out, order.amount_in), -order.amount_in, listed
