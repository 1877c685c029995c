"""Which orders wait for a batch, in memory."""

from collections.abc import Iterator, Sequence

from anyio.lowlevel import checkpoint

from zk_devnet.testing.memory_tables import SubStore, Tables, is_free, order_age
from zk_operator.domain.batching import by_turns
from zk_operator.domain.ids import Address, OrderId, PoolId
from zk_operator.domain.records import OrderRow
from zk_operator.ports.store import Rest


class MemoryRests(SubStore):
    """RestStore."""

    async def rest(self, rests: Sequence[Rest]) -> None:
        """Leave these out; an order that is not there is passed over."""
        await checkpoint()
        for each in rests:
            if each.order_id in self._tables.orders:
                self._tables.end_rest(each.order_id, forget=True)
                self._tables.edit_order(each.order_id, rests_until=each.until_ms, rests=each.times)
                if each.wake_price_x128 is not None:
                    self._tables.wake_prices[each.order_id] = each.wake_price_x128

    async def pools(self) -> Sequence[PoolId]:
        """The pools in which an order waits for a price, ascending."""
        await checkpoint()
        orders = self._tables.orders
        return tuple(sorted({orders[each].order.pool_id for each in self._tables.wake_prices}))

    async def wake(self, pool_id: PoolId, price_x128: int) -> int:
        """Bring back the pool's orders that this price suits; how many."""
        await checkpoint()
        suited = list(self._suited(pool_id, price_x128))
        for order_id in suited:
            self._tables.end_rest(order_id, forget=True)
        return len(suited)

    async def oldest_waiting_s(self) -> int | None:
        """When the oldest ready order was placed, in unix seconds."""
        await checkpoint()
        ready = [row.placed_at_s for row in self._tables.orders.values() if _is_ready(row)]
        return min(ready, default=None)

    def _suited(self, pool_id: PoolId, price_x128: int) -> Iterator[OrderId]:
        for order_id, wanted in self._tables.wake_prices.items():
            order = self._tables.orders[order_id].order
            suits = wanted <= price_x128 if order.zero_for_one else wanted >= price_x128
            if order.pool_id == pool_id and suits:
                yield order_id


def ready_by_turns(tables: Tables, up_to_block: int, limit: int) -> tuple[OrderRow, ...]:
    """As `OrderStore.batchable`. Whose rest is over is brought back first."""
    now = tables.clock.now_ms()
    for row in tuple(tables.orders.values()):
        if row.rests_until is not None and row.rests_until <= now:
            tables.end_rest(row.order_id, forget=False)
    pools: dict[PoolId, list[OrderRow]] = {}
    for row in sorted(tables.orders.values(), key=order_age):
        if _is_ready(row) and row.placed.block_number <= up_to_block:
            pools.setdefault(row.order.pool_id, []).append(row)
    return tuple(by_turns([_queue(pools[pool])[:limit] for pool in sorted(pools)], limit))


def _queue(rows: Sequence[OrderRow]) -> list[OrderRow]:
    """The oldest of each owner, then the second of each, and so on."""
    seen: dict[Address, int] = {}
    turns: list[tuple[int, OrderRow]] = []
    for row in rows:
        seen[row.order.owner] = seen.get(row.order.owner, 0) + 1
        turns.append((seen[row.order.owner], row))
    return [row for _, row in sorted(turns, key=lambda each: (each[0], order_age(each[1])))]


def _is_ready(row: OrderRow) -> bool:
    return is_free(row) and row.rests_until is None
