"""Bad configuration, wrong and missing endpoints, events and proofs that are not what they should be."""

import signal
from pathlib import Path

import pytest

from zk_devnet.prover_network.faults import Fault
from zk_devnet.testing.scenario import Effects, Stage, misbehaving, open_stage, require_sound
from zk_devnet.up import Devnet

pytestmark = [pytest.mark.devnet, pytest.mark.scenario]
UNAVAILABLE, TEMPORARY, CONFIGURATION = 69, 75, 78
NOBODY = "0x00000000000000000000000000000000000000aa"
END_TIMEOUT_S = 40.0


async def require_refused(stage: Stage, settings: dict[str, str], code: str, exit_code: int) -> str:
    """The daemon ends by itself, with this code on its output, and has paid for nothing."""
    async with stage.operator(settings=settings) as operator:
        await operator.start(wait=False)
        assert await operator.ended(timeout_s=END_TIMEOUT_S) == exit_code, operator.tail()
        assert f"error: [{code}]" in operator.output
        assert "Traceback" not in operator.output
        assert not stage.rows().acts
        return operator.output


@pytest.mark.parametrize(
    ("settings", "code", "exit_code"),
    [
        ({"evm.htpp": "http://127.0.0.1:1"}, "ZKO-CFG-001", CONFIGURATION),
        ({"evm.chain_id": "mainnet"}, "ZKO-CFG-002", CONFIGURATION),
        ({"keys.evm_keystore": "nowhere.json"}, "ZKO-CFG-003", CONFIGURATION),
        ({"batching.max_age_s": "5000"}, "ZKO-CFG-004", CONFIGURATION),
        ({"evm.chain_id": "1"}, "ZKO-CFG-011", CONFIGURATION),
        ({"evm.manager": NOBODY}, "ZKO-EVM-004", CONFIGURATION),
        (
            {"evm.http": "http://127.0.0.1:9", "evm.request_timeout_s": "1"},
            "ZKO-EVM-010",
            UNAVAILABLE,
        ),
        ({"zkverify.domain_id": "7"}, "ZKO-EVM-005", CONFIGURATION),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_start__with_what_cannot_work__ends_with_the_code(
    devnet: Devnet, folder: Path, settings: dict[str, str], code: str, exit_code: int
) -> None:
    """Pins: a start that cannot succeed says why, by code, and ends with its exit code. Budget 10 s each, smoke."""
    async with open_stage(devnet, folder) as stage:
        output = await require_refused(stage, settings, code, exit_code)
        if code.startswith("ZKO-CFG"):
            key = next(iter(settings))
            assert key in output or code == "ZKO-CFG-011" or settings[key] in output


async def test_start__at_an_endpoint_of_another_chain__ends_with_the_code(
    devnet: Devnet, folder: Path
) -> None:
    """Pins: nothing is signed for a chain that is not the configured one. Budget 10 s, smoke."""
    async with (
        misbehaving(devnet, "wrong-chain:chain_id=1") as proxy,
        open_stage(devnet, folder) as stage,
    ):
        await require_refused(stage, {"evm.http": proxy.url}, "ZKO-EVM-003", CONFIGURATION)


async def test_start__with_another_zkverify_chain__refuses_to_submit(
    devnet: Devnet, folder: Path, seed: int
) -> None:
    """Pins: no extrinsic goes to a chain whose genesis is not the configured one. Budget 30 s, smoke."""
    settings = {"zkverify.genesis_hash": "0x" + "ab" * 32}
    async with open_stage(devnet, folder) as stage:
        before = await Effects.read(stage)
        await require_refused(stage, settings, "ZKO-ZKV-003", CONFIGURATION)
        assert await Effects.read(stage) == before


async def test_endpoint__gone_while_running__goes_on_when_it_is_back(
    devnet: Devnet, folder: Path, seed: int
) -> None:
    """Pins: an EVM outage delays orders and loses none. Budget 60 s, smoke."""
    async with (
        misbehaving(devnet) as proxy,
        open_stage(devnet, folder, {"evm.http": proxy.url}) as stage,
        stage.operator() as operator,
    ):
        before = await Effects.read(stage)
        await operator.start()
        first = await stage.place(2, seed=seed)
        await operator.event("order.placed", timeout_s=20)
        proxy.arm("down")
        await operator.event("service.failed", service="intake", code="ZKO-EVM-010", timeout_s=30)
        second = await stage.place(2, seed=seed + 1)
        proxy.clear()
        await stage.until_settled([*first, *second], timeout_s=90)
        await stage.until_quiet()
        assert await operator.stop() == 0
        await require_sound(stage, [*first, *second], before)


async def test_event__that_does_not_decode__is_recorded_and_stops_nothing(
    devnet: Devnet, folder: Path, seed: int
) -> None:
    """Pins: one bad log is rejected with a code; the good ones beside it are taken. Budget 40 s, smoke."""
    async with (
        misbehaving(devnet) as proxy,
        open_stage(devnet, folder, {"evm.http": proxy.url}) as stage,
        stage.operator() as operator,
    ):
        before = await Effects.read(stage)
        await operator.start()
        proxy.arm("bad-log")
        posted = await stage.place(2, seed=seed)
        [line] = await operator.event("event.rejected", timeout_s=20)
        assert line["code"] == "ZKO-INT-001"
        await stage.until_settled(posted)
        await stage.until_quiet()
        assert await operator.stop() == 0
        assert "ZKO-INT-001" in stage.rows().rejections
        await require_sound(stage, posted, before)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.WRONG_PUBLIC_VALUES, "ZKO-PRV-011"),
        pytest.param(Fault.INVALID_PROOF, "ZKO-PRV-012", marks=pytest.mark.full),
        pytest.param(Fault.TRUNCATED_PROOF, "ZKO-PRV-010", marks=pytest.mark.full),
    ],
    ids=str,
)
async def test_proof__that_is_not_what_was_asked_for__is_refused_and_asked_for_again(
    devnet: Devnet, folder: Path, seed: int, fault: Fault, code: str
) -> None:
    """Pins: no money goes to zkVerify for a bad proof, and the batch gets another one. Budget 60 s each."""
    async with open_stage(devnet, folder) as stage, stage.operator() as operator:
        before = await Effects.read(stage)
        await operator.start()
        devnet.prover.faults.arm(fault, count=1)
        posted = await stage.place(2, seed=seed)
        await operator.event("proof.refused", code=code, timeout_s=30)
        await stage.until_settled(posted, timeout_s=90)
        await stage.until_quiet()
        assert await operator.stop() == 0
        await require_sound(stage, posted, before, again={"prove": 1})


