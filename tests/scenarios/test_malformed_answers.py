"""Answers of a form that no real node gives, for ever: whoever meets them says so, and does not fill the log with it."""

from pathlib import Path

import anyio
import pytest

from zk_acts.domain.acts import Purpose
from zk_devnet.prover_network.faults import Fault
from zk_devnet.rpc_proxy.faults.failing import Rubbish
from zk_devnet.testing.scenario import (
    Effects,
    OperatorProcess,
    Stage,
    misbehaving,
    open_stage,
    require_sound,
    run_verb,
)
from zk_devnet.testing.scenario.api import metric
from zk_devnet.testing.scenario.rows import ActRow
from zk_devnet.testing.scenario.verb import clean_environment
from zk_devnet.testing.scenario.zkverify import garbled
from zk_devnet.up import Devnet

pytestmark = [pytest.mark.devnet, pytest.mark.scenario]
EVM_UNREACHABLE, EVM_MALFORMED, ZKV_MALFORMED = "ZKO-EVM-010", "ZKO-EVM-002", "ZKO-ZKV-002"
BLOCKS = "eth_getBlockByNumber|eth_getBlockByHash"
WATCHED_S = 6.0
MOST_LINES = 10  # per service, in that time: the pauses grow
NOTHING_SENT = 4
LAST_SUCCESS = (
    "zk_operator_last_success_timestamp_seconds"  # what the alert ZkOperatorServiceFailing looks at
)
FAILURES = "zk_operator_failures_total"


async def require_said(operator: OperatorProcess, service: str, code: str) -> None:
    """The log, the status and the metrics say that this service cannot work, and why; the log not too often."""
    [line] = await operator.event("service.failed", service=service, timeout_s=30)
    assert code in str(line["error"])
    said = len(operator.lines("service.failed", service=service))
    worked_at = await metric(operator, LAST_SUCCESS, stage=service)
    await anyio.sleep(WATCHED_S)
    assert 1 <= len(operator.lines("service.failed", service=service)) - said <= MOST_LINES
    assert await metric(operator, LAST_SUCCESS, stage=service) == worked_at
    assert (await metric(operator, FAILURES, service=service, code=line["code"]) or 0) >= 1


@pytest.mark.full
@pytest.mark.parametrize("what", list(Rubbish), ids=str)
async def test_evm_answers__malformed_for_ever__are_said_and_over_when_they_are_right_again(
    devnet: Devnet, folder: Path, seed: int, what: Rubbish
) -> None:
    """Pins: no service repeats a malformed answer in silence. Budget 40 s each, full."""
    async with (
        misbehaving(devnet) as proxy,
        open_stage(devnet, folder, {"evm.http": proxy.url}) as stage,
        stage.operator() as operator,
    ):
        before = await Effects.read(stage)
        await operator.start()
        proxy.arm(f"garbage:what={what},method={BLOCKS}")
        is_answer = what is Rubbish.WRONG_FORM
        await require_said(operator, "intake", EVM_MALFORMED if is_answer else EVM_UNREACHABLE)
        proxy.clear()
        posted = await stage.place(2, seed=seed)
        await stage.until_settled(posted)
        await stage.until_quiet()
        assert await operator.stop() == 0
        await require_sound(stage, posted, before)


@pytest.mark.parametrize(
    "method",
    [
        "payment_queryInfo",
        pytest.param("state_getStorage", marks=pytest.mark.full),
        pytest.param("chain_getHeader", marks=pytest.mark.full),
    ],
)
async def test_zkverify_answers__malformed_for_ever__are_said_and_nothing_is_paid_meanwhile(
    devnet: Devnet, folder: Path, seed: int, method: str
) -> None:
    """Pins: a fee, a head or an account that cannot be read holds up the submitter, and it says so. Budget 40 s each.

    A chain that told fees as SCALE where the real one gives an object was asked again for ever, without a line.
    """
    async with open_stage(devnet, folder) as stage, stage.operator() as operator:
        before = await Effects.read(stage)
        await operator.start()
        posted = [*await stage.place(2, seed=seed)]
        await stage.until_settled(posted)
        acts = len(extrinsics(stage))
        with garbled(devnet, method):
            posted += await stage.place(2, seed=seed + 1)
            await require_said(operator, "submitter", ZKV_MALFORMED)
            assert len(extrinsics(stage)) == acts
        await stage.until_settled(posted)
        await stage.until_quiet()
        assert await operator.stop() == 0
        await require_sound(stage, posted, before)


def extrinsics(stage: Stage) -> list[ActRow]:
    return [act for act in stage.rows().acts if act.kind == "extrinsic"]


async def test_verb__that_would_pay_at_a_node_with_malformed_answers__says_so_and_ends(
    devnet: Devnet, folder: Path
) -> None:
    """Pins: the verbs, too, say what they wait for. Budget 20 s, smoke."""
    words = ("zkverify", "domain", "register", "--size", "2", "--account", "//Bob", "--dev")
    where = ("--endpoint", devnet.zkverify_ws, "--state", str(folder / "verb.sqlite"))
    alone = {**clean_environment(), "HOME": str(folder)}  # no metadata kept of another devnet
    with garbled(devnet, "payment_queryInfo"):
        ended = await run_verb(*words, *where, "--timeout", "6", environment=alone)
    assert ended.exit_code == NOTHING_SENT, ended.output
    assert f"delayed: [{ZKV_MALFORMED}]" in ended.output
    assert "error: [ZKO-ZKV-061]" in ended.output
    assert len(ended.output.splitlines()) <= MOST_LINES


@pytest.mark.full
async def test_proofs__truncated_for_ever__cost_a_few_attempts_and_are_said(
    devnet: Devnet, folder: Path, seed: int
) -> None:
    """Pins: a prover whose proofs are no proofs is paid for a known number of them, with a line for each. Budget 100 s, full.

    A refused proof is fetched again for half a minute before its attempt counts as used.
    """
    settings = {"prover.max_attempts": "1"}
    async with open_stage(devnet, folder, settings) as stage, stage.operator() as operator:
        before = await Effects.read(stage)
        await operator.start()
        devnet.prover.faults.arm(Fault.TRUNCATED_PROOF, count=-1)
        try:
            posted = await stage.place(1, seed=seed)
            await operator.event("batch.abandoned", count=2, timeout_s=120)
            await anyio.sleep(WATCHED_S)  # after the second, the order rests
            bought = [act for act in stage.rows().acts if act.purpose == Purpose.PROVE]
            assert len(bought) == 2
            refused = operator.lines("proof.refused", code="ZKO-PRV-010")
            assert {line["intent_id"] for line in refused} == {act.intent_id for act in bought}
        finally:
            devnet.prover.faults.arm(Fault.TRUNCATED_PROOF, count=0)
        await stage.until_settled(posted)
        await stage.until_quiet()
        assert await operator.stop() == 0
        await require_sound(stage, posted, before)
