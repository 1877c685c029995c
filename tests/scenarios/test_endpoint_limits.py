"""Endpoints that refuse: ranges of logs, all logs, clients over their limit, chains that are not ours."""

from pathlib import Path

import anyio
import pytest

from zk_devnet.rpc_proxy.words import RangeWords, RateWords
from zk_devnet.testing.scenario import Effects, misbehaving, open_stage, require_sound, until
from zk_devnet.testing.scenario.api import alert_threshold, alerts, is_ready, metric
from zk_devnet.testing.scenario.others import mine
from zk_devnet.up import Devnet

pytestmark = [pytest.mark.devnet, pytest.mark.scenario]
RULES = Path(__file__).parents[2] / "config/alerts/zk-operator.yml"
BEHIND_BLOCKS = 60
LAG = "zk_operator_cursor_lag_blocks"
SMOKE_RANGES = (RangeWords.ALCHEMY,)
SMOKE_RATES = (RateWords.INFURA, RateWords.INTERNAL)


def tiers(values: type[RangeWords | RateWords], smoke: tuple[str, ...]) -> list[object]:
    """Some in smoke, all in full."""
    return [
        value if value in smoke else pytest.param(value, marks=pytest.mark.full) for value in values
    ]


@pytest.mark.parametrize("status", [400, pytest.param(200, marks=pytest.mark.full)])
@pytest.mark.parametrize("text", tiers(RangeWords, SMOKE_RANGES), ids=str)
async def test_range_limit__in_any_words_and_status__intake_asks_for_less(
    devnet: Devnet, folder: Path, seed: int, text: str, status: int
) -> None:
    """Pins: what JSON-RPC says in the body counts, whatever the HTTP status. Budget 40 s each."""
    fault = f"range-limit:blocks=10,text={text},status={status}"
    async with (
        misbehaving(devnet, fault) as proxy,
        open_stage(devnet, folder, {"evm.http": proxy.url}) as stage,
        stage.operator() as operator,
    ):
        before = await Effects.read(stage)
        posted = await stage.place(2, seed=seed)
        await mine(stage, BEHIND_BLOCKS)
        await operator.start()
        await stage.until_settled(posted)
        await stage.until_quiet()
        assert await operator.stop() == 0
        await require_sound(stage, posted, before)


async def test_logs__refused_while_the_chain_goes_on__the_lag_is_seen_and_the_operator_not_ready(
    devnet: Devnet, folder: Path, seed: int
) -> None:
    """Pins: a gauge that only a good pass sets cannot tell of bad ones. Budget 90 s, smoke: not ready after half a minute."""
    async with (
        misbehaving(devnet) as proxy,
        open_stage(devnet, folder, {"evm.http": proxy.url}) as stage,
        stage.operator() as operator,
    ):
        before = await Effects.read(stage)
        await operator.start()
        await until(lambda: is_ready(operator), "ready", timeout_s=20)
        proxy.arm("refuse-logs")
        threshold = alert_threshold(RULES, "ZkOperatorIntakeLag")
        # The orders first: of blocks without any of our logs the headers tell, and nobody asks for them.
        posted = await stage.place(2, seed=seed)
        await mine(stage, int(threshold) + 10)

        async def alarming() -> bool:
            return (await metric(operator, LAG) or 0) > threshold and not await is_ready(operator)

        await until(alarming, "the alert's condition holds, not ready", timeout_s=60)
        proxy.clear()

        async def calm() -> bool:
            return (await metric(operator, LAG) or 0) <= threshold and await is_ready(operator)

        await until(calm, "the alert's condition is over, ready again", timeout_s=30)
        await stage.until_settled(posted)
        await stage.until_quiet()
        assert await operator.stop() == 0
        await require_sound(stage, posted, before)


@pytest.mark.parametrize("text", tiers(RateWords, SMOKE_RATES), ids=str)
async def test_rate_limit__in_any_words__the_next_endpoint_is_asked(
    devnet: Devnet, folder: Path, seed: int, text: str
) -> None:
    """Pins: reads fail over on any error that is not the revert of the call itself. Budget 40 s each."""
    async with (
        misbehaving(devnet) as proxy,
        open_stage(devnet, folder, {"evm.http": f"{proxy.url},{devnet.evm.http_url}"}) as stage,
        stage.operator() as operator,
    ):
        before = await Effects.read(stage)
        await operator.start()
        proxy.arm(f"rate-limit:text={text}")
        posted = await stage.place(2, seed=seed)
        await stage.until_settled(posted, timeout_s=40)
        await stage.until_quiet()
        assert await operator.stop() == 0
        await require_sound(stage, posted, before)


async def test_rate_limit__with_retry_after__the_endpoint_is_left_in_peace(
    devnet: Devnet, folder: Path, seed: int
) -> None:
    """Pins: an endpoint that says for how long is not asked before. Budget 60 s, smoke."""
    async with (
        misbehaving(devnet) as proxy,
        open_stage(devnet, folder, {"evm.http": proxy.url}) as stage,
        stage.operator() as operator,
    ):
        before = await Effects.read(stage)
        await operator.start()
        proxy.arm("rate-limit:text=alchemy,retry_after=20")
        await anyio.sleep(1)  # what was under way has had its answer
        served = proxy.served.total()
        await anyio.sleep(10)
        assert proxy.served.total() - served <= 3
        proxy.clear()
        posted = await stage.place(2, seed=seed)
        await stage.until_settled(posted)
        await stage.until_quiet()
        assert await operator.stop() == 0
        await require_sound(stage, posted, before)


async def test_fallback__of_another_chain__is_left_out_with_an_alert_and_the_third_is_asked(
    devnet: Devnet, folder: Path, seed: int
) -> None:
    """Pins: a wrong fallback ends nothing while another endpoint is right. Budget 60 s, smoke."""
    async with (
        misbehaving(devnet) as first,
        misbehaving(devnet, "wrong-chain:chain_id=1") as wrong,
        open_stage(
            devnet, folder, {"evm.http": f"{first.url},{wrong.url},{devnet.evm.http_url}"}
        ) as stage,
        stage.operator() as operator,
    ):
        before = await Effects.read(stage)
        await operator.start()

        async def alarmed() -> bool:
            return any(wrong.url in text for text in (await alerts(operator)).values())

        await until(alarmed, f"an alert names {wrong.url}", timeout_s=20)
        first.arm("down")
        posted = await stage.place(2, seed=seed)
        await stage.until_settled(posted)
        assert operator.is_alive
        first.clear()
        await stage.until_quiet()
        assert await operator.stop() == 0
        await require_sound(stage, posted, before)
