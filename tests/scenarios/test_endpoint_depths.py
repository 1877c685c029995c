"""Endpoints that know no safe or finalized block: at the start, and while the daemon runs."""

from collections import Counter
from pathlib import Path

import anyio
import pytest

from zk_devnet.rpc_proxy.words import DepthWords
from zk_devnet.testing.scenario import Effects, misbehaving, open_stage, require_sound, until
from zk_devnet.testing.scenario.api import alerts
from zk_devnet.up import Devnet

pytestmark = [pytest.mark.devnet, pytest.mark.scenario]
SMOKE_TEXTS = (DepthWords.UNKNOWN, DepthWords.NULL)
REPLACE_AFTER_S = 3


@pytest.mark.parametrize(("tag", "key"), [("safe", "evm.spend_at"), ("finalized", "evm.done_at")])
@pytest.mark.parametrize(
    "text",
    [
        text if text in SMOKE_TEXTS else pytest.param(text, marks=pytest.mark.full)
        for text in DepthWords
    ],
    ids=str,
)
async def test_start__where_a_configured_depth_is_unknown__is_refused_and_says_what_to_configure(
    devnet: Devnet, folder: Path, text: str, tag: str, key: str
) -> None:
    """Pins: an unknown tag is not block 0, and is found before anything is paid. Budget 10 s each."""
    settings = {"evm.spend_at": "safe", "evm.done_at": "finalized"}
    async with (
        misbehaving(devnet, f"depth-unknown:tags={tag},text={text}") as proxy,
        open_stage(devnet, folder, {"evm.http": proxy.url, **settings}) as stage,
        stage.operator() as operator,
    ):
        await operator.start(wait=False)
        assert await operator.ended(timeout_s=40) != 0
        assert key in operator.output
        assert "error: [ZKO-" in operator.output
        assert "Traceback" not in operator.output
        assert not stage.rows().acts


@pytest.mark.parametrize(
    "text",
    [
        text if text is DepthWords.NO_TAG else pytest.param(text, marks=pytest.mark.full)
        for text in DepthWords
    ],
    ids=str,
)
async def test_finalized__unknown_while_running__nothing_more_is_paid_and_it_goes_on_when_it_is_back(
    devnet: Devnet, folder: Path, seed: int, text: str
) -> None:
    """Pins: a used nonce resolves an act, and no proof is bought while settling cannot work. Budget 80 s.

    Before, the mined settlement was taken for stuck, six replacements went out under its nonce, and proofs went on.
    """
    settings = {"evm.replace_after_s": str(REPLACE_AFTER_S)}
    async with (
        misbehaving(devnet) as proxy,
        open_stage(devnet, folder, {"evm.http": proxy.url, **settings}) as stage,
        stage.operator() as operator,
    ):
        before = await Effects.read(stage)
        await operator.start()
        first = await stage.place(2, seed=seed)
        await operator.event("act.intended", backend="evm:31337", timeout_s=40)
        usual = (await alerts(operator)).keys()
        proxy.arm(f"depth-unknown:tags=finalized,text={text}")
        await stage.until_settled(first)
        proofs = len(stage.rows().effective("prove"))

        async def alarmed() -> bool:
            return bool((await alerts(operator)).keys() - usual)

        await until(alarmed, "an alert is up", timeout_s=20)
        second = await stage.place(2, seed=seed + 1)
        await anyio.sleep(REPLACE_AFTER_S * 4)
        rows = stage.rows()
        assert len([act for act in rows.acts if act.kind == "prove"]) == proofs
        offers = Counter(act.nonce for act in rows.acts if act.kind == "transaction")
        assert set(offers.values()) == {1}, "a replacement under a used nonce"
        proxy.clear()
        await stage.until_settled([*first, *second])
        await stage.until_quiet()
        assert await operator.stop() == 0
        await require_sound(stage, [*first, *second], before)
