"""A settlement that does not get mined, at a node that wants more for a replacement than we first offer."""

from itertools import pairwise
from pathlib import Path

import pytest

from zk_devnet.testing.scenario import Effects, misbehaving, open_stage, require_sound
from zk_devnet.up import Devnet

pytestmark = [pytest.mark.devnet, pytest.mark.scenario]


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
