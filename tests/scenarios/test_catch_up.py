"""An operator that was away, or starts anew, has much to read before it knows what is still open."""

import signal
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from zk_devnet.testing.scenario import (
    Effects,
    Stage,
    misbehaving,
    open_stage,
    require_sound,
    until,
)
from zk_devnet.testing.scenario.others import mine, refund_when_over
from zk_devnet.traffic.kind import Kind
from zk_devnet.traffic.post import Posted
from zk_devnet.up import Devnet

pytestmark = [pytest.mark.devnet, pytest.mark.scenario]
MANY_BLOCKS = 450  # more than two steps of a scan


async def test_catch_up__past_orders_that_were_refunded_later__nothing_is_bought_for_them(
    devnet: Devnet, folder: Path, seed: int
) -> None:
    """Pins: no batch before the scan has reached the depth at which money is spent. Budget 60 s, smoke.

    Logs come slowly, so that a daemon that does not wait has the time to buy.
    """
    async with (
        misbehaving(devnet, "hang:after=1.5,method=eth_getLogs") as proxy,
        open_stage(devnet, folder, {"evm.http": proxy.url}) as stage,
        stage.operator() as operator,
    ):
        before = await Effects.read(stage)
        placed = await stage.place(2, seed=seed, lifetime_s=15)
        over = [replace(one, item=replace(one.item, kind=Kind.EXPIRES_SOON)) for one in placed]
        await mine(stage, MANY_BLOCKS)
        await refund_when_over(stage, over)
        await mine(stage, 5)
        await operator.start()

        async def known_as_refunded() -> bool:
            orders = stage.rows().orders
            return all(orders.get(one.order_id) == "refunded" for one in over)

        await until(known_as_refunded, "the orders are known as refunded", timeout_s=40)
        assert stage.rows().acts == []
        proxy.clear()
        fresh = await stage.place(2, seed=seed + 1)
        await stage.until_settled(fresh)
        await stage.until_quiet()
        assert await operator.stop() == 0
        await require_sound(stage, [*over, *fresh], before)


async def test_orders__that_an_earlier_scan_has_lost__are_missed_and_read_again(
    devnet: Devnet, folder: Path, seed: int
) -> None:
    """Pins: intake counts the contract's orders, so that a loss is noticed, whoever made it. Budget 50 s, smoke.

    No endpoint can make this version lose one; so rows are taken out, as versions that believed any endpoint left them.
    """
    patient = dict.fromkeys(
        ("batching.max_age_high_s", "batching.max_age_s", "batching.max_age_low_s"), "300"
    )
    async with open_stage(devnet, folder) as stage, stage.operator() as operator:
        before = await Effects.read(stage)
        async with stage.operator(settings=patient) as first:
            await first.start()
            posted = await stage.place(4, seed=seed)
            await first.event("order.placed", count=len(posted), timeout_s=30)
            first.send(signal.SIGKILL)
            await first.ended(timeout_s=10)
        lose(stage, posted[:2])
        assert stage.rows().orders.keys() == {one.order_id for one in posted[2:]}
        await operator.start()
        await operator.event("orders.found", timeout_s=30)
        await stage.until_settled(posted)
        await stage.until_quiet()
        assert await operator.stop() == 0
        await require_sound(stage, posted, before)


def lose(stage: Stage, posted: Sequence[Posted]) -> None:
    with closing(sqlite3.connect(stage.database())) as connection, connection:
        ids = [(one.order_id,) for one in posted]
        connection.executemany("DELETE FROM orders WHERE order_id = ?", ids)
