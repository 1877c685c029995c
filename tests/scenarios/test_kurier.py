"""Kurier as a second way to zkVerify: while the own one fails, once, and over crashes and lost answers (ADR 0229)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from zk_acts.adapters.signing.secret_file import write_secret
from zk_acts.domain.acts import Purpose
from zk_devnet.testing.kurier_service import KurierStandIn
from zk_devnet.testing.scenario import (
    Effects,
    Stage,
    open_stage,
    require_sound,
    until,
)
from zk_devnet.testing.scenario.api import alerts, metric
from zk_devnet.testing.scenario.rows import ActRow
from zk_devnet.traffic.post import Posted
from zk_devnet.up import Devnet, operator_account

pytestmark = [pytest.mark.devnet, pytest.mark.scenario]
API_KEY = "devnets-kurier-key"
KILLED = -9
POINTS = ("before_row", "after_row", "after_send", "after_answer")
WINDOW_BLOCKS = 16  # eight seconds


@asynccontextmanager
async def kurier_stage(
    devnet: Devnet, folder: Path, use: str
) -> AsyncIterator[tuple[Stage, KurierStandIn]]:
    """A stage with Kurier configured. At the end the node takes the operator's extrinsics again."""
    kurier = KurierStandIn(
        node=devnet.zkverify_ws, api_key=API_KEY, domain_id=devnet.deployment.domain_id
    )
    async with kurier.running(), open_stage(devnet, folder) as stage:
        key_file = folder / "keys" / "kurier.key"
        write_secret(key_file, f"{API_KEY}\n".encode())
        stage.settings |= {
            "zkverify.kurier.use": use,
            "zkverify.kurier.url": kurier.url,
            "zkverify.kurier.api_key_file": str(key_file),
            "zkverify.kurier.after_s": "2",
            "zkverify.kurier.window_blocks": str(WINDOW_BLOCKS),
        }
        try:
            yield stage, kurier
        finally:
            refuse(devnet, on=False)


def refuse(devnet: Devnet, *, on: bool) -> None:
    """Whether the node has no author methods for the operator's account."""
    devnet.zkverify.faults.refused_accounts = {operator_account()} if on else set()


def verifications(stage: Stage) -> list[ActRow]:
    """The acts that submitted proofs."""
    return [row for row in stage.rows().acts if row.purpose == Purpose.VERIFY]


def final(stage: Stage) -> list[str]:
    """The backends of those that took effect."""
    return [row.backend for row in verifications(stage) if row.state == "final"]


async def test_kurier__own_endpoints_refuse__submits_once_and_the_own_way_comes_back(
    devnet: Devnet, folder: Path, seed: int
) -> None:
    """Pins: refused endpoints cost time, an alert says so, nothing is paid twice. Budget 60 s."""
    async with (
        kurier_stage(devnet, folder, "fallback") as (stage, kurier),
        stage.operator() as operator,
    ):
        before = await Effects.read(stage)
        await operator.start()
        refuse(devnet, on=True)
        posted = await stage.place(2, seed=seed)
        [line] = await operator.event("route.tripped", route="zkverify", timeout_s=40)
        assert line["code"] == "ZKO-KUR-008"
        assert "route.zkverify" in await alerts(operator)
        assert await metric(operator, "zk_operator_route_failing", route="zkverify") == 1
        await stage.until_settled(posted)
        assert set(final(stage)) == {"kurier"}
        jobs = len(kurier.jobs)
        assert len(final(stage)) == jobs

        refuse(devnet, on=False)
        posted_later: list[Posted] = []

        async def restored() -> bool:
            later = await stage.place(1, seed=seed + len(posted_later) + 1)
            posted_later.extend(later)
            await stage.until_settled(later)
            return "zkverify" in final(stage)

        await until(restored, "the own way is taken again", timeout_s=60)
        await operator.event("route.restored", route="zkverify", timeout_s=10)
        assert "route.zkverify" not in await alerts(operator)
        await stage.until_quiet()
        assert await operator.stop() == 0
        await require_sound(stage, [*posted, *posted_later], before)


async def test_kurier__killed_at_every_point_of_a_job__every_batch_is_submitted_once(
    devnet: Devnet, folder: Path, seed: int
) -> None:
    """Pins: a crash around a job is resolved by the chain, and no job is made twice. Budget 120 s."""
    posted: list[Posted] = []
    async with (
        kurier_stage(devnet, folder, "primary") as (stage, kurier),
        stage.operator() as operator,
    ):
        before = await Effects.read(stage)
        for number, point in enumerate(POINTS):
            await operator.start(crash_at=f"job.{point}")
            posted.extend(await stage.place(1, seed=seed + number))
            assert await operator.ended(timeout_s=40) == KILLED, operator.tail()
        await operator.start()
        await stage.until_settled(posted, timeout_s=90)
        await stage.until_quiet()
        assert await operator.stop() == 0
        await require_sound(stage, posted, before)
        assert len(final(stage)) == len(kurier.jobs) == len(stage.rows().batches)


@pytest.mark.full
async def test_kurier__answer_lost_and_the_own_way_is_back__no_second_payment(
    devnet: Devnet, folder: Path, seed: int
) -> None:
    """Pins: a job that may exist is waited for, although the own account could submit. Budget 60 s."""
    async with (
        kurier_stage(devnet, folder, "fallback") as (stage, kurier),
        stage.operator() as operator,
    ):
        before = await Effects.read(stage)
        await operator.start()
        kurier.faults.lost_answers, kurier.faults.holds = 1, True
        refuse(devnet, on=True)
        posted = await stage.place(1, seed=seed)
        await operator.event("act.unanswered", timeout_s=40)
        refuse(devnet, on=False)
        await anyio.sleep(4)  # time in which the own account could submit
        [waiting] = [row for row in verifications(stage) if row.state in ("intended", "sent")]
        assert waiting.backend == "kurier"
        await kurier.release()
        await stage.until_settled(posted)
        await stage.until_quiet()
        assert final(stage) == ["kurier"]
        assert len(kurier.jobs) == 1
        assert await operator.stop() == 0
        await require_sound(stage, posted, before)


@pytest.mark.full
async def test_kurier__never_got_it__the_own_account_submits_when_the_window_is_over(
    devnet: Devnet, folder: Path, seed: int
) -> None:
    """Pins: a job that does not come to the chain is waited for as long as configured, not longer. Budget 60 s."""
    async with (
        kurier_stage(devnet, folder, "primary") as (stage, kurier),
        stage.operator() as operator,
    ):
        before = await Effects.read(stage)
        kurier.faults.lost_answers, kurier.faults.fails = 1, True
        await operator.start()
        posted = await stage.place(1, seed=seed)
        await operator.event("act.unanswered", timeout_s=40)
        kurier.faults.fails, kurier.faults.refusals = False, 1_000
        await stage.until_settled(posted, timeout_s=90)
        await stage.until_quiet()
        assert final(stage) == ["zkverify"]
        assert verifications(stage)[0].state == "lapsed"
        assert await operator.stop() == 0
        await require_sound(stage, posted, before)
