"""The contract's owner applies another configuration while the daemon runs."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from zk_acts.domain.ids import Hash32
from zk_devnet.evm.deployment import Deployment
from zk_devnet.testing.scenario import Effects, open_stage, require_sound, until
from zk_devnet.testing.scenario.api import alerts
from zk_devnet.testing.scenario.others import apply_config
from zk_devnet.up import Devnet

pytestmark = [pytest.mark.devnet, pytest.mark.scenario]
ANOTHER = Hash32(b"\x01" * 32)


def other_vkey(made: Deployment) -> Deployment:
    return replace(made, program_vkey=ANOTHER)


def other_domain(made: Deployment) -> Deployment:
    return replace(made, domain_id=made.domain_id + 1)


@pytest.mark.parametrize("change", [other_vkey, pytest.param(other_domain, marks=pytest.mark.full)])
async def test_terms__that_are_not_ours_any_more__nothing_more_is_bought_until_they_are_again(
    devnet: Devnet, folder: Path, seed: int, change: Callable[[Deployment], Deployment]
) -> None:
    """Pins: the terms are watched; a difference stops batches, with an alert, and no restart is needed. Budget 80 s."""
    ours = devnet.deployment
    async with open_stage(devnet, folder) as stage, stage.operator() as operator:
        before = await Effects.read(stage)
        await operator.start()
        first = await stage.place(2, seed=seed)
        await stage.until_settled(first)
        await stage.until_quiet()
        usual = (await alerts(operator)).keys()
        try:
            await apply_config(stage, change(ours))

            async def alarmed() -> bool:
                return bool((await alerts(operator)).keys() - usual)

            await until(alarmed, "an alert is up", timeout_s=20)
            acts = len(stage.rows().acts)
            second = await stage.place(2, seed=seed + 1)
            await operator.event("order.placed", count=4, timeout_s=20)
            await anyio.sleep(8)
            assert len(stage.rows().acts) == acts, "something was bought"
        finally:
            await apply_config(stage, ours)
        await stage.until_settled(second)

        async def calm() -> bool:
            return not (await alerts(operator)).keys() - usual

        await until(calm, "no new alert is left", timeout_s=20)
        await stage.until_quiet()
        assert await operator.stop() == 0
        await require_sound(stage, [*first, *second], before)
