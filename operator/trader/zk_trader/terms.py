"""What a trader has to know before placing an order, and whether the contract would take it. Pure."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from zk_acts.domain.ids import hex0x
from zk_operator.domain.ids import Address, PoolId
from zk_operator.domain.order import MAX_UINT128, MAX_UINT256, Order, SigningDomain
from zk_trader.errors import (
    AmountBelowMinimum,
    AmountOutOfRange,
    DeadlineOutOfRange,
    IntakePaused,
    NativeNeedsSwap,
    OwnerInvalid,
    PoolNotTraded,
)

NATIVE: Final = Address(bytes(20))
MAX_AMOUNT_IN: Final = 2**127 - 1
_LARGEST_EXPONENT: Final = 80


class Way(StrEnum):
    """How an order gets in."""

    SIGNED = "signed"  # EIP-712 order, tokens pulled from the owner's allowance to the hook
    SWAP = "swap"  # a swap on the pool through a router, with the order as hook data


@dataclass(frozen=True, slots=True, kw_only=True)
class TraderTerms:
    """What the manager is configured with, as far as traders need it."""

    domain: SigningDomain
    hook: Address
    max_span_s: int
    cancel_delay_s: int
    fee_bps: int
    paused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TradedPool:
    """A pool of the hook: Uniswap's pool key, and the least amounts in smallest units."""

    pool_id: PoolId
    currency0: Address
    currency1: Address
    fee: int
    tick_spacing: int
    hook: Address
    min_size0: int
    min_size1: int

    @property
    def key(self) -> tuple[bytes, bytes, int, int, bytes]:
        """Uniswap's PoolKey in ABI order."""
        return (self.currency0, self.currency1, self.fee, self.tick_spacing, self.hook)

    def sold(self, *, zero_for_one: bool) -> Address:
        """The currency that an order of that side sells."""
        return self.currency0 if zero_for_one else self.currency1

    def bought(self, *, zero_for_one: bool) -> Address:
        """The currency that an order of that side buys."""
        return self.sold(zero_for_one=not zero_for_one)

    def min_size(self, *, zero_for_one: bool) -> int:
        """The least `amount_in` of that side."""
        return self.min_size0 if zero_for_one else self.min_size1


def check_order(
    order: Order, terms: TraderTerms, pool: TradedPool, *, now_s: int, way: Way, payer: Address
) -> None:
    """Raise what the contract would refuse the order for, as far as it can be told beforehand."""
    if terms.paused:
        raise IntakePaused(manager=hex0x(terms.domain.manager))
    _check_owner(order, way, payer)
    _check_amounts(order, pool)
    latest = now_s + terms.max_span_s
    if not now_s <= order.deadline <= latest:
        raise DeadlineOutOfRange(deadline=order.deadline, now=now_s, latest=latest)
    if way is Way.SIGNED and pool.sold(zero_for_one=order.zero_for_one) == NATIVE:
        raise NativeNeedsSwap


def require_traded(pool: TradedPool | None, pool_id: PoolId) -> TradedPool:
    """The pool. Error: PoolNotTraded where the hook does not know it or the manager does not list it."""
    if pool is None:
        raise PoolNotTraded("the hook does not serve this pool", pool_id=hex0x(pool_id))
    if not pool.min_size0 or not pool.min_size1:  # a listed pool has both
        raise PoolNotTraded("the manager does not list this pool", pool_id=hex0x(pool_id))
    return pool


def smallest_units(amount: int | Decimal, decimals: int) -> int:
    """An amount of whole tokens (Decimal) in the token's smallest units, exactly; an int is in them already.

    Error: AmountOutOfRange.
    """
    if isinstance(amount, int):
        return amount
    # No currency has amounts of that size; the exact fraction of a larger exponent would fill the memory.
    if not amount.is_finite() or abs(amount.adjusted()) > _LARGEST_EXPONENT:
        raise AmountOutOfRange("the amount is no usable number", amount=str(amount))
    numerator, denominator = amount.as_integer_ratio()
    scale: int = 10**decimals
    units, rest = divmod(numerator * scale, denominator)
    if rest:
        raise AmountOutOfRange(
            "more decimals than the token has", amount=str(amount), decimals=decimals
        )
    return units


def _check_owner(order: Order, way: Way, payer: Address) -> None:
    if order.owner == NATIVE:
        raise OwnerInvalid("the owner is the zero address")
    if way is Way.SIGNED and order.owner != payer:
        raise OwnerInvalid(
            "a signed order is its owner's", owner=hex0x(order.owner), key=hex0x(payer)
        )


def _check_amounts(order: Order, pool: TradedPool) -> None:
    if not 0 < order.amount_in <= MAX_AMOUNT_IN:
        raise AmountOutOfRange(amount_in=order.amount_in, largest=MAX_AMOUNT_IN)
    if not 0 <= order.min_out <= MAX_UINT128:
        raise AmountOutOfRange(min_out=order.min_out, largest=MAX_UINT128)
    if not 0 <= order.salt <= MAX_UINT256:
        raise AmountOutOfRange("the salt is no uint256", salt=order.salt)
    minimum = pool.min_size(zero_for_one=order.zero_for_one)
    if order.amount_in < minimum:
        raise AmountBelowMinimum(amount_in=order.amount_in, minimum=minimum)
