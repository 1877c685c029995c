"""A settlement that does not get mined, at a node that wants more for a replacement than we first offer."""

from itertools import pairwise
from pathlib import Path

import anyio
import pytest

from zk_devnet.testing.scenario import Effects, misbehaving, open_stage, require_sound, until
from zk_devnet.testing.scenario.api import alerts, metric
from zk_devnet.up import Devnet

pytestmark = [pytest.mark.devnet, pytest.mark.scenario]
MOST = 2


async def test_replacement__refused_as_underpriced__the_next_offers_more_than_the_refused_one(
    devnet: Devnet, folder: Path, seed: int
) -> None:
    """Pins: a bump counts from the refused offer, so three refusals reach what a node wants. Budget 60 s, smoke."""
    settings = {"evm.replace_after_s": "3"}
    faults = ("underpriced:percent=40", "swallow-sends:offers=1")
    async with (
        misbehaving(devnet, *faults) as proxy,
        open_stage(devnet, folder, {"evm.http": proxy.url, **settings}) as stage,
        stage.operator() as operator,
    ):
        before = await Effects.read(stage)
        await operator.start()
        posted = await stage.place(2, seed=seed)
        await stage.until_settled(posted, timeout_s=40)
        await stage.until_quiet()
        assert len(operator.lines("act.refused", code="ZKO-EVM-022")) <= 3 * len(
            stage.rows().batches
        )
        for batch in stage.rows().batches:
            assert batch.state == "done"
            offers = [
                act.fee_cap
                for act in stage.rows().acts
                if act.kind == "transaction" and act.subject == batch.batch_id
            ]
            assert all(earlier < later for earlier, later in pairwise(offers))
        assert await operator.stop() == 0
        await require_sound(stage, posted, before)


@pytest.mark.full
async def test_replacement__none_left__is_an_alert_until_one_of_them_is_mined(
    devnet: Devnet, folder: Path, seed: int
) -> None:
    """Pins: after the last offer a human is told, and no more is offered or bought. Budget 60 s, full."""
    settings = {"evm.replace_after_s": "2", "evm.max_replacements": str(MOST)}
    async with (
        misbehaving(devnet, "swallow-sends") as proxy,
        open_stage(devnet, folder, {"evm.http": proxy.url, **settings}) as stage,
        stage.operator() as operator,
    ):
        before = await Effects.read(stage)
        await operator.start()
        posted = await stage.place(2, seed=seed)

        async def alarmed() -> bool:
            return any(name.endswith(".stuck") for name in await alerts(operator))

        await until(alarmed, "an alert is up", timeout_s=60)
        [line] = operator.lines("act.stuck")
        assert (line["code"], line["replacements"]) == ("ZKO-ACT-007", MOST)
        assert await metric(operator, "zk_operator_acts_stuck", backend=line["backend"]) == 1
        offers = len(stage.rows().acts)
        await anyio.sleep(6)
        assert len(stage.rows().acts) == offers
        proxy.clear()
        await stage.until_settled(posted)
        await stage.until_quiet()
        assert not await alarmed()
        assert await operator.stop() == 0
        await require_sound(stage, posted, before)