async def test_second_daemon__on_the_same_database_or_key__is_refused(
    devnet: Devnet, folder: Path
) -> None:
    """Pins: one owner per nonce sequence and per database. Budget 20 s, smoke."""
    async with open_stage(devnet, folder) as stage, stage.operator() as first:
        await first.start()
        others = (stage.operator(), stage.operator("other"))
        for number, other in enumerate(others):
            other.log = stage.folder / f"second-{number}.log"
            async with other:
                await other.start(wait=False)
                assert await other.ended(timeout_s=END_TIMEOUT_S) == TEMPORARY
                assert "error: [ZKO-LEA-001]" in other.output
        assert first.is_alive
        assert await first.stop() == 0


async def test_sigterm__with_a_batch_in_hand__is_finished_and_ends_with_0(
    devnet: Devnet, folder: Path, seed: int
) -> None:
    """Pins: a stop drains. Budget 40 s, smoke."""
    async with open_stage(devnet, folder) as stage, stage.operator() as operator:
        before = await Effects.read(stage)
        await operator.start()
        posted = await stage.place(2, seed=seed)
        await operator.event("batch.closed", timeout_s=20)
        assert await operator.stop() == 0
        assert operator.lines("drain.finished")[0]["batches_left"] == 0
        first = {
            order_id for order_id, status in stage.rows().orders.items() if status == "settled"
        }
        assert first
        await operator.start()
        await stage.until_settled(posted)
        await stage.until_quiet()
        assert await operator.stop() == 0
        await require_sound(stage, posted, before)


async def test_second_sigterm__while_draining__ends_at_once(
    devnet: Devnet, folder: Path, seed: int
) -> None:
    """Pins: an operator in a hurry is obeyed, and nothing is lost by it. Budget 40 s, smoke."""
    async with open_stage(devnet, folder) as stage, stage.operator() as operator:
        before = await Effects.read(stage)
        await operator.start()
        devnet.zkverify.faults.production_paused = True
        try:
            posted = await stage.place(2, seed=seed)
            await operator.event("batch.closed", timeout_s=20)
            operator.send(signal.SIGTERM)
            await operator.event("drain.started", timeout_s=10)
            operator.send(signal.SIGTERM)
            assert await operator.ended(timeout_s=5) == 0
            assert not operator.lines("drain.finished")
        finally:
            devnet.zkverify.faults.production_paused = False
        await operator.start()
        await stage.until_settled(posted)
        await stage.until_quiet()
        assert await operator.stop() == 0
        await require_sound(stage, posted, before)
