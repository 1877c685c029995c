"""A batch that is closed behind others asks for what the pool will give when its turn comes."""

from dataclasses import replace

import pytest

from zk_devnet.testing.world import POOLS, World
from zk_operator.domain.ids import PoolId
from zk_operator.services.market import _gap_bps

RESERVE_0, RESERVE_1 = 100_000_000, 200_000_000
TOLERANCE_BPS = 50


def pool_output(_: PoolId, zero_for_one: bool, amount_in: int) -> int:
    """A constant-product pool that nobody has traded on."""
    own, other = (RESERVE_0, RESERVE_1) if zero_for_one else (RESERVE_1, RESERVE_0)
    return amount_in * other // (own + amount_in)


def floor_of(output: int) -> int:
    return output * (10_000 - TOLERANCE_BPS) // 10_000


async def test_batcher__another_batch_in_flight__its_swap_is_quoted_behind_that_ones() -> None:
    world = World()
    world.chain.quote = pool_output
    pool = world.chain.pools[POOLS[0]]
    world.chain.pools[POOLS[0]] = replace(pool, max_price_deviation_bps=1_000)
    world.relaying = False  # nothing settles: both stay in flight
    world.place(world.order(1, amount_in=4_000_000))
    await world.run(4)
    world.place(world.order(2, amount_in=4_000_000))
    await world.run(4)
    first, second = (
        batch.sections[0]
        for batch in sorted(await world.store.batches.recent(10), key=lambda batch: batch.closed_at)
    )
    alone = pool_output(POOLS[0], True, 4_000_000)
    behind = pool_output(POOLS[0], True, 8_000_000) - alone
    assert first.min_out == floor_of(alone)
    assert second.min_out == floor_of(behind) < floor_of(alone)


@pytest.mark.parametrize(("zero_for_one", "moved_bps"), [(True, 10_050), (False, 9_950)])
async def test_batcher__quotes__leave_room_for_the_pool_to_move_before_the_swap(
    zero_for_one: bool, moved_bps: int
) -> None:
    world = World()
    world.place(world.order(1, zero_for_one=zero_for_one, amount_in=4_000_000))
    await world.run(4)
    price = world.chain.prices[POOLS[0]]
    (batch,) = await world.store.batches.recent(10)
    assert batch.sections[0].price_x128 == price
    assert (zero_for_one, price * moved_bps // 10_000) in world.chain.quoted_at


async def test_batcher__the_other_pool_is_in_flight__changes_nothing() -> None:
    world = World()
    world.chain.quote = pool_output
    world.relaying = False
    world.place(world.order(1, amount_in=4_000_000))
    await world.run(4)
    world.place(world.order(2, amount_in=4_000_000, pool_id=POOLS[1]))
    await world.run(4)
    floors = {batch.sections[0].min_out for batch in await world.store.batches.recent(10)}
    assert floors == {floor_of(pool_output(POOLS[0], True, 4_000_000))}


@pytest.mark.parametrize("zero_for_one", [True, False])
@pytest.mark.parametrize(("spare_bps", "is_batched"), [(10, True), (-10, False)])
async def test_batcher__batches_in_flight_move_the_price__no_section_that_the_contract_would_skip(
    zero_for_one: bool, spare_bps: int, is_batched: bool
) -> None:
    """The price moves by (1 + x)^2 - 1 for a swap of x of the reserves, or by as much down."""
    amount, reserve = (2_000_000, RESERVE_0) if zero_for_one else (4_000_000, RESERVE_1)
    ratio = (1 + amount / reserve) ** 2
    moved_bps = int(10_000 * (1 - 1 / ratio if zero_for_one else ratio - 1))
    world = World()
    world.chain.quote = pool_output
    world.relaying = False
    pool = world.chain.pools[POOLS[0]]
    world.chain.pools[POOLS[0]] = replace(pool, max_price_deviation_bps=moved_bps + spare_bps)
    world.place(world.order(1, zero_for_one=zero_for_one, amount_in=amount))
    await world.run(4)
    world.place(world.order(2, zero_for_one=not zero_for_one, amount_in=1_000))
    await world.run(4)
    assert len(await world.store.batches.recent(10)) == 1 + is_batched
    world.relaying = True
    await world.run(30)
    assert len(await world.store.batches.recent(10)) == 2


async def test_batcher__batches_in_flight_against_each_other__the_price_stays_where_it_is() -> None:
    world = World()
    world.chain.quote = pool_output
    world.relaying = False
    world.place(world.order(1, amount_in=2_000_000))
    await world.run(4)
    world.place(world.order(2, zero_for_one=False, amount_in=4_000_000))
    await world.run(4)
    pool = world.chain.pools[POOLS[0]]
    world.chain.pools[POOLS[0]] = replace(pool, max_price_deviation_bps=1)
    world.place(world.order(3, amount_in=1_000))
    await world.run(4)
    assert len(await world.store.batches.recent(10)) == 3


@pytest.mark.parametrize(
    ("first", "second", "down_bps", "up_bps"),
    [
        (0, 0, 0, 0),
        (1, 0, 0, 0),  # dust: nothing but rounding
        (1_000, 999, 0, 0),
        (1_000, 899, 1_000, 1_113),  # rounded up
        (1_000, 1_001, 0, 0),
        (1_000, -1_000, None, None),  # the pool cannot do it twice
    ],
)
def test_gap__by_what_a_swap_brings_the_first_and_the_second_time__in_bps_of_the_price_before(
    first: int, second: int, down_bps: int | None, up_bps: int | None
) -> None:
    assert _gap_bps(first, second, zero_for_one=True) == down_bps
    assert _gap_bps(first, second, zero_for_one=False) == up_bps
