"""Orders that cannot be settled must not stand in the way of those that can."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from zk_devnet.testing.scenario import Effects, open_stage, require_sound
from zk_devnet.traffic.kind import Kind
from zk_devnet.traffic.plan import Item, PoolSide
from zk_devnet.traffic.post import Posted
from zk_devnet.up import Devnet

pytestmark = [pytest.mark.devnet, pytest.mark.scenario]
OUT_OF_REACH_BPS = -10_000
OPEN = 1
Change = Callable[[Item], Item]


def out_of_reach(item: Item) -> Item:
    """A limit of twice the price, in the pool without native currency."""
    side = PoolSide(pool=0, zero_for_one=item.number % 2 == 0, native_in=False, native_out=False)
    return replace(item, kind=Kind.LIMIT_OUT_OF_REACH, side=side, limit_bps=OUT_OF_REACH_BPS)


def good_in(pool: int) -> Change:
    """A good order of that pool that sells a token."""

    def change(item: Item) -> Item:
        native = pool == 1
        side = PoolSide(pool=pool, zero_for_one=not native, native_in=False, native_out=native)
        return replace(item, kind=Kind.SIGNED, side=side)

    return change


@pytest.mark.parametrize(
    ("orders", "max_orders"),
    [(40, 4), pytest.param(300, 24, marks=pytest.mark.full)],
    ids=["forty", "three-hundred"],
)
async def test_orders__hundreds_that_no_pool_can_meet__younger_good_ones_are_settled(
    devnet: Devnet, folder: Path, seed: int, orders: int, max_orders: int
) -> None:
    """Pins: what cannot be batched takes no place in the query, in its pool or another. Budget 90 s, smoke and full."""
    settings = {"batching.max_orders": str(max_orders)}
    async with open_stage(devnet, folder, settings) as stage, stage.operator() as operator:
        before = await Effects.read(stage)
        await operator.start()
        hopeless: list[Posted] = []
        lifetime_s = 90
        for batch in range(0, orders, 40):
            count = min(40, orders - batch)
            hopeless += await stage.place_as(
                out_of_reach, count, seed=seed + batch, lifetime_s=lifetime_s
            )
        await operator.event("order.placed", count=orders, timeout_s=40)
        other_pool = await stage.place_as(good_in(1), 2, seed=seed + orders)
        same_pool = await stage.place_as(good_in(0), 2, seed=seed + orders + 1)
        good = [*other_pool, *same_pool]
        await stage.until_settled(good, timeout_s=40)
        assert set(await stage.states(hopeless)) == {OPEN}
        await stage.until_ended(hopeless, timeout_s=lifetime_s + 40)
        await stage.until_quiet()
        assert await operator.stop() == 0
        await require_sound(stage, [*hopeless, *good], before)
