"""Batcher: what waits becomes a batch at the right time, and one bad order or pool holds up nobody else."""

from dataclasses import replace

from zk_acts.domain.failures import LostRace
from zk_devnet.testing.store_builders import a_batch
from zk_devnet.testing.world import POOLS, Rules, World
from zk_operator.domain.batch_rule import check_batch
from zk_operator.domain.ids import PoolId
from zk_operator.domain.records import Batch, BatchState, OrderStatus
from zk_operator.domain.validation import Refusal
from zk_operator.services.settleability import Settleability, settleability_of


async def _batch_now(world: World) -> list[Batch]:
    await world.tick(world.operator.intake)
    await world.tick(world.operator.batcher)
    return list(await world.store.batches.recent(10))


async def test_batcher__young_orders__kept_waiting_for_company() -> None:
    world = World()
    world.place(world.order(1))

    assert await _batch_now(world) == []
    world.second(2)
    (batch,) = await _batch_now(world)

    assert batch.close_reason == "age"


async def test_batcher__full__closed_at_once_by_the_rule_it_is_checked_by() -> None:
    world = World(Rules(max_orders=2))
    ids = world.place(world.order(1), world.order(2, zero_for_one=False, amount_in=3_000_000))

    (batch,) = await _batch_now(world)

    orders = [row.order for row in await world.store.orders.get(batch.order_ids)]
    domain = world.chain.contract.signing_domain
    outcome = check_batch(
        batch.sections,
        orders,
        chain_id=domain.chain_id,
        manager=domain.manager,
        valid_until=batch.valid_until_s,
    )
    assert batch.close_reason == "size"
    assert sorted(batch.order_ids) == sorted(ids)
    assert outcome.public_values.encode() == batch.public_values


async def test_batcher__valid_until__never_beyond_the_shortest_deadline() -> None:
    world = World()
    deadline = world.chain.tip.timestamp + 100
    world.place(world.order(1, deadline=deadline), world.order(2))
    world.second(2)

    (batch,) = await _batch_now(world)

    assert batch.valid_until_s == deadline


async def test_batcher__cancel_requested_right_after_the_close__takes_effect_after_the_batch() -> (
    None
):
    world = World(Rules(valid_for_s=3_000))
    world.chain.contract = replace(world.chain.contract, cancel_delay_s=600)
    order = world.order(1)
    world.place(order)
    world.second(2)
    closed_at_s = world.chain.tip.timestamp

    (batch,) = await _batch_now(world)

    assert batch.valid_until_s == closed_at_s + 599
    world.cancel(order, delay_s=600)
    await world.tick(world.operator.intake)
    (row,) = await world.store.orders.get(batch.order_ids)
    assert row.cancel_at_s is not None
    assert settleability_of(batch, [row]) is Settleability.SETTLEABLE


async def test_batcher__too_many_in_flight__closes_no_more_until_one_ends() -> None:
    world = World(Rules(max_orders=1, max_in_flight=1))
    world.prover.auto_fulfil = False
    world.place(world.order(1), world.order(2))

    assert len(await _batch_now(world)) == 1
    assert len(await _batch_now(world)) == 1


async def test_batcher__out_of_time__refused_with_its_code_and_refunded_later() -> None:
    world = World()
    ids = world.place(world.order(1, deadline=world.chain.tip.timestamp + 5), world.order(2))
    world.second(2)

    (batch,) = await _batch_now(world)

    late, _ = await world.store.orders.get(ids)
    assert late.refusal == Refusal.OUT_OF_TIME
    assert batch.order_ids == (ids[1],)
    await world.run(12)
    assert await world.statuses(ids) == [OrderStatus.REFUNDED, OrderStatus.SETTLED]


async def test_batcher__cancel_requested_between_reads__left_out_without_a_refusal() -> None:
    world = World()
    order = world.order(1)
    ids = world.place(order)
    world.second(2)
    await world.tick(world.operator.intake)
    (row,) = await world.store.orders.get(ids)
    batchable = world.store.orders.batchable

    async def late_read(up_to_block: int, limit: int) -> object:
        rows = await batchable(up_to_block, limit)
        return [replace(each, cancel_at_s=row.placed_at_s + 600) for each in rows]

    world.store.orders.batchable = late_read  # type: ignore[method-assign,assignment]
    await world.tick(world.operator.batcher)

    (row,) = await world.store.orders.get(ids)
    assert row.refusal is None
    assert await world.store.batches.recent(1) == ()


