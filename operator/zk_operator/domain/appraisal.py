"""What an amount is worth in the chain's native currency, by the pools' own prices.

A currency's worth comes from the pools that link it to the native one in the fewest steps; of several the least counts, so
that one thin pool cannot raise it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from zk_operator.domain.batch_rule import FEE_BASE, Q128_BITS
from zk_operator.domain.ids import Address, PoolId
from zk_operator.domain.validation import ZERO_ADDRESS

NATIVE = ZERO_ADDRESS


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A pool that makes one currency worth so much of another: one step nearer to the native currency."""

    pool_id: PoolId
    towards: Address
    is_currency0: bool  # whether the currency that is to be valued is the pool's currency0


def links_to_native(
    pools: Mapping[PoolId, tuple[Address, Address]],
) -> dict[Address, tuple[Link, ...]]:
    """By currency (but for the native one), the pools of its shortest ways. `pools`: currency0 and currency1 of each."""
    found: dict[Address, tuple[Link, ...]] = {NATIVE: ()}
    reached = {NATIVE}
    while reached:
        nearer, reached = reached, set()
        steps: dict[Address, list[Link]] = {}
        for pool_id in sorted(pools):
            for currency, link in _sides(pool_id, *pools[pool_id]):
                if link.towards in nearer and currency not in found:
                    steps.setdefault(currency, []).append(link)
        for currency, links in steps.items():
            found[currency] = tuple(links)
            reached.add(currency)
    del found[NATIVE]
    return found


def _sides(
    pool_id: PoolId, currency0: Address, currency1: Address
) -> Iterable[tuple[Address, Link]]:
    yield currency0, Link(pool_id=pool_id, towards=currency1, is_currency0=True)
    yield currency1, Link(pool_id=pool_id, towards=currency0, is_currency0=False)


def through(link: Link, price_x128: int, worth: Fraction) -> Fraction:
    """What one unit is worth, where one unit of the link's other currency is worth that much."""
    price = Fraction(price_x128, 1 << Q128_BITS)
    if not price:
        return Fraction(0)
    return worth * price if link.is_currency0 else worth / price


def fee_worth(amount_in: int, worth: Fraction, fee_bps: int) -> int:
    """The fee on an order that sells so much, in the native currency, rounded down: it is taken of what the input buys."""
    return int(amount_in * worth * fee_bps / FEE_BASE)
