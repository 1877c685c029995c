"""From an order to its settlement, through every service, on fakes."""

from zk_acts.domain.acts import IntentState
from zk_devnet.testing.world import POOLS, World
from zk_operator.domain.records import BatchState, OrderStatus


async def test_operator__orders_on_both_sides__settled_finalized_and_paid_once() -> None:
    world = World()
    first = world.place(world.order(1), world.order(2, zero_for_one=False, amount_in=500_000))
    second = world.place(world.order(3, pool_id=POOLS[1]))

    await world.run(30)

    rows = await world.store.orders.get([*first, *second])
    assert [row.status for row in rows] == [OrderStatus.SETTLED] * 3
    batches = await world.store.batches.recent(10)
    assert {batch.state for batch in batches} == {BatchState.DONE}
    entries = await world.store.intents.ledger(0)
    assert sorted(entry.purpose for entry in entries) == [
        *["prove"] * len(batches),
        "register-vk",
        *["settle"] * len(batches),
        *["verify"] * len(batches),
    ]
    states = [await world.store.intents.get(entry.intent_id) for entry in entries]
    assert {row.state for row in states if row} == {IntentState.FINAL}
    assert world.failures == []