async def test_batcher__cancelled_order__never_in_a_batch_and_refunded() -> None:
    world = World()
    order = world.order(1)
    ids = world.place(order)
    world.cancel(order, delay_s=5)

    await world.run(12)

    assert await world.statuses(ids) == [OrderStatus.REFUNDED]
    assert await world.store.batches.recent(1) == ()


async def test_batcher__limit_cannot_be_met_now__left_out_and_tried_again() -> None:
    world = World()
    ids = world.place(world.order(1, min_out=2_500_000), world.order(2))
    world.second(2)
    (batch,) = await _batch_now(world)
    assert batch.order_ids == (ids[1],)

    world.chain.prices[POOLS[0]] = 3 << 128
    await world.run(20)

    assert await world.statuses(ids) == [OrderStatus.SETTLED] * 2


async def test_batcher__one_pool_cannot_be_priced__the_other_is_batched() -> None:
    world = World()
    ids = world.place(world.order(1), world.order(2, pool_id=POOLS[1]))
    world.second(2)
    del world.chain.prices[POOLS[0]]

    (batch,) = await _batch_now(world)

    assert batch.order_ids == (ids[1],)
    assert world.failures == []


async def test_batcher__contract_paused__nothing_is_closed_that_could_not_be_settled() -> None:
    world = World()
    world.place(world.order(1))
    world.second(2)
    world.chain.contract = replace(world.chain.contract, paused=True)

    assert await _batch_now(world) == []
    world.chain.contract = replace(world.chain.contract, paused=False)
    world.chain.mine()
    await world.tick(world.operator.terms)
    assert len(await _batch_now(world)) == 1


async def test_batcher__order_taken_meanwhile__lost_race_is_no_failure() -> None:
    world = World()
    world.place(world.order(1))
    world.second(2)
    await world.tick(world.operator.intake)

    async def close(batch: Batch) -> None:
        raise LostRace(batch_id=batch.batch_id)

    world.store.batches.close = close  # type: ignore[method-assign]
    assert await world.tick(world.operator.batcher) is None


async def test_batcher__not_deep_enough__waits_for_confirmations() -> None:
    world = World(Rules(spend_at=5, max_orders=1))
    world.place(world.order(1))
    world.second(4)
    assert await _batch_now(world) == []

    world.second()
    assert len(await _batch_now(world)) == 1


async def test_batcher__draining__closes_nothing() -> None:
    world = World(Rules(max_orders=1))
    world.place(world.order(1))
    world.operator.batcher.stop_accepting()

    assert await _batch_now(world) == []


async def test_batcher__two_pools__sections_ascend_and_share_the_batch() -> None:
    world = World(Rules(max_orders=2))
    world.place(world.order(1, pool_id=POOLS[1]), world.order(2))

    (batch,) = await _batch_now(world)

    assert tuple(section.pool_id for section in batch.sections) == POOLS
    assert batch.state is BatchState.CLOSED


async def test_batcher__pool_unknown_at_the_head__skipped_for_now_and_batched_when_it_is_known() -> (
    None
):
    world = World(Rules(max_orders=1))
    pool = PoolId(b"\x77" * 32)
    ids = world.place(world.order(1, pool_id=pool))

    assert await _batch_now(world) == []
    (row,) = await world.store.orders.get(ids)
    assert row.refusal is None
    world.add_pool(pool)
    world.second(6)
    (batch,) = await _batch_now(world)

    assert batch.order_ids == tuple(ids)


async def test_batcher__settlements_were_slow_once__orders_with_less_time_are_batched_again() -> (
    None
):
    world = World(Rules(max_orders=1))
    slow_ms, now = 1_500_000, world.clock.now_ms()
    for number in range(6):  # of an outage: 25 minutes each
        batch = a_batch(
            f"slow{number}", state=BatchState.DONE, closed_at=now - slow_ms, settled_at=now
        )
        world.store.batches._tables.batches[batch.batch_id] = batch
    ids = world.place(world.order(1, deadline=world.chain.tip.timestamp + 1_200))
    await world.run(3)
    (refused,) = await world.store.orders.get(ids)
    assert refused.refusal is not None

    world.leap(3 * 3_600 + 60)
    later = world.place(world.order(2, deadline=world.chain.tip.timestamp + 1_200))
    await world.run(30)

    assert await world.statuses(later) == [OrderStatus.SETTLED]
