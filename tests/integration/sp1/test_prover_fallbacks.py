"""Faults of proving with a network and a machine of one's own: who takes over from whom, and what it costs.

The network is paid for what it fulfilled, and for nothing else; the machine costs nothing.
"""

import os
import signal
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from zk_acts.domain.acts import IntentState
from zk_devnet.prover_network.config import Timing
from zk_devnet.prover_network.faults import ALWAYS, Fault
from zk_devnet.testing.proving_stage import NETWORK, RESERVE_MS, Stage, proving_stage
from zk_operator.adapters.sp1.host.errors import HostUnreachable
from zk_operator.adapters.sp1.host.process import HostConfig, HostProcesses
from zk_operator.adapters.sp1.local.host_engine import HostEngine
from zk_operator.domain.failures import RequestUnexecutable

pytestmark = pytest.mark.devnet
HOST = Path(__file__).parents[3] / "operator/prover/target/release/zk-operator-prover"
ROUTES = "zk_operator_prover_routes_total"
SLOW = Timing(execution_s=0.02, auction_s=0.02, proving_s=30.0)


def hedges(made: Stage, backend: str) -> dict[str, float]:
    """How often it was asked as well, by reason."""
    found = {}
    for reason in ("deadline", "overdue", "down"):
        labels = {"backend": backend, "decision": "hedge", "reason": reason}
        found[reason] = made.telemetry.registry.get_sample_value(ROUTES, labels) or 0.0
    return {reason: count for reason, count in found.items() if count}


async def reserve_untouched(made: Stage) -> bool:
    """Whether the proof was there before the time that is kept for what follows it."""
    batch = await made.batch()
    assert batch.proved_at is not None
    return batch.proved_at <= batch.valid_until_s * 1000 - RESERVE_MS


async def test_network_down__before_it_is_asked__falls_back_to_local_and_nothing_is_paid(
    tmp_path: Path,
) -> None:
    async with proving_stage(tmp_path, local=True, valid_for_s=8) as made:
        made.local_assumed_ms = 9_000  # not in time by its p95: the network is the first choice
        made.start()
        made.faults.arm(Fault.DOWN, count=ALWAYS)
        await made.until_proved()
        await made.judge(by="cpu", paid=0)
        assert await reserve_untouched(made)


async def test_network_down__while_it_is_at_work__falls_back_to_local_and_nothing_is_paid(
    tmp_path: Path,
) -> None:
    config = replace(NETWORK, proof_timeout_s=3.0, overdue_grace_s=3.0)
    async with proving_stage(
        tmp_path, local=True, valid_for_s=12, config=config, timing=SLOW
    ) as made:
        made.local_assumed_ms, made.network_assumed_ms = 13_000, 5_000
        made.start()
        await made.until_accepted()
        made.faults.arm(Fault.DOWN, count=ALWAYS)
        await made.until_proved()
        assert hedges(made, "cpu") == {"down": 1}
        assert await reserve_untouched(made)
        await made.judge(by="cpu", paid=0)


async def test_network_down__after_it_was_paid__the_local_proof_is_used_and_the_charge_recorded(
    tmp_path: Path,
) -> None:
    async with proving_stage(tmp_path, local=True, valid_for_s=12) as made:
        made.local_assumed_ms = 13_000
        made.start()
        await made.until_accepted()
        made.faults.arm(Fault.DOWN, count=ALWAYS)
        await made.until_proved()
        await made.judge(by="cpu", paid=1)


async def test_network_silent__while_it_is_at_work__local_is_asked_before_the_reserve_is_touched(
    tmp_path: Path,
) -> None:
    config = replace(NETWORK, request_timeout_s=15.0, proof_timeout_s=30.0)
    async with proving_stage(tmp_path, local=True, valid_for_s=9, config=config) as made:
        made.local_assumed_ms, made.network_assumed_ms = 4_500, 1_000
        made.engine.trouble = [HostUnreachable("killed")]  # so that the network is asked
        made.start()
        await made.until_accepted()
        made.gate.fall_silent()
        with anyio.fail_after(12):
            while not (await made.rows("cpu"))[1:]:
                await made.tick()
                await anyio.sleep(0.05)
        await made.until_proved()
        assert await reserve_untouched(made)
        await made.judge(by="cpu", paid=1)


