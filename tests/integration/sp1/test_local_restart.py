"""The operator ends while its CPU prover is at work: the row stays, the same request is proved again, nothing is paid.

The dispatcher with rows on disk and the local backend; its prover host is a scripted process.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from zk_acts.domain.acts import IntentState
from zk_acts.runtime.clock import SystemClock
from zk_devnet.testing.proving_stage import PROGRAM, VKEY, Stage, proving_stage
from zk_devnet.testing.scripted_host import HostScript, host_binary
from zk_operator.adapters.sp1.host.process import HostConfig, HostProcesses
from zk_operator.adapters.sp1.local import LocalBackend, LocalConfig, ProofJob, open_local_backend
from zk_operator.adapters.sp1.local.host_engine import HostEngine
from zk_operator.adapters.sp1.saved_proof import Mode

pytestmark = pytest.mark.devnet


@asynccontextmanager
async def cpu_prover(folder: Path, binary: Path) -> AsyncIterator[LocalBackend]:
    """What one life of the operator has of it; the spool stays."""
    config = LocalConfig(
        name="cpu",
        program_vkey=VKEY,
        program_elf=PROGRAM.elf,
        mode=Mode.GROTH16,
        spool=folder / "spool",
    )
    async with HostProcesses(HostConfig(binary=binary, cache=folder / "cache")) as processes:
        engine = HostEngine(processes, mode=Mode.GROTH16)
        async with open_local_backend(config=config, engine=engine, clock=SystemClock()) as backend:
            yield backend


async def until_logged(stage: Stage, script: HostScript, line: str) -> None:
    with anyio.fail_after(10):
        while True:
            if line in script.log:
                return
            await stage.tick()
            await anyio.sleep(0.02)


async def proof_of(stage: Stage) -> bytes:
    job = ProofJob(elf=b"", stdin=b"", mode=Mode.GROTH16, timeout_s=1)
    return await stage.engine.prove(job)


async def test_restart__while_the_host_proves__the_same_row_is_proved_and_nothing_paid(
    tmp_path: Path,
) -> None:
    binary, script = host_binary(tmp_path / "host")
    async with proving_stage(tmp_path) as stage:
        async with cpu_prover(tmp_path, binary) as stage.local:
            stage.start()
            await until_logged(stage, script, "prover prove")
        (before,) = await stage.rows()
        assert (before.backend, before.state) == ("cpu", IntentState.SENT)
        script.answer(await proof_of(stage))
        async with cpu_prover(tmp_path, binary) as stage.local:
            stage.start()
            await stage.until_proved()
            await stage.judge(by="cpu", paid=0)
        (after,) = await stage.rows()
    assert after.reference == before.reference
    assert (after.state, after.paid) == (IntentState.FINAL, 0)
    assert script.log.count("prover prove") == 2


async def test_restart__after_the_proof_was_made__it_is_taken_from_the_spool(
    tmp_path: Path,
) -> None:
    binary, script = host_binary(tmp_path / "host")
    async with proving_stage(tmp_path) as stage:
        script.answer(await proof_of(stage))
        async with cpu_prover(tmp_path, binary) as stage.local:
            stage.start()
            await until_logged(stage, script, "prover prove")
            (row,) = await stage.rows()
            await made(tmp_path / "spool" / f"{row.reference.hex()}.proof")
        async with cpu_prover(tmp_path, binary) as stage.local:
            stage.start()
            await stage.until_proved()
            await stage.judge(by="cpu", paid=0)
    assert script.log.count("prover prove") == 1


async def made(proof: Path) -> None:
    with anyio.fail_after(10):
        while True:
            if await anyio.Path(proof).exists():
                return
            await anyio.sleep(0.01)
