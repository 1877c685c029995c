"""Killed from outside at seeded moments, while traders of every kind go on."""

import random
import signal
from pathlib import Path

import anyio
import pytest

from zk_devnet.testing.scenario import Effects, OperatorProcess, open_stage, require_sound
from zk_devnet.traffic.kind import Expectation
from zk_devnet.traffic.plan import TrafficConfig
from zk_devnet.up import Devnet

pytestmark = [pytest.mark.devnet, pytest.mark.scenario]
KILLED = -9
LONGEST_LIFE_S = 4.0
SETTINGS = {"batching.min_deadline_reserve_s": "10"}  # orders that expire soon are never batched


async def live_and_die(operator: OperatorProcess, seed: int, moments: int) -> None:
    """Start it and kill it, so many times; each life is as long as the seed says, counted from when it works."""
    rng = random.Random(seed)
    for _ in range(moments):
        await operator.start()
        await anyio.sleep(rng.uniform(0, LONGEST_LIFE_S))
        operator.send(signal.SIGKILL)
        assert await operator.ended(timeout_s=10) == KILLED


@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    ("moments", "moment_seed"),
    [(3, 1), pytest.param(10, 2, marks=pytest.mark.full)],
    ids=["three", "ten"],
)
async def test_killed__at_seeded_moments_under_traffic__every_order_ends_as_it_must(
    devnet: Devnet, folder: Path, seed: int, moments: int, moment_seed: int
) -> None:
    """Pins: no moment is a bad one to die at. Budget 60 s (smoke, three moments), 150 s (full, ten)."""
    traffic_config = TrafficConfig(
        orders=24 + moments, traders=6, seed=seed, spread_s=4.0 * moments, wave_s=2.0
    )
    async with open_stage(devnet, folder, SETTINGS) as stage, stage.operator() as operator:
        before = await Effects.read(stage)
        traffic = stage.traffic(traffic_config)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(traffic.run, name="scenario:traffic")
            await live_and_die(operator, moment_seed, moments)
            await operator.start()
        accepted = [
            one for one in traffic.posted if one.item.expectation is not Expectation.REJECTED
        ]
        await stage.until_ended(accepted, timeout_s=120)
        await stage.until_quiet()
        assert await operator.stop() == 0
        await require_sound(stage, traffic.posted, before)
        assert operator.lives == moments + 1
