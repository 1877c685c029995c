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
SMALL, LARGE = 100, 3_000  # times the least order
FEE_BPS, LOW_S = 10, 8


def of(trader: int, multiple: int) -> Callable[[Item], Item]:
    """An order of that trader and size, for native currency."""
    return lambda item: replace(item, side=SELLS_TOKEN, trader=trader, multiple=multiple)


async def rules(stage: Stage) -> str:
    """Low for one trader; high for whoever pays the fee of two thirds of a large order or more."""
    market = await read_market(stage.rpc, stage.devnet.deployment)
    amount = market.least_sizes[SELLS_TOKEN.pool][1] * LARGE * 2 // 3
    fee_wei = market.worth(SELLS_TOKEN, amount) * FEE_BPS // 10_000
    owner = "0x" + stage.devnet.deployment.traders[SET_BACK].hex()
    low = f'{{priority = "low", owners = ["{owner}"]}}'
    high = f'{{priority = "high", min_fee = "{fee_wei // 10**18}.{fee_wei % 10**18:018d}"}}'
    return f"[{low}, {high}]"


async def priorities(stage: Stage) -> dict[str, str]:
    """By order, as the verb shows them."""
    rows = await stage.operator().ask("orders")
    return {row["order_id"]: row["priority"] for row in rows}


async def test_priorities__by_owner_and_by_fee__a_high_order_overtakes_and_a_low_one_waits(
    devnet: Devnet, folder: Path, seed: int
) -> None:
    """Pins: nothing in the daemon ever set a priority. Budget 60 s, smoke."""
    settings = {
        "batching.max_orders": "2",
        "batching.max_age_high_s": "4",
        "batching.max_age_s": "4",
        "batching.max_age_low_s": str(LOW_S),
    }
    async with open_stage(devnet, folder, settings) as stage:
        stage.settings["batching.priorities"] = await rules(stage)
        async with stage.operator() as operator:
            before = await Effects.read(stage)
            await operator.start()
            (low,) = await stage.place_as(of(SET_BACK, LARGE), 1, seed=seed)
            await operator.event("order.placed", timeout_s=20)
            high = await stage.place_as(of(PAYER, LARGE), 2, seed=seed + 1)
            first, second = await operator.event("batch.closed", count=2, timeout_s=40)
            assert [first["reason"], second["reason"]] == ["size", "age"]
            assert [first["size"], second["size"]] == [2, 1]
            posted: list[Posted] = [low, *high]
            await stage.until_settled(posted)
            await stage.until_quiet()
            (last,) = await stage.place_as(of(PAYER, SMALL), 1, seed=seed + 2)
            posted.append(last)
            await stage.until_settled(posted)
            await stage.until_quiet()
            shown = await priorities(stage)
            names = ["low", "high", "high", "normal"]
            assert [shown["0x" + one.order_id.hex()] for one in posted] == names
            assert await operator.stop() == 0
            await require_sound(stage, posted, before)


def in_pool(pool: int) -> Callable[[Item], Item]:
    """A large order of that pool that sells a token; pool 0 is without native currency."""
    side = PoolSide(pool=pool, zero_for_one=False, native_in=False, native_out=pool == 1)
    return lambda item: replace(item, side=side, multiple=LARGE)


async def test_fees__of_orders_that_sell_tokens__close_a_batch_once_a_settlements_cost_is_known(
    devnet: Devnet, folder: Path, seed: int
) -> None:
    """Pins: only fees of native inputs counted, so such a batch always waited for its age. Budget 60 s, smoke."""
    settings = {
        "batching.max_age_high_s": "5",
        "batching.max_age_s": "5",
        "batching.max_age_low_s": "5",
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