async def test_artifact_store_hangs__another_prover_is_asked_in_time(tmp_path: Path) -> None:
    config = replace(NETWORK, transfer_timeout_s=60.0)
    async with proving_stage(tmp_path, local=True, valid_for_s=10, config=config) as made:
        made.local_assumed_ms = 11_000
        made.start()
        made.faults.arm(Fault.SLOW_ARTIFACTS, count=ALWAYS, delay_s=60.0)
        await made.until_proved()
        assert await reserve_untouched(made)
        await made.judge(by="cpu", paid=0)


async def test_artifact_store_failing_for_good__falls_back_to_local(tmp_path: Path) -> None:
    config = replace(NETWORK, transfer_timeout_s=0.3)
    async with proving_stage(tmp_path, local=True, valid_for_s=8, config=config) as made:
        made.local_assumed_ms = 9_000
        made.start()
        made.faults.arm(Fault.UPLOAD_REFUSED, count=ALWAYS)
        await made.until_proved()
        await made.judge(by="cpu", paid=0)


async def test_local_host_killed__changes_to_the_network__proved_and_paid_once(
    tmp_path: Path,
) -> None:
    async with proving_stage(tmp_path, local=True) as made:
        made.engine.trouble = [HostUnreachable("killed")]
        await made.until_proved()
        await made.judge(by="network")
        assert made.engine.jobs == 1
        (failed,) = await made.rows("cpu")
        assert (failed.state, failed.error_code, failed.paid) == (
            IntentState.FAILED,
            "ZKO-HST-004",
            0,
        )


def prover_processes(binary: Path) -> list[int]:
    """The ids of this test's own hosts that prove: its children, by their command line."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (folder / "cmdline").read_bytes().split(b"\0")
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            if words[0] == bytes(binary) and b"--prover" in words and int(parent) == os.getpid():
                found.append(int(folder.name))
    return found


@pytest.mark.skipif(not HOST.is_file(), reason="the prover host is not built: make prover")
async def test_local_host_killed__the_real_one__changes_to_the_network_proved_and_paid_once(
    tmp_path: Path,
) -> None:
    config = HostConfig(binary=HOST, cache=tmp_path / "cache", memory_gb=1)
    async with (
        HostProcesses(config) as processes,
        proving_stage(tmp_path, engine=HostEngine(processes)) as made,
    ):
        with anyio.fail_after(30):
            while not (running := prover_processes(HOST)):
                await made.tick()
                await anyio.sleep(0.05)
        os.kill(running[0], signal.SIGKILL)
        await made.until_proved(timeout_s=60)
        await made.judge(by="network")
        (failed,) = await made.rows("cpu")
        assert failed.state is IntentState.FAILED
        assert (failed.error_code or "").startswith("ZKO-HST-")
        assert prover_processes(HOST) == []


async def test_local_prover_hangs__the_network_is_asked_at_the_last_moment_and_the_loser_cancelled(
    tmp_path: Path,
) -> None:
    async with proving_stage(tmp_path, local=True, valid_for_s=8) as made:
        made.engine.hang = True
        await made.until_proved()
        assert await reserve_untouched(made)
        await made.judge(by="network")
        assert hedges(made, "network") == {"deadline": 1}
        (loser,) = await made.rows("cpu")
        assert (loser.state, loser.error_code) == (IntentState.FAILED, "ZKO-PRV-047")


async def test_unexecutable_by_local__the_network_is_not_paid_to_find_the_same(
    tmp_path: Path,
) -> None:
    async with proving_stage(tmp_path, local=True) as made:
        made.engine.trouble = [RequestUnexecutable("exit code 3")]
        batch = await made.until_ended()
        assert batch.error_code == "ZKO-PRV-041"
        assert await made.server() == []


async def test_budget_exhausted__with_a_local_prover__goes_on_there(tmp_path: Path) -> None:
    async with proving_stage(tmp_path, local=True) as made:
        made.cap = 1
        made.engine.trouble = [HostUnreachable("killed")]  # so that the network is tried
        made.start()
        await made.until_proved()
        await made.judge(by="cpu", paid=0)
        assert list(made.board.alerts) == ["spending.PROVE.budget"]
