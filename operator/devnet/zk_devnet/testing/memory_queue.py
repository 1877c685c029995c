"""Which orders wait for a batch, in memory."""

from collections.abc import Iterator, Mapping, Sequence

from anyio.lowlevel import checkpoint

from zk_devnet.testing.memory_tables import SubStore, Tables, is_free, order_age
from zk_operator.domain.batching import by_class_and_turn
from zk_operator.domain.ids import Address, OrderId, PoolId
from zk_operator.domain.priority import Priority
from zk_operator.domain.records import OrderRow, OrderStatus
from zk_operator.ports.store import OrderBackOff


class MemoryBackOffs(SubStore):
    """BackOffStore."""

    async def back_off(self, back_offs: Sequence[OrderBackOff]) -> None:
        """Leave these out; an order that is not there is passed over."""
        await checkpoint()
        for each in back_offs:
            if each.order_id in self._tables.orders:
                self._tables.end_back_off(each.order_id, forget=True)
                self._tables.edit_order(
                    each.order_id, back_off_until=each.until_ms, back_offs=each.times
                )
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
            self._tables.end_back_off(order_id, forget=True)
        return len(suited)

    async def under_fee(self, fee_bps: int) -> int:
        """The fee is this from now on; how many a lower one brought back."""
        await checkpoint()
        before, self._tables.rest_fee_bps = self._tables.rest_fee_bps, fee_bps
        waiting = tuple(self._tables.wake_prices)
        if before is None or fee_bps >= before:
            return 0
        for order_id in waiting:
            self._tables.end_back_off(order_id, forget=False)
        return len(waiting)

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


class MemoryRanks(SubStore):
    """RankStore."""

    async def forget(self) -> None:
        """Open orders are as if they had never been ranked."""
        await checkpoint()
        for order_id in tuple(self._tables.ranked):
            if self._tables.orders[order_id].status is OrderStatus.OPEN:
                self._tables.ranked.discard(order_id)
                self._tables.edit_order(order_id, priority=Priority.NORMAL)

    async def unranked(self, limit: int) -> Sequence[OrderRow]:
        """Free orders that were not ranked, those that back off, too; oldest first."""
        await checkpoint()
        rows = [
            row
            for row in self._tables.orders.values()
            if is_free(row) and row.order_id not in self._tables.ranked
        ]
        return tuple(sorted(rows, key=order_age)[:limit])

    async def rank(self, priorities: Mapping[OrderId, Priority]) -> None:
        """Write them; an order that is not there is passed over."""
        await checkpoint()
        for order_id, priority in priorities.items():
            if order_id in self._tables.orders:
                self._tables.ranked.add(order_id)
                self._tables.edit_order(order_id, priority=priority)


def ready_by_turns(tables: Tables, up_to_block: int, limit: int) -> tuple[OrderRow, ...]:
    """As `OrderStore.batchable`. Whose back-off is over is brought back first."""
    now = tables.clock.now_ms()
    for row in tuple(tables.orders.values()):
        if row.back_off_until is not None and row.back_off_until <= now:
            tables.end_back_off(row.order_id, forget=False)
    queues: dict[tuple[Priority, PoolId], list[OrderRow]] = {}
    for row in sorted(tables.orders.values(), key=order_age):
        if _is_ready(row) and row.placed.block_number <= up_to_block:
            queues.setdefault((row.priority, row.order.pool_id), []).append(row)
    classes = [
        [_queue(queues[each])[:limit] for each in sorted(queues) if each[0] is priority]
        for priority in Priority
    ]
    return tuple(by_class_and_turn(classes, limit))


def _queue(rows: Sequence[OrderRow]) -> list[OrderRow]:
    """The oldest of each owner, then the second of each, and so on."""
    seen: dict[Address, int] = {}
    turns: list[tuple[int, OrderRow]] = []
    for row in rows:
        seen[row.order.owner] = seen.get(row.order.owner, 0) + 1
        turns.append((seen[row.order.owner], row))
    return [row for _, row in sorted(turns, key=lambda each: (each[0], order_age(each[1])))]


def _is_ready(row: OrderRow) -> bool:
    return is_free(row) and row.back_off_until is None
