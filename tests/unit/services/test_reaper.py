"""Reaper: refunds what is over, once, and one that cannot be refunded holds up nobody."""

from zk_acts.domain.acts import IntentState, Purpose
from zk_devnet.testing.audit import problems
from zk_devnet.testing.scripted_transactions import SendFault
from zk_devnet.testing.world import Rules, World
from zk_operator.domain.order import Order
from zk_operator.domain.records import OrderStatus


def _short(world: World, salt: int) -> Order:
    return world.order(salt, deadline=world.chain.tip.timestamp + 10)


async def test_reaper__expired_orders__refunded_in_one_transaction() -> None:
    world = World()
    ids = world.place(*(_short(world, salt) for salt in range(3)))

    await world.run(20)

    assert await world.statuses(ids) == [OrderStatus.REFUNDED] * 3
    (refund,) = await world.intents(Purpose.REFUND)
    assert refund.state is IntentState.FINAL
    assert await problems(world) == []


async def test_reaper__deadline_second_itself__still_the_settlers() -> None:
    world = World()
    ids = world.place(_short(world, 1))
    await world.tick(world.operator.intake)
    world.leap(9)
    await world.tick(world.operator.reaper)
    assert await world.intents(Purpose.REFUND) == []

    world.second()
    await world.tick(world.operator.reaper)

    assert len(await world.intents(Purpose.REFUND)) == 1
    assert await world.statuses(ids) == [OrderStatus.OPEN]


async def test_reaper__refunded_by_somebody_else__nothing_is_paid() -> None:
    world = World()
    order = _short(world, 1)
    world.place(order)
    await world.tick(world.operator.intake)
    world.leap(20)
    world.chain.mine(*world.contract.run(world.contract.refund([order])))

    await world.tick(world.operator.reaper)

    assert await world.intents(Purpose.REFUND) == []


async def test_reaper__refund_under_way__not_sent_again() -> None:
    world = World()
    world.place(_short(world, 1))
    await world.tick(world.operator.intake)
    world.leap(20)

    for _ in range(4):
        await world.tick(world.operator.reaper)

    assert len(await world.intents(Purpose.REFUND)) == 1


async def test_reaper__one_order_cannot_be_refunded__the_others_are() -> None:
    world = World()
    orders = [_short(world, salt) for salt in range(5)]
    ids = world.place(*orders)
    world.contract.stubborn.add(ids[2])

    await world.run(40)

    statuses = await world.statuses(ids)
    assert statuses[2] is OrderStatus.OPEN
    assert statuses.count(OrderStatus.REFUNDED) == 4
    world.contract.stubborn.clear()
    world.leap(60)
    await world.run(8)
    assert await world.statuses(ids) == [OrderStatus.REFUNDED] * 5
    assert await problems(world) == []


async def test_reaper__refund_reverts_when_mined__left_alone_for_a_while_before_paying_again() -> (
    None
):
    world = World()
    ids = world.place(_short(world, 1))
    await world.tick(world.operator.intake)
    world.leap(20)
    await world.tick(world.operator.reaper)
    world.contract.stubborn.add(ids[0])
    world.second()
    world.contract.stubborn.clear()

    for _ in range(20):
        await world.tick(world.operator.settler)  # which keeps the account's transactions
        await world.tick(world.operator.reaper)
        world.second()
    assert len(await world.intents(Purpose.REFUND)) == 1
    await world.run(50)

    assert [row.state for row in await world.intents(Purpose.REFUND)] == [
        IntentState.FAILED,
        IntentState.FINAL,
    ]
    assert await world.statuses(ids) == [OrderStatus.REFUNDED]


async def test_reaper__refund_reverts_again_and_again__paid_for_less_and_less_often() -> None:
    world = World()
    ids = world.place(_short(world, 1))
    await world.tick(world.operator.intake)
    world.leap(20)

    for _ in range(600):
        await world.tick(world.operator.settler)
        await world.tick(world.operator.reaper)
        world.contract.stubborn.add(ids[0])
        world.second()
        world.contract.stubborn.clear()

    refunds = await world.intents(Purpose.REFUND)
    assert {row.state for row in refunds} <= {IntentState.FAILED, IntentState.INCLUDED}
    assert len(refunds) == 4


async def test_reaper__refund_stuck__replaced_with_a_better_price() -> None:
    world = World()
    ids = world.place(_short(world, 1))
    await world.tick(world.operator.intake)
    world.leap(20)
    await world.tick(world.operator.reaper)
    world.clock.advance(30_000)

    await world.tick(world.operator.reaper)
    first, second = await world.intents(Purpose.REFUND)
    assert second.replaces == first.intent_id
    await world.run(6)

    assert await world.statuses(ids) == [OrderStatus.REFUNDED]
    assert await problems(world) == []


async def test_reaper__stuck_and_refunded_by_somebody_else__nonce_is_used_up_with_nothing() -> None:
    world = World()
    order = _short(world, 1)
    world.place(order)
    await world.tick(world.operator.intake)
    world.leap(20)
    await world.tick(world.operator.reaper)
    world.transactions.drop_pending()
    world.chain.mine(*world.contract.run(world.contract.refund([order])))
    world.clock.advance(30_000)

    await world.tick(world.operator.intake)
    await world.tick(world.operator.reaper)
    world.second(4)
    await world.round()

    states = sorted(row.state for row in await world.intents(Purpose.REFUND))
    assert states == [IntentState.FINAL, IntentState.REPLACED]
    assert await problems(world) == []


async def test_reaper__shares_the_nonces_with_the_settler__both_get_through() -> None:
    world = World(Rules(max_age_s=0))
    kept = world.place(world.order(1))
    gone = world.place(_short(world, 2))

    await world.run(30)

    rows = [*await world.intents(Purpose.SETTLE), *await world.intents(Purpose.REFUND)]
    assert await world.statuses([*kept, *gone]) == [OrderStatus.SETTLED, OrderStatus.REFUNDED]
    assert len({row.nonce for row in rows}) == len(rows)
    assert await problems(world) == []


async def test_reaper__unsent_when_the_process_died_and_refunded_by_somebody_else__not_sent() -> (
    None
):
    world = World()
    order, other = _short(world, 1), _short(world, 2)
    world.place(order, other)
    await world.tick(world.operator.intake)
    world.leap(20)
    world.transactions.faults.append(SendFault.LOST_REQUEST)
    await world.tick(world.operator.reaper)
    (lost,) = await world.intents(Purpose.REFUND)
    world.chain.mine(*world.contract.run(world.contract.refund([order, other])))
    world.restart()

    await world.run(40)

    assert lost.payload not in world.transactions.sent
    assert (
        await world.statuses([world.identity(each) for each in (order, other)])
        == [OrderStatus.REFUNDED] * 2
    )
    assert await problems(world) == []
