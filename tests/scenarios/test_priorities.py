"""Priorities and fees through the whole daemon: who pays more goes first, who is set back waits, and what pays for itself is closed."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from zk_devnet.testing.scenario import Effects, Stage, open_stage, require_sound
from zk_devnet.traffic.market import read_market
from zk_devnet.traffic.plan import Item, PoolSide
from zk_devnet.traffic.post import Posted
from zk_devnet.up import Devnet

pytestmark = [pytest.mark.devnet, pytest.mark.scenario]
SELLS_TOKEN = PoolSide(pool=1, zero_for_one=False, native_in=False, native_out=True)
SET_BACK, PAYER = 0, 1  # traders
LARGE = 3_000  # times the least order
FEE_BPS, LOW_S = 10, 20


def of(trader: int) -> Callable[[Item], Item]:
    """A large order of that trader, for native currency."""
    return lambda item: replace(item, side=SELLS_TOKEN, trader=trader, multiple=LARGE)


async def rules(stage: Stage) -> str:
    """Low for one trader; high for whoever pays the fee of two thirds of a large order or more."""
    market = await read_market(stage.rpc, stage.devnet.deployment)
    amount = market.least_sizes[SELLS_TOKEN.pool][1] * LARGE * 2 // 3
    fee_wei = market.worth(SELLS_TOKEN, amount) * FEE_BPS // 10_000
    owner = "0x" + stage.devnet.deployment.traders[SET_BACK].hex()
    low = f'{{priority = "low", owners = ["{owner}"]}}'
    high = f'{{priority = "high", min_fee = "{fee_wei // 10**18}.{fee_wei % 10**18:018d}"}}'
    return f"[{low}, {high}]"


async def test_priorities__by_owner_and_by_fee__a_high_order_overtakes_and_a_low_one_waits(
    devnet: Devnet, folder: Path, seed: int
) -> None:
    """Pins: nothing in the daemon ever set a priority. Budget 60 s, smoke."""
    settings = {
        "batching.max_orders": "2",
        "batching.max_age_high_s": "15",
        "batching.max_age_s": "15",
        "batching.max_age_low_s": str(LOW_S),
    }
    async with open_stage(devnet, folder, settings) as stage:
        stage.settings["batching.priorities"] = await rules(stage)
        async with stage.operator() as operator:
            before = await Effects.read(stage)
            (low,) = await stage.place_as(of(SET_BACK), 1, seed=seed)
            high = await stage.place_as(of(PAYER), 2, seed=seed + 1)
            await operator.start()  # it finds all of them, the low one as the oldest
            await stage.until_settled([low, *high], timeout_s=90)
            await stage.until_quiet()
            first, second = reversed(await operator.ask("batches"))
            taken = {batch.batch_id: batch.orders for batch in stage.rows().batches}
            assert taken[first["batch_id"]] == {one.order_id for one in high}
            assert taken[second["batch_id"]] == {low.order_id}
            assert [first["close_reason"], second["close_reason"]] == ["size", "age"]
            shown = {row["order_id"]: row for row in await operator.ask("orders")}
            waited = shown["0x" + low.order_id.hex()]
            assert second["at"]["closed"] >= waited["placed_at"] + LOW_S
            names = [shown["0x" + one.order_id.hex()]["priority"] for one in (low, *high)]
            assert names == ["low", "high", "high"]
            assert await operator.stop() == 0
            await require_sound(stage, [low, *high], before)


def in_pool(pool: int) -> Callable[[Item], Item]:
    """A large order of that pool that sells a token; pool 0 is without native currency."""
    side = PoolSide(pool=pool, zero_for_one=False, native_in=False, native_out=pool == 1)
    return lambda item: replace(item, side=side, multiple=LARGE)


async def test_fees__of_orders_that_sell_tokens__close_a_batch_once_a_settlements_cost_is_known(
    devnet: Devnet, folder: Path, seed: int
) -> None:
    """Pins: only fees of native inputs counted, so such a batch always waited for its age. Budget 60 s, smoke."""
    settings = {
        "batching.max_age_high_s": "15",
        "batching.max_age_s": "15",
        "batching.max_age_low_s": "15",
        "batching.fee_multiple_bps": "1",
        "batching.min_orders_for_fees": "1",
    }
    async with open_stage(devnet, folder, settings) as stage, stage.operator() as operator:
        before = await Effects.read(stage)
        await operator.start()
        posted: list[Posted] = []
        for number, pool in enumerate((1, 1, 0)):
            posted += await stage.place_as(in_pool(pool), 1, seed=seed + number)
            await stage.until_settled(posted)
            await stage.until_quiet()
        reasons = [line["reason"] for line in operator.lines("batch.closed")]
        assert reasons == ["age", "fees", "fees"]
        assert await operator.stop() == 0
        await require_sound(stage, posted, before)
