"""Killed at each labelled point of each paid act, then started again (money rules 1 and 2)."""

from pathlib import Path

import pytest

from zk_acts.runtime.fault import ACT_POINTS
from zk_devnet.testing.scenario import Effects, OperatorProcess, open_stage, require_sound
from zk_devnet.traffic.post import Posted
from zk_devnet.up import Devnet

pytestmark = [pytest.mark.devnet, pytest.mark.scenario]
ACTS = ("prove", "extrinsic", "transaction")
KILLED = -9
DEATH_TIMEOUT_S = 40.0


async def _die_at(operator: OperatorProcess, label: str) -> None:
    assert await operator.ended(timeout_s=DEATH_TIMEOUT_S) == KILLED, operator.tail()


@pytest.mark.parametrize("act", ACTS)
async def test_killed__at_every_point_of_an_act_in_turn__every_order_ends_once(
    devnet: Devnet, folder: Path, seed: int, act: str
) -> None:
    """Pins: a crash around a paid act neither loses an order nor pays twice. Budget 60 s, smoke."""
    posted: list[Posted] = []
    async with open_stage(devnet, folder) as stage, stage.operator() as operator:
        before = await Effects.read(stage)
        for number, point in enumerate(ACT_POINTS):
            await operator.start(crash_at=f"{act}.{point}")
            posted.extend(await stage.place(2, seed=seed + number))
            await _die_at(operator, point)
        await operator.start()
        await stage.until_settled(posted)
        await stage.until_quiet()
        assert await operator.stop() == 0
        await require_sound(stage, posted, before)
        assert operator.lives == len(ACT_POINTS) + 1


@pytest.mark.full
@pytest.mark.parametrize("point", ACT_POINTS)
@pytest.mark.parametrize("act", ACTS)
async def test_killed__at_the_second_hit_of_a_point__every_order_ends_once(
    devnet: Devnet, folder: Path, seed: int, act: str, point: str
) -> None:
    """Pins: the same with an earlier act of the same account under way. Budget 40 s each, full."""
    async with open_stage(devnet, folder) as stage, stage.operator() as operator:
        before = await Effects.read(stage)
        await operator.start(crash_at=f"{act}.{point}:2")
        posted = [*await stage.place(2, seed=seed)]
        await operator.event("batch.closed", timeout_s=30)
        posted.extend(await stage.place(2, seed=seed + 1))
        await _die_at(operator, point)
        await operator.start()
        await stage.until_settled(posted)
        await stage.until_quiet()
        assert await operator.stop() == 0
        await require_sound(stage, posted, before)
