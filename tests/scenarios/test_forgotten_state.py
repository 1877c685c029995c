"""zkVerify's nodes drop a block's state after a while: what was paid for in it is not lost, and blocks nothing."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from zk_acts.domain.acts import Purpose
from zk_devnet.testing.scenario import Effects, OperatorProcess, Stage, open_stage, require_sound
from zk_devnet.testing.scenario.rows import ActRow
from zk_devnet.testing.scenario.zkverify import unpublished, until_forgotten, until_published
from zk_devnet.traffic.post import Posted
from zk_devnet.up import Devnet

pytestmark = [pytest.mark.devnet, pytest.mark.scenario]
KILLED = -9
UNREADABLE = "ZKO-ZKV-027"


async def settle_some(stage: Stage, operator: OperatorProcess, seed: int) -> Sequence[Posted]:
    """One life, after which the circuit's key is registered: the extrinsics of the next are of proofs."""
    await operator.start()
    posted = await stage.place(2, seed=seed)
    await stage.until_settled(posted)
    await stage.until_quiet()
    assert await operator.stop() == 0
    return posted


async def die_at(
    stage: Stage, operator: OperatorProcess, label: str, seed: int
) -> Sequence[Posted]:
    """One life that ends at the label, with these orders under way."""
    await operator.start(crash_at=label)
    posted = await stage.place(2, seed=seed)
    assert await operator.ended(timeout_s=40) == KILLED, operator.tail()
    return posted


async def require_ended(
    stage: Stage,
    operator: OperatorProcess,
    posted: Sequence[Posted],
    before: Effects,
    *,
    verified_again: int = 0,
) -> list[ActRow]:
    """Everything is settled and sound, with one proof per batch. What was paid to zkVerify for proofs."""
    await stage.until_settled(posted)
    await stage.until_quiet()
    assert await operator.stop() == 0
    await require_sound(stage, posted, before, again={"verify": verified_again})
    rows = stage.rows()
    assert {batch.state for batch in rows.batches} == {"done"}
    proofs = [act for act in rows.effective("prove") if act.purpose == Purpose.PROVE]
    assert len(proofs) == len(rows.batches)
    return [act for act in rows.effective("extrinsic") if act.purpose == Purpose.VERIFY]


@pytest.mark.parametrize(
    "moment",
    [pytest.param("extrinsic.after_send", marks=pytest.mark.full), "extrinsic.after_final"],
    ids=["lost-answer", "final-row"],
)
async def test_result__in_a_forgotten_block__is_not_paid_for_again(
    devnet: Devnet, folder: Path, seed: int, moment: str
) -> None:
    """Pins: an act whose nonce is long used does not stay open, and what its row holds is kept. Budget 50 s each.

    The daemon is killed before it has the pool's answer, or when the row is final and its batch not yet verified.
    """
    async with open_stage(devnet, folder) as stage, stage.operator() as operator:
        before = await Effects.read(stage)
        posted = [*await settle_some(stage, operator, seed)]
        with unpublished(devnet):
            posted += await die_at(stage, operator, moment, seed + 1)
            await until_forgotten(stage)
            await operator.start()
            await operator.event("batch.verified", timeout_s=20)
        posted += await stage.place(2, seed=seed + 2)
        paid = await require_ended(stage, operator, posted, before)
        assert {act.state for act in paid} == {"final"}
        assert len(paid) == len(stage.rows().batches)


@pytest.mark.full
async def test_answer__lost_and_nothing_of_it_left_to_read__is_given_up_and_paid_for_once_more(
    devnet: Devnet, folder: Path, seed: int
) -> None:
    """Pins: where no endpoint can tell any more, the account goes on all the same. Budget 50 s, full.

    Its aggregation was published as well, so that not even the domain shows the proof. The bought proof is used again.
    """
    async with open_stage(devnet, folder) as stage, stage.operator() as operator:
        before = await Effects.read(stage)
        posted = [*await settle_some(stage, operator, seed)]
        posted += await die_at(stage, operator, "extrinsic.after_send", seed + 1)
        await until_forgotten(stage)
        await until_published(stage)
        await until_forgotten(stage)
        await operator.start()
        posted += await stage.place(2, seed=seed + 2)
        paid = await require_ended(stage, operator, posted, before)
        assert [act.error_code for act in paid if act.state != "final"] == [UNREADABLE]
        assert len(paid) == len(stage.rows().batches) + 1


@pytest.mark.full
async def test_receipt__published_in_a_forgotten_block__the_proof_is_verified_once_more(
    devnet: Devnet, folder: Path, seed: int
) -> None:
    """Pins: a proof is not bought anew because nobody has the path of its aggregation any more. Budget 120 s, full.

    The daemon is killed when the row is final; before it starts again, the aggregation is published and forgotten.
    """
    async with open_stage(devnet, folder) as stage, stage.operator() as operator:
        before = await Effects.read(stage)
        posted = [*await settle_some(stage, operator, seed)]
        with unpublished(devnet):
            posted += await die_at(stage, operator, "extrinsic.after_final", seed + 1)
        await until_published(stage)
        await until_forgotten(stage)
        await operator.start()
        await operator.event("verification.repeated", timeout_s=100)  # it may pass for a minute
        posted += await stage.place(2, seed=seed + 2)
        paid = await require_ended(stage, operator, posted, before, verified_again=1)
        assert len(paid) == len(stage.rows().batches) + 1
