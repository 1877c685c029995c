"""Appraiser: what orders pay, in the chain's native currency, by the prices that the pools have now.

It decides when a batch is closed and whose turn it is, never what is paid: a price that somebody has moved costs nobody
more than that.
"""

from collections.abc import Mapping
from fractions import Fraction

from zk_operator.domain.appraisal import NATIVE, Link, fee_worth, links_to_native, through
from zk_operator.domain.ids import Address, PoolId
from zk_operator.domain.order import Order
from zk_operator.ports.store import OrderStore
from zk_operator.services.market import Market

Currencies = tuple[Address, Address]


class Appraiser:
    """Knows the pools: what a pool trades never changes, so it is asked once."""

    def __init__(self, *, orders: OrderStore) -> None:
        self._orders = orders
        self._currencies: dict[PoolId, Currencies] = {}

    def at(self, market: Market, fee_bps: int) -> "Appraisal":
        """By that market's prices, under that fee. Nothing is read before it is needed."""
        return Appraisal(appraiser=self, market=market, fee_bps=fee_bps)

    async def currencies(self, market: Market) -> Mapping[PoolId, Currencies]:
        """Currency0 and currency1 of every pool that ever had an order. Errors: those of the chain."""
        for pool_id in await self._orders.pools():
            if pool_id not in self._currencies:
                terms = await market.pool(pool_id)
                if terms is not None:
                    self._currencies[pool_id] = (terms.currency0, terms.currency1)
        return self._currencies


class Appraisal:
    """One pass of the batcher."""

    def __init__(self, *, appraiser: Appraiser, market: Market, fee_bps: int) -> None:
        self._appraiser = appraiser
        self._market = market
        self._fee_bps = fee_bps
        self._currencies: Mapping[PoolId, Currencies] | None = None
        self._links: Mapping[Address, tuple[Link, ...]] = {}
        self._worths: dict[Address, Fraction | None] = {NATIVE: Fraction(1)}

    async def sells(self, order: Order) -> Address | None:
        """The currency of its input; None for a pool that the contract does not know."""
        await self._learn()
        found = (self._currencies or {}).get(order.pool_id)
        return None if found is None else found[0 if order.zero_for_one else 1]

    async def fee(self, order: Order) -> int | None:
        """In wei; None where no pool links what it sells to the native currency, or none of them has a price now."""
        currency = await self.sells(order)
        worth = None if currency is None else await self._worth(currency)
        return None if worth is None else fee_worth(order.amount_in, worth, self._fee_bps)

    async def _learn(self) -> None:
        if self._currencies is None:
            self._currencies = await self._appraiser.currencies(self._market)
            self._links = links_to_native(self._currencies)

    async def _worth(self, currency: Address) -> Fraction | None:
        """Of one unit; each way is one step nearer to the native currency than the last."""
        if currency not in self._worths:
            found = [await self._through(link) for link in self._links.get(currency, ())]
            known = [worth for worth in found if worth is not None]
            self._worths[currency] = min(known, default=None)
        return self._worths[currency]

    async def _through(self, link: Link) -> Fraction | None:
        worth = await self._worth(link.towards)
        price = await self._market.price(link.pool_id)
        return None if worth is None or price is None else through(link, price, worth)
