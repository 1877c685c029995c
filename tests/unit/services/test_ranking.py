"""Priorities and fees in the batcher: by the operator's rules, and by the prices that the pools have."""

from dataclasses import replace

import pytest

from zk_acts.domain.acts import IntentState, Purpose, Resource
from zk_devnet.testing.store_builders import an_intent
from zk_devnet.testing.world import POOLS, Rules, World
from zk_operator.domain.ids import Address, OrderId, PoolId
from zk_operator.domain.priority import Priority, PriorityRule
from zk_operator.domain.records import CloseReason
from zk_operator.ports.chain import PoolTerms
from zk_operator.services.appraiser import Appraiser
from zk_operator.services.market import Market
from zk_operator.services.ranking import MOST_ROUNDS, Ranking

PAYER, POOR = Address(b"\x01" * 20), Address(b"\x02" * 20)
NATIVE, TOKEN, OTHER = Address(bytes(20)), Address(b"\x0a" * 20), Address(b"\x0b" * 20)
ETHER = 10**18
AGES = {Priority.CRITICAL: 0, Priority.HIGH: 1, Priority.NORMAL: 10, Priority.LOW: 60}
BY_OWNER = (
    PriorityRule(priority=Priority.HIGH, owners=frozenset({PAYER})),
    PriorityRule(priority=Priority.LOW, owners=frozenset({POOR})),
)


async def passes(world: World, count: int) -> None:
    for _ in range(count):
        await world.tick(world.operator.intake)
        await world.tick(world.operator.batcher)
        world.second()


async def closed(world: World) -> list[tuple[str, set[OrderId]]]:
    """Reason and orders of each batch, oldest first."""
    batches = reversed(await world.store.batches.recent(100))
    return [(batch.close_reason, set(batch.order_ids)) for batch in batches]


async def test_batcher__rules_by_owner__a_high_order_overtakes_and_a_low_one_waits() -> None:
    world = World(Rules(max_orders=2, priorities=BY_OWNER, ages_s=AGES))
    low = world.place(world.order(1, owner=POOR))
    await passes(world, 20)
    assert await closed(world) == []
    high = world.place(world.order(2, owner=PAYER), world.order(3, owner=PAYER))
    await passes(world, 2)
    assert await closed(world) == [(CloseReason.SIZE, set(high))]
    await passes(world, 60)
    assert await closed(world) == [(CloseReason.SIZE, set(high)), (CloseReason.AGE, set(low))]
    rows = await world.store.orders.get([*low, *high])
    assert [row.priority for row in rows] == [Priority.LOW, Priority.HIGH, Priority.HIGH]


async def test_batcher__a_crowd_of_many_owners_was_first__a_high_order_is_in_the_next_batch() -> (
    None
):
    world = World(Rules(max_orders=2, priorities=BY_OWNER, ages_s=AGES, max_in_flight=100))
    owners = [Address(n.to_bytes(20)) for n in range(1_000, 1_100)]
    world.place(*(world.order(n, owner=owner) for n, owner in enumerate(owners)))
    (high,) = world.place(world.order(5_000, owner=PAYER))
    await passes(world, 1)
    ((_, first),) = await closed(world)
    assert high in first


async def test_batcher__more_high_orders_than_room_for_ever__a_low_one_is_batched_all_the_same() -> (
    None
):
    world = World(Rules(max_orders=4, priorities=BY_OWNER, ages_s=AGES, max_in_flight=100))
    (low,) = world.place(world.order(1, owner=POOR))
    world.place(*(world.order(n, owner=PAYER) for n in range(100, 140)))
    await passes(world, 1)
    ((_, first),) = await closed(world)
    assert low in first


async def test_batcher__begun_again_under_other_rules__open_orders_are_ranked_by_them() -> None:
    world = World(Rules(max_orders=8, priorities=BY_OWNER, ages_s=AGES))
    ids = world.place(world.order(1, owner=POOR))
    await passes(world, 5)
    world.rules = replace(world.rules, priorities=())
    world.restart()
    await passes(world, 6)
    assert await closed(world) == [(CloseReason.AGE, set(ids))]


async def test_ranking__more_orders_than_a_pass_takes__goes_on_in_the_next_with_the_oldest_first() -> (
    None
):
    world = World()
    world.place(*(world.order(n, owner=POOR) for n in range(2 * MOST_ROUNDS + 1)))
    await world.tick(world.operator.intake)
    market = Market(contract=world.chain.at(world.chain.tip), in_flight=())
    appraisal = Appraiser(orders=world.store.orders).at(market, fee_bps=5)
    ranking = Ranking(ranks=world.store.ranks, rules=BY_OWNER, at_once=2)
    left = []
    for _ in range(3):
        left.append(len(await world.store.ranks.unranked(10**6)))
        await ranking.update(appraisal)
    assert left == [2 * MOST_ROUNDS + 1, 1, 0]


