"""Whose turn it is: many orders that cannot be batched hide nobody who can, and come back when the price suits them."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zk_devnet.testing.store_builders import a_log, an_order_id, terms
from zk_devnet.testing.world import POOLS, Rules, World
from zk_devnet.testing.world_process import PRICE
from zk_operator.domain.batching import by_turns, turns
from zk_operator.domain.chain_event import TermsEvent
from zk_operator.domain.ids import Address, OrderId
from zk_operator.domain.order import MAX_UINT256
from zk_operator.domain.proposal import DropReason
from zk_operator.domain.records import OrderRow, OrderStatus
from zk_operator.services.order_back_off import (
    LEFT_OUT_MS,
    MOST_MS,
    is_in_reach,
    left_out,
    wake_price,
)

FEE_BPS = 5


async def passes(world: World, count: int) -> None:
    for _ in range(count):
        await world.tick(world.operator.intake)
        await world.tick(world.operator.batcher)
        world.second()


def crowd(world: World, count: int) -> None:
    """Orders of one owner whose limits the pool does not meet, and whose deadlines are the nearest."""
    for first in range(0, count, 50):
        world.place(
            *(
                world.order(10_000 + salt, min_out=3_000_000, owner=Address(b"\xee" * 20))
                for salt in range(first, min(first + 50, count))
            )
        )


@pytest.mark.parametrize("pool", POOLS)
async def test_batcher__305_older_orders_out_of_reach__a_younger_one_is_batched_at_once(
    pool: object,
) -> None:
    world = World(Rules(max_orders=8))
    crowd(world, 305)
    ids = world.place(world.order(1, pool_id=pool, deadline=world.chain.tip.timestamp + 86_000))
    world.second(3)

    await passes(world, 3)

    (batch,) = await world.store.batches.recent(10)
    assert batch.order_ids == tuple(ids)


async def test_batcher__order_out_of_reach__tried_less_and_less_often_without_a_limit() -> None:
    world = World()
    ids = world.place(
        world.order(1, min_out=3_000_000, deadline=world.chain.tip.timestamp + 80_000)
    )
    pauses = []
    for _ in range(12):
        await passes(world, 1)
        (row,) = await world.store.orders.get(ids)
        assert row.back_off_until is not None
        pauses.append(row.back_off_until - world.clock.now_ms())
        world.leap((row.back_off_until - world.clock.now_ms()) // 1000 + 1)
    assert pauses == sorted(pauses)
    assert pauses[-1] > 10 * MOST_MS


async def test_batcher__price_moves_to_where_the_order_wants_it__batched_long_before_its_rest_is_over() -> (
    None
):
    world = World()
    ids = world.place(
        world.order(1, min_out=2_500_000, deadline=world.chain.tip.timestamp + 80_000)
    )
    for _ in range(8):
        await passes(world, 1)
        world.leap(400)
    world.chain.prices[POOLS[0]] = 3 << 128

    await passes(world, 12)

    (batch,) = await world.store.batches.recent(10)
    assert batch.order_ids == tuple(ids)


async def test_batcher__restarted__who_rests_goes_on_resting() -> None:
    world = World()
    ids = world.place(world.order(1, min_out=3_000_000))
    await passes(world, 3)
    (before,) = await world.store.orders.get(ids)

    world.restart()
    await passes(world, 1)

    (after,) = await world.store.orders.get(ids)
    assert after.back_off_until == before.back_off_until


async def test_batcher__a_flood_of_one_owner__another_owner_is_in_the_first_batches() -> None:
    world = World(Rules(max_orders=4, max_in_flight=100))
    for _ in range(10):
        world.place(*(world.order(world.chain.tip.number * 100 + n) for n in range(20)))
    ids = world.place(world.order(1, owner=Address(b"\x01" * 20)))

    await passes(world, 5)

    batches = await world.store.batches.recent(100)
    assert any(ids[0] in batch.order_ids for batch in batches)


def row(**fields: object) -> OrderRow:
    return OrderRow(
        order_id=an_order_id("o"),
        order=terms(**fields),
        task_index=0,
        placed=a_log(1),
        placed_at_s=0,
        seen_at=0,
        status=OrderStatus.OPEN,
    )


def test_left_out__for_another_reason_than_its_limit__ten_minutes_at_most() -> None:
    order = row(amount_in=10, min_out=1)
    rest = left_out(order, DropReason.POOL, 0, price_x128=None, fee_bps=FEE_BPS)
    assert (rest.until_ms, rest.times, rest.wake_price_x128) == (LEFT_OUT_MS, 1, None)


@given(
    amount_in=st.integers(1, 2**128 - 1),
    min_out=st.integers(0, 2**128 - 1),
    price=st.integers(1, 2**200),
    zero_for_one=st.booleans(),
)
def test_wake_price__order_out_of_reach__a_price_at_which_it_is_in_reach_or_none_exists(
    amount_in: int, min_out: int, price: int, zero_for_one: bool
) -> None:
    order = terms(amount_in=amount_in, min_out=min_out, zero_for_one=zero_for_one)
    wanted = wake_price(order, price, FEE_BPS)
    assert 0 <= wanted <= MAX_UINT256
    assert wanted > price if zero_for_one else wanted < price
    if 0 < wanted < MAX_UINT256:
        assert is_in_reach(order, wanted, FEE_BPS)
    if not is_in_reach(order, price, FEE_BPS):
        # However little the price has to move: between two stable coins it moves by less than a thousandth for weeks.
        assert not is_in_reach(order, wanted + (-1 if zero_for_one else 1), FEE_BPS)


@pytest.mark.parametrize("zero_for_one", [True, False])
def test_wake_price__a_hair_is_missing__that_hair_is_enough(zero_for_one: bool) -> None:
    """Between two stable coins a price may not move by a thousandth for weeks."""
    price, better = 1 << 128, (1 << 128) * (10_001 if zero_for_one else 9_999) // 10_000
    order = terms(amount_in=10**18, min_out=999_550_000_000_000_000, zero_for_one=zero_for_one)
    assert not is_in_reach(order, price, FEE_BPS)
    assert is_in_reach(order, better, FEE_BPS)

    wanted = wake_price(order, price, FEE_BPS)

    assert wanted <= better if zero_for_one else wanted >= better


@given(st.lists(st.lists(st.integers(), max_size=5), max_size=5), st.integers(0, 30))
def test_by_turns__any_queues__everybody_has_a_first_turn_and_queues_keep_their_order(
    queues: list[list[int]], limit: int
) -> None:
    tagged = [[(at, n) for n in range(len(queue))] for at, queue in enumerate(queues)]
    taken = by_turns(tagged, limit)
    assert {(at, 0) for at, queue in enumerate(queues) if queue} <= set(taken)
    assert len(taken) <= max(limit, sum(1 for queue in queues if queue))
    for at in range(len(queues)):
        mine = [n for queue, n in taken if queue == at]
        assert mine == list(range(len(mine)))


A, B = Address(b"\x0a" * 20), Address(b"\x0b" * 20)


def test_turns__one_pool__an_owner_has_one_seat_in_a_round() -> None:
    assert turns([(POOLS[0], owner) for owner in (A, A, A, B)], 10) == [0, 1, 2, 0]


def test_turns__two_pools__share_the_room() -> None:
    owners = [Address(bytes([n]) * 20) for n in range(6)]
    seats = [(POOLS[0], owner) for owner in owners[:5]] + [(POOLS[1], owners[5])]
    assert turns(seats, 4) == [0, 0, 1, 1, 2, 0]


def test_turns__nobody__nothing() -> None:
    assert turns([], 4) == []


def test_price__of_the_world__is_out_of_reach_for_the_crowd() -> None:
    assert not is_in_reach(terms(amount_in=1_000_000, min_out=3_000_000), PRICE, FEE_BPS)


async def _out_of_reach_by_the_fee(world: World) -> OrderId:
    """An order that rests because the fee takes one unit too much."""
    gross = 2_000_000  # for a million at the pool's price
    (order_id,) = world.place(world.order(1, min_out=gross - gross * FEE_BPS // 10_000 + 1))
    await passes(world, 12)
    (row,) = await world.store.orders.get([order_id])
    assert row.back_offs > 1
    return order_id


def _counterpart(world: World) -> OrderId:
    """The other side of it, so that nothing is left to be swapped."""
    return world.place(world.order(2, zero_for_one=False, amount_in=2_000_000))[0]


async def test_batcher__fee_lowered__orders_that_it_brings_into_reach_are_batched_at_once() -> None:
    world = World(Rules(max_orders=2))
    waiting = await _out_of_reach_by_the_fee(world)

    world.chain.change_terms(TermsEvent.APPLIED, fee_bps=FEE_BPS - 1)
    other = _counterpart(world)
    for service in (world.operator.intake, world.operator.terms, world.operator.batcher):
        await world.tick(service)

    assert set((await world.batch()).order_ids) == {waiting, other}


async def test_batcher__fee_lowered_while_it_did_not_run__batched_at_the_start() -> None:
    world = World(Rules(max_orders=2))
    waiting = await _out_of_reach_by_the_fee(world)
    world.chain.contract = replace(world.chain.contract, fee_bps=FEE_BPS - 1)
    other = _counterpart(world)

    world.restart()
    for service in (world.operator.intake, world.operator.terms, world.operator.batcher):
        await world.tick(service)

    assert set((await world.batch()).order_ids) == {waiting, other}
