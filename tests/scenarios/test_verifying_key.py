"""The circuit's key is taken back on zkVerify while the daemon runs."""

from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from zk_devnet.testing.scenario import (
    Effects,
    open_stage,
    require_sound,
    running_devnet,
    scenario_devnet,
    until,
)
from zk_devnet.testing.scenario.api import alerts
from zk_devnet.testing.scenario.zkverify import take_back_the_key

pytestmark = [pytest.mark.devnet, pytest.mark.scenario]
VISIBLE_S = 60  # for so long a registration may not be visible everywhere
ALERT, CODE = "vk", "ZKO-SET-006"


@pytest.mark.full
async def test_key__unregistered_by_its_holder__is_an_alert_and_registered_once_more(
    folder: Path, seed: int
) -> None:
    """Pins: whoever waits for a key says so, and does not wait for ever. Budget 100 s, full.

    Before, the submitter waited without a line until the batches had expired.
    """
    with running_devnet(scenario_devnet()) as devnet:
        async with open_stage(devnet, folder) as stage, stage.operator() as operator:
            before = await Effects.read(stage)
            await operator.start()
            posted = [*await stage.place(2, seed=seed)]
            await stage.until_settled(posted)
            await stage.until_quiet()
            await anyio.sleep(VISIBLE_S)
            await take_back_the_key(stage)
            posted += await stage.place(2, seed=seed + 1)
            [line] = await operator.event("vk.unregistered", timeout_s=40)
            assert line["code"] == CODE
            assert ALERT in await alerts(operator)
            await stage.until_settled(posted)

            async def calm() -> bool:
                return ALERT not in await alerts(operator)

            await until(calm, "the alert is over", timeout_s=20)
            await stage.until_quiet()
            assert await operator.stop() == 0
            with_the_holders = replace(before, extrinsics=before.extrinsics + 1)
            await require_sound(stage, posted, with_the_holders, again={"register-vk": 1})
