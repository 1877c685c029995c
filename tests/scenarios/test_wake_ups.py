"""With poll intervals that are far too long: whoever waits for a chain is woken by it."""

from pathlib import Path

import pytest

from zk_devnet.testing.scenario import Effects, open_stage, require_sound
from zk_devnet.up import Devnet

pytestmark = [pytest.mark.devnet, pytest.mark.scenario]
POLL_S = 120
SETTINGS = {"evm.poll_interval_s": str(POLL_S), "zkverify.poll_interval_s": str(POLL_S)}


async def test_batches__with_poll_intervals_of_two_minutes__are_settled_within_one(
    devnet: Devnet, folder: Path, seed: int
) -> None:
    """Pins: orders, finality on zkVerify, relayed roots and receipts wake whoever waits for them. Budget 60 s, smoke.

    Whoever polled would need an interval for each of four steps. Proofs are looked at as ever: a network tells nothing.
    """
    async with open_stage(devnet, folder, SETTINGS) as stage, stage.operator() as operator:
        before = await Effects.read(stage)
        await operator.start()
        await operator.event("heads.followed", timeout_s=20)
        first = await stage.place(2, seed=seed)
        await stage.until_settled(first, timeout_s=POLL_S / 2)
        second = await stage.place(2, seed=seed + 1)
        await stage.until_settled(second, timeout_s=POLL_S / 2)
        await stage.until_quiet(timeout_s=POLL_S / 2)
        assert await operator.stop() == 0
        await require_sound(stage, [*first, *second], before)
