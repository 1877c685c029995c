"""The CPU prover's life: started on demand or warm, refused, followed, cancelled, crashed, restarted.

The backend with the real engine and the real child processes; the processes are a scripted host.
"""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import anyio
import pytest
from structlog.testing import capture_logs

from zk_acts.domain.acts import Intent
from zk_acts.domain.ids import Hash32
from zk_acts.ports.act import Failed, Included, Outcome, Pending, Unknown
from zk_acts.runtime.clock import SystemClock
from zk_devnet.testing.act_rows import act_row
from zk_devnet.testing.scripted_host import HostScript, host_binary
from zk_operator.adapters.sp1.host.errors import HostIncapable, HostMemoryShort
from zk_operator.adapters.sp1.host.process import HostConfig, HostKind, HostProcesses
from zk_operator.adapters.sp1.local import LocalBackend, LocalConfig, ProofJob, open_local_backend
from zk_operator.adapters.sp1.local.host_engine import HostEngine
from zk_operator.adapters.sp1.saved_proof import Mode
from zk_operator.ports.prover import ProverDetail, ProveRequest

pytestmark = pytest.mark.devnet
VKEY = Hash32(b"\x00" + b"\x21" * 31)
GIB = 1 << 30
REAL_HOST = Path(__file__).parents[3] / "operator/prover/target/release/zk-operator-prover"


async def until(condition: Callable[[], bool]) -> None:
    """Other processes have no event to wait for."""
    with anyio.fail_after(10):
        while True:
            if condition():
                return
            await anyio.sleep(0.005)


@dataclass(frozen=True, slots=True)
class Bench:
    backend: LocalBackend
    processes: HostProcesses

    async def sent(self, number: int = 1) -> Intent:
        work = ProveRequest(
            program_vkey=VKEY,
            stdin=b"stdin %d" % number,
            public_values=b"values",
            deadline_s=SystemClock().now_ms() // 1000 + 60,
        )
        backend = self.backend
        prepared = await backend.prepare(work, await backend.next_nonce())
        intent = act_row(backend, prepared, attempt=number)
        await backend.send(intent)
        return intent

    async def ended(self, intent: Intent) -> Outcome[ProverDetail]:
        with anyio.fail_after(10):
            while True:
                outcome = await self.backend.outcome(intent)
                if outcome != Pending():
                    return outcome
                await anyio.sleep(0.005)


@dataclass(frozen=True, slots=True)
class Place:
    """What stays when the operator ends: the disk."""

    folder: Path
    config: HostConfig
    script: HostScript

    @asynccontextmanager
    async def operator(
        self, *, warm: bool = False, progress_s: float = 60, proof_timeout_s: float = 60
    ) -> AsyncIterator[Bench]:
        local = LocalConfig(
            name="cpu",
            program_vkey=VKEY,
            program_elf=b"\x7fELF",
            mode=Mode.GROTH16,
            spool=self.folder / "spool",
            proof_timeout_s=proof_timeout_s,
        )
        config = replace(self.config, warm=warm)
        async with HostProcesses(config) as processes:
            engine = HostEngine(processes, mode=Mode.GROTH16, progress_s=progress_s)
            async with open_local_backend(
                config=local, engine=engine, clock=SystemClock()
            ) as backend:
                yield Bench(backend, processes)

    async def logged(self, line: str, count: int = 1) -> None:
        await until(lambda: self.script.log.count(line) >= count)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    binary, script = host_binary(tmp_path / "host")
    circuits = tmp_path / "circuits"
    config = HostConfig(binary=binary, cache=tmp_path / "cache", circuits=circuits, idle_s=7)
    return Place(tmp_path, config, script)


def starts(place: Place) -> list[str]:
    return [line for line in place.script.log if line.startswith("prover start")]


async def test_prover__by_default__starts_with_the_first_proof_and_is_told_when_to_end(
    place: Place,
) -> None:
    place.script.answer(b"proof")
    async with place.operator() as made:
        await made.backend.status()
        assert starts(place) == []
        assert isinstance(await made.ended(await made.sent()), Included)
        assert isinstance(await made.ended(await made.sent(2)), Included)
    circuits = place.folder / "circuits"
    assert starts(place) == [f"prover start idle_s=7 circuits={circuits}"]


async def test_prover__warm__is_started_at_once_and_never_idle(place: Place) -> None:
    async with place.operator(warm=True) as made:
        await until(lambda: made.processes.is_listening(HostKind.PROVER))
    assert starts(place) == [f"prover start idle_s=0 circuits={place.folder / 'circuits'}"]


async def test_prover__warm_without_memory__says_so_and_the_operator_runs(place: Place) -> None:
    place.script.limit_memory(GIB)
    with capture_logs() as logs:
        async with place.operator(warm=True) as made:
            await place.logged("prover refused")
            assert (await made.backend.status())["memory_available_bytes"] == GIB
            await anyio.wait_all_tasks_blocked()
    (line,) = [line for line in logs if line["event"] == "host.start_failed"]
    assert (line["code"], line["log_level"]) == ("ZKO-HST-003", "warning")


async def test_prepare__without_memory__is_refused_before_anything_starts(place: Place) -> None:
    place.script.limit_memory(15 * GIB)
    async with place.operator() as made:
        with pytest.raises(HostMemoryShort) as caught:
            await made.sent()
        assert caught.value.context == {"needed_bytes": 16 * GIB, "free_bytes": 15 * GIB}
    assert starts(place) == []
    assert "prover refused" not in place.script.log


async def test_prepare__memory_that_a_running_prover_took__is_not_missed(place: Place) -> None:
    place.script.answer(b"proof")
    async with place.operator() as made:
        assert isinstance(await made.ended(await made.sent()), Included)
        place.script.limit_memory(2 * GIB)
        assert isinstance(await made.ended(await made.sent(2)), Included)


