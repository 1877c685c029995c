"""A batch that is closed behind others asks for what the pool will give when its turn comes."""

from zk_devnet.testing.world import POOLS, World
from zk_operator.domain.ids import PoolId

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
