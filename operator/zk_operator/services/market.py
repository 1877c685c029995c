"""The market for one pass of the batcher: pools' prices and quotes at one block, and the sections that they allow."""

from collections import Counter
from collections.abc import Sequence

import structlog

from zk_acts.domain.errors import OperatorError
from zk_acts.domain.ids import hex0x
from zk_operator.domain.batch_rule import FEE_BASE, Q128_BITS
from zk_operator.domain.failures import CallReverted
from zk_operator.domain.ids import PoolId
from zk_operator.domain.order import MAX_UINT256
from zk_operator.domain.proposal import (
    DropReason,
    NeedQuote,
    Proposal,
    ProposalPolicy,
    QuoteKey,
    propose_step,
)
from zk_operator.domain.records import Batch, BatchState, OrderRow
from zk_operator.ports.chain import ContractView, PoolTerms
from zk_operator.services.intake_errors import OrderPoolUnknown

log = structlog.get_logger("batcher")
IN_FLIGHT = (BatchState.CLOSED, BatchState.PROVED, BatchState.VERIFIED, BatchState.AGGREGATED)


class Market:
    """Each pool's price is asked once. A pool that cannot be priced now holds up nobody else's orders."""

    def __init__(self, *, contract: ContractView, in_flight: Sequence[Batch]) -> None:
        """`in_flight`: the batches that are still to swap on the pools."""
        self._contract = contract
        self._in_flight = in_flight
        self._prices: dict[PoolId, int | None] = {}
        self._pools: dict[PoolId, PoolTerms | None] = {}

    async def price(self, pool_id: PoolId) -> int | None:
        """Token1 per token0, Q128; None for a pool that the contract cannot price now, or in which it settles nothing."""
        if pool_id not in self._prices:
            try:
                self._prices[pool_id] = await self._price(pool_id)
            except CallReverted as error:
                self._skip(pool_id, error)
                self._prices[pool_id] = None
        return self._prices[pool_id]

    async def pool(self, pool_id: PoolId) -> PoolTerms | None:
        """The pool's terms; None for one that the contract does not know."""
        if pool_id not in self._pools:
            self._pools[pool_id] = await self._contract.pool(pool_id)
        return self._pools[pool_id]

    async def _price(self, pool_id: PoolId) -> int | None:
        pool = await self.pool(pool_id)
        if pool is None or not pool.max_price_deviation_bps:
            self._skip(
                pool_id, OrderPoolUnknown("nothing settles in a pool that is paused, or not listed")
            )
            return None
        return await self._contract.pool_price(pool_id)

    async def propose(
        self, pool_id: PoolId, rows: Sequence[OrderRow], policy: ProposalPolicy
    ) -> Proposal:
        """The section that these orders allow."""
        price = await self.price(pool_id)
        try:
            if price is not None:
                return await self._match(pool_id, rows, policy, price)
        except CallReverted as error:
            self._skip(pool_id, error)
        return _nothing(rows, DropReason.POOL)

    async def _match(
        self, pool_id: PoolId, rows: Sequence[OrderRow], policy: ProposalPolicy, price: int
    ) -> Proposal:
        ahead = self._ahead(pool_id)
        if not await self._stays_in_range(pool_id, ahead, price):
            return _nothing(rows, DropReason.DRIFT)
        quotes: dict[QuoteKey, int | None] = {}
        while True:
            step = propose_step(
                pool_id=pool_id,
                orders={row.order_id: row.order for row in rows},
                price_x128=price,
                quotes=quotes,
                policy=policy,
            )
            if not isinstance(step, NeedQuote):
                return step
            edge = _edge(price, policy.tolerance_bps, zero_for_one=step.key.zero_for_one)
            quotes[step.key] = await self._quote(
                pool_id, edge, step.key, ahead[step.key.zero_for_one]
            )

    async def _stays_in_range(self, pool_id: PoolId, ahead: Counter[bool], price: int) -> bool:
        """Whether the contract will still take this price once the batches in flight have swapped.

        A section whose price is too far from the pool's is skipped: its proof would be for nothing.
        """
        net = ahead[True] - (ahead[False] << Q128_BITS) // price if price else 0
        if net == 0:
            return True
        pool, zero_for_one = await self.pool(pool_id), net > 0
        amount = net if zero_for_one else -net * price >> Q128_BITS
        # What the same swap brings the first and the second time: the pool's own fee cancels (ADR 0227).
        once = await self._output(pool_id, price, zero_for_one, amount)
        twice = await self._output(pool_id, price, zero_for_one, 2 * amount)
        gap_bps = _gap_bps(once, twice - once, zero_for_one=zero_for_one)
        return pool is not None and gap_bps is not None and gap_bps <= pool.max_price_deviation_bps

    def _ahead(self, pool_id: PoolId) -> Counter[bool]:
        """What the batches in flight will swap on this pool, by direction."""
        amounts: Counter[bool] = Counter()
        for batch in self._in_flight:
            for section in batch.sections:
                if section.pool_id == pool_id:
                    amounts[section.remainder_zero_for_one] += section.remainder_in
        return amounts

    async def _quote(self, pool_id: PoolId, price: int, key: QuoteKey, ahead: int) -> int | None:
        """What the swap brings once those before it have moved the price; None where the pool cannot do it.

        Quoted alone, a batch closed behind others would ask for more than the pool gives when its turn comes.
        """
        side = key.zero_for_one
        # Behind those in flight: alone it would ask for the price that they are about to use up (ADR 0093).
        before = await self._output(pool_id, price, side, ahead) if ahead else 0
        together = await self._output(pool_id, price, side, ahead + key.amount_in)
        return together - before if together > before else None

    async def _output(self, pool_id: PoolId, price: int, zero_for_one: bool, amount_in: int) -> int:
        return await self._contract.quote_remainder(
            pool_id, price_x128=price, zero_for_one=zero_for_one, amount_in=amount_in
        )

    def _skip(self, pool_id: PoolId, error: OperatorError) -> None:
        log.warning(
            "pool.skipped", pool_id=hex0x(pool_id), code=OrderPoolUnknown.code, error=str(error)
        )


def _nothing(rows: Sequence[OrderRow], why: DropReason) -> Proposal:
    dropped = {row.order_id: why for row in rows}
    return Proposal(section=None, orders=(), dropped=dropped)


def _edge(price: int, tolerance_bps: int, *, zero_for_one: bool) -> int:
    """The price to quote by: the swap may end short of the contract's limit by as much as the pool may move until then."""
    moved = FEE_BASE + tolerance_bps if zero_for_one else FEE_BASE - tolerance_bps
    return min(price * moved // FEE_BASE, MAX_UINT256)


def _gap_bps(first: int, second: int, *, zero_for_one: bool) -> int | None:
    """How far a swap moves the price, in 1/10,000 of the price before it, rounded up: by what it brings the first and the
    second time. None where the pool cannot do it twice.
    """
    lost = first - second - 1  # both are rounded down, which is all there is to see of dust
    if lost <= 0:
        return 0
    if second <= 0:
        return None
    before = first if zero_for_one else second  # selling token1 raises the price
    return -(-lost * FEE_BASE // before)