UNIT_WEI = 2**50  # what one unit of the token is worth: exact in Q128
IN_TOKENS = 1 << 128 - 50


def trade(
    world: World, pool_id: PoolId, currency0: Address, currency1: Address, price_x128: int
) -> None:
    """A pool of these, at this price."""
    world.chain.pools[pool_id] = PoolTerms(
        pool_id=pool_id,
        currency0=currency0,
        currency1=currency1,
        min_size0=1,
        min_size1=1,
        max_price_deviation_bps=10_000,
    )
    world.chain.prices[pool_id] = price_x128


FEE = ETHER * 5 // 10_000  # the World's fee on one native token
ENOUGH = -(-ETHER // UNIT_WEI)  # of the token, to pay as much
BY_FEE = (PriorityRule(priority=Priority.CRITICAL, min_fee=FEE),)


@pytest.mark.parametrize(("amount", "is_urgent"), [(ENOUGH, True), (ENOUGH - 1, False)])
async def test_batcher__sells_a_token__its_fee_counts_by_the_price_of_its_own_pool(
    amount: int, is_urgent: bool
) -> None:
    world = World(Rules(priorities=BY_FEE, ages_s=AGES))
    trade(world, POOLS[0], NATIVE, TOKEN, IN_TOKENS)
    world.place(world.order(1, zero_for_one=False, amount_in=amount))
    await passes(world, 1)
    assert len(await closed(world)) == is_urgent


@pytest.mark.parametrize(("amount", "is_urgent"), [(2 * ENOUGH, True), (2 * ENOUGH - 2, False)])
async def test_batcher__pool_without_the_native_currency__priced_through_another_pool(
    amount: int, is_urgent: bool
) -> None:
    world = World(Rules(priorities=BY_FEE, ages_s=AGES))
    trade(world, POOLS[1], NATIVE, TOKEN, IN_TOKENS)
    trade(world, POOLS[0], TOKEN, OTHER, 2 << 128)  # two of the other for one token
    world.place(world.order(1, pool_id=POOLS[1], zero_for_one=False, amount_in=10))
    (order,) = world.place(world.order(2, zero_for_one=False, amount_in=amount))
    await passes(world, 1)
    assert any(order in ids for _, ids in await closed(world)) is is_urgent


async def test_batcher__nothing_links_the_token_to_the_native_currency__its_order_is_normal() -> (
    None
):
    world = World(Rules(priorities=BY_FEE, ages_s=AGES))
    world.place(world.order(1, amount_in=10**30))
    await passes(world, 5)
    assert await closed(world) == []


async def test_appraisal__a_pool_that_has_no_price_now__nothing_is_said_of_its_fees() -> None:
    world = World()
    trade(world, POOLS[0], NATIVE, TOKEN, IN_TOKENS)
    trade(world, POOLS[1], TOKEN, OTHER, 2 << 128)
    world.place(world.order(1), world.order(2, pool_id=POOLS[1]))
    await world.tick(world.operator.intake)
    del world.chain.prices[POOLS[0]]
    market = Market(contract=world.chain.at(world.chain.tip), in_flight=())
    appraisal = Appraiser(orders=world.store.orders).at(market, fee_bps=5)
    native = world.order(3, amount_in=ETHER)
    assert await appraisal.sells(native) == NATIVE
    assert await appraisal.fee(native) == FEE
    assert await appraisal.fee(world.order(4, zero_for_one=False)) is None
    assert await appraisal.fee(world.order(5, pool_id=POOLS[1])) is None


async def settlement_cost(world: World, paid: int) -> None:
    intent = an_intent(
        "s", purpose=Purpose.SETTLE, resource=Resource.GAS, created_at=world.clock.now_ms()
    )
    await world.store.intents.record(intent, [])
    await world.store.intents.update(intent, IntentState.FINAL, paid=paid)


@pytest.mark.parametrize("zero_for_one", [True, False], ids=["native", "token"])
async def test_batcher__fees_reach_the_multiple_of_the_cost__closed_whatever_is_sold(
    zero_for_one: bool,
) -> None:
    world = World(Rules(fee_multiple_bps=20_000, ages_s=AGES))
    trade(world, POOLS[0], NATIVE, TOKEN, IN_TOKENS)
    await settlement_cost(world, FEE)
    one = ETHER if zero_for_one else ENOUGH
    ids = world.place(world.order(1, zero_for_one=zero_for_one, amount_in=one))
    await passes(world, 1)
    assert await closed(world) == []
    ids += world.place(world.order(2, zero_for_one=zero_for_one, amount_in=one))
    await passes(world, 1)
    assert await closed(world) == [(CloseReason.FEES, set(ids))]