async def test_prepare__a_host_without_groth16__is_refused_with_what_it_lacks(
    place: Place,
) -> None:
    place.script.without_groth16("the feature native-gnark")
    async with place.operator() as made:
        with pytest.raises(HostIncapable) as caught:
            await made.sent()
        assert caught.value.context == {"lacks": "the feature native-gnark"}


async def test_light_host__while_a_prover_starts__answers(place: Place) -> None:
    place.script.delay_start(30)
    async with place.operator() as made:
        await made.sent()
        await anyio.wait_all_tasks_blocked()
        with anyio.fail_after(5):
            assert (await made.backend.status())["proving"] == []


async def test_crash__fails_the_attempt_and_the_next_one_has_another_host(place: Place) -> None:
    async with place.operator() as made:
        first = await made.sent()
        await place.logged("prover prove")
        place.script.crash()
        outcome = await made.ended(first)
        assert isinstance(outcome, Failed)
        assert (outcome.code, outcome.paid) == ("ZKO-HST-004", 0)
        place.script.answer(b"proof")
        assert isinstance(await made.ended(await made.sent(2)), Included)
    assert len(starts(place)) == 2


async def test_cancel__while_proving__ends_the_host(place: Place) -> None:
    async with place.operator() as made:
        intent = await made.sent()
        await place.logged("prover prove")
        await made.backend.cancel(intent)
        outcome = await made.ended(intent)
        assert isinstance(outcome, Failed)
        assert outcome.code == "ZKO-PRV-047"
        await until(lambda: not made.processes.is_listening(HostKind.PROVER))


async def test_cancel__while_the_prover_starts__leaves_no_host(place: Place) -> None:
    place.script.delay_start(30)
    async with place.operator() as made:
        intent = await made.sent()
        await anyio.wait_all_tasks_blocked()
        await made.backend.cancel(intent)
        assert isinstance(await made.ended(intent), Failed)
        assert not made.processes.is_up(HostKind.PROVER)


async def test_deadline__passes_while_the_prover_starts__is_expired(place: Place) -> None:
    place.script.delay_start(30)
    async with place.operator(proof_timeout_s=1) as made:
        outcome = await made.ended(await made.sent())
        assert isinstance(outcome, Failed)
        assert outcome.code == "ZKO-PRV-044"


async def test_output__that_nobody_reads__does_not_stop_the_prover(place: Place) -> None:
    place.script.chatter(4 << 20)
    place.script.answer(b"proof")
    async with place.operator() as made:
        assert isinstance(await made.ended(await made.sent()), Included)
    assert (place.folder / "cache" / "prover.log").stat().st_size >= 4 << 20


async def test_progress__while_proving__is_logged_and_in_the_status(place: Place) -> None:
    with capture_logs() as logs:
        async with place.operator(progress_s=0.02) as made:
            intent = await made.sent()
            await place.logged("prover progress", 2)
            proving = (await made.backend.status())["proving"]
            assert isinstance(proving, list)
            assert [line.split(" for ")[0] for line in proving] == ["proving"]
            place.script.answer(b"proof")
            assert isinstance(await made.ended(intent), Included)
    stages = {line["stage"] for line in logs if line["event"] == "proof.progressed"}
    assert stages == {"proving"}


async def test_restart__in_the_middle_of_a_proof__starts_the_same_request_again(
    place: Place,
) -> None:
    async with place.operator() as before:
        intent = await before.sent()
        await place.logged("prover prove")
    half = place.folder / "spool" / "half.partial"
    half.touch()
    os.utime(half, (0, 0))
    place.script.answer(b"proof")
    async with place.operator() as after:
        assert await after.backend.outcome(intent) == Unknown()
        await after.backend.send(intent)
        assert isinstance(await after.ended(intent), Included)
    assert place.script.log.count("prover prove") == 2
    assert [path.name for path in (place.folder / "spool").iterdir()] == [
        f"{intent.reference.hex()}.proof"
    ]


async def test_restart__after_the_proof__finds_it(place: Place) -> None:
    place.script.answer(b"proof")
    async with place.operator() as before:
        intent = await before.sent()
        assert isinstance(await before.ended(intent), Included)
    async with place.operator() as after:
        assert isinstance(await after.backend.outcome(intent), Included)
        await after.backend.send(intent)
    assert place.script.log.count("prover prove") == 1


@pytest.fixture
def real_host() -> Path:
    if not REAL_HOST.is_file():
        pytest.skip("no prover host has been built (make prover)")
    return REAL_HOST


async def test_real_host__without_circuit_files__says_what_groth16_lacks(
    real_host: Path, tmp_path: Path
) -> None:
    config = HostConfig(binary=real_host, cache=tmp_path, circuits=tmp_path / "none")
    async with HostProcesses(config) as processes:
        with pytest.raises(HostIncapable) as caught:
            await HostEngine(processes, mode=Mode.GROTH16).require_ready()
    assert caught.value.context["lacks"]


async def test_real_host__without_memory__is_refused_early_and_by_the_prover_itself(
    real_host: Path, tmp_path: Path
) -> None:
    config = HostConfig(binary=real_host, cache=tmp_path, memory_gb=100_000)
    async with HostProcesses(config) as processes:
        engine = HostEngine(processes, mode=Mode.COMPRESSED)
        with pytest.raises(HostMemoryShort):
            await engine.require_ready()
        job = ProofJob(elf=b"elf", stdin=b"stdin", mode=Mode.COMPRESSED, timeout_s=60)
        with pytest.raises(HostMemoryShort):
            await engine.prove(job)
        assert not processes.is_up(HostKind.PROVER)
    assert b'"code":"memory"' in (tmp_path / "prover.log").read_bytes()
