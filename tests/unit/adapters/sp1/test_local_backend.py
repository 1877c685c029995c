"""The local backend on a scripted engine: a job's life, restarts, and what the route cannot use."""

import os
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import anyio
import pytest

from zk_acts.domain.acts import Intent
from zk_acts.domain.details import Fulfilled
from zk_acts.domain.errors import OperatorError
from zk_acts.domain.ids import Hash32
from zk_acts.ports.act import Failed, Included, Lapsed, Outcome, Pending, Unknown
from zk_acts.runtime.wake_up import WakeUp
from zk_devnet.groth16_dev import prove
from zk_devnet.groth16_dev.key import GNARK_VK_SHA256
from zk_devnet.prover_network.bincode import Groth16Blob
from zk_devnet.testing.act_rows import act_row
from zk_operator.adapters.sp1.errors import ProofKindUnusable, WrongProgram
from zk_operator.adapters.sp1.host.errors import HostMemoryShort, HostUnreachable
from zk_operator.adapters.sp1.local import LocalBackend, LocalConfig, ProofJob, open_local_backend
from zk_operator.adapters.sp1.saved_proof import Mode
from zk_operator.domain.failures import ProofMalformed
from zk_operator.ports.prover import ProverDetail, ProveRequest
from zk_operator.runtime.telemetry import Telemetry

VKEY = Hash32(b"\x00" + b"\x21" * 31)
NOW_S = int(time.time())  # of the spool's files, too


@dataclass(slots=True)
class Clock:
    ms: int = NOW_S * 1000

    def now_ms(self) -> int:
        return self.ms


@dataclass(slots=True)
class ScriptedEngine:
    """Makes the same proof for everybody, when it is let."""

    proof: bytes
    gate: anyio.Event = field(default_factory=anyio.Event)
    trouble: OperatorError | None = None
    unready: OperatorError | None = None
    jobs: list[ProofJob] = field(default_factory=list)
    capacity: int = 1

    async def require_ready(self) -> None:
        if self.unready is not None:
            raise self.unready

    async def prove(self, job: ProofJob) -> bytes:
        self.jobs.append(job)
        await self.gate.wait()
        if self.trouble is not None:
            raise self.trouble
        return self.proof

    async def status(self) -> Mapping[str, object]:
        return {"version": "scripted"}


def download(values: bytes = b"values") -> bytes:
    inputs = prove.public_inputs(program_vkey=VKEY, public_values=values, exit_code=0, nonce=7)
    proof = prove.prove(inputs, lambda _: 12_345)
    return Groth16Blob(
        public_inputs=inputs.as_tuple(),
        encoded_proof=prove.encoded_proof(proof, inputs),
        raw_proof=prove.raw_proof(proof),
        vkey_hash=GNARK_VK_SHA256,
        public_values=values,
        sp1_version="v6.1.0",
    ).encode()


@dataclass(slots=True)
class Bench:
    backend: LocalBackend
    engine: ScriptedEngine
    clock: Clock
    telemetry: Telemetry

    def jobs(self, state: str) -> float | None:
        """By the metrics."""
        labels = {"backend": "cpu", "state": state}
        return self.telemetry.registry.get_sample_value("zk_operator_prover_jobs", labels)

    async def sent(self) -> Intent:
        prepared = await self.backend.prepare(work(), await self.backend.next_nonce())
        intent = act_row(self.backend, prepared)
        await self.backend.send(intent)
        await anyio.wait_all_tasks_blocked()
        return intent

    async def made(self) -> Intent:
        self.engine.gate.set()
        intent = await self.sent()
        await self.ended(intent)
        return intent

    async def ended(self, intent: Intent) -> Outcome[ProverDetail]:
        """The first outcome that is not pending; files are written in threads."""
        with anyio.fail_after(5):
            while True:
                outcome = await self.backend.outcome(intent)
                if outcome != Pending():
                    return outcome
                await anyio.sleep(0.001)


def work() -> ProveRequest:
    return ProveRequest(
        program_vkey=VKEY, stdin=b"stdin", public_values=b"values", deadline_s=NOW_S + 300
    )


@asynccontextmanager
async def bench(tmp_path: Path, mode: Mode = Mode.GROTH16) -> AsyncIterator[Bench]:
    config = LocalConfig(
        name="cpu", program_vkey=VKEY, program_elf=b"\x7fELF", mode=mode, spool=tmp_path / "spool"
    )
    engine, clock, telemetry = ScriptedEngine(download()), Clock(), Telemetry()
    async with open_local_backend(
        config=config, engine=engine, clock=clock, telemetry=telemetry
    ) as backend:
        yield Bench(backend, engine, clock, telemetry)


async def test_backend__a_proof__is_made_once_kept_and_free(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        intent = await made.sent()
        assert await made.backend.outcome(intent) == Pending()
        await made.backend.send(intent)
        made.engine.gate.set()
        outcome = await made.ended(intent)
        assert isinstance(outcome, Included)
        assert (outcome.final, outcome.paid, intent.quoted) == (True, 0, 0)
        assert isinstance(outcome.detail, Fulfilled)
        proof = await made.backend.fetch(outcome.detail)
        assert (proof.public_values, len(proof.onchain)) == (b"values", 356)
        assert len(made.engine.jobs) == 1
        assert made.engine.jobs[0].mode is Mode.GROTH16


async def test_backend__restarted__finds_the_proof_and_starts_lost_jobs_again(
    tmp_path: Path,
) -> None:
    async with bench(tmp_path) as before:
        done = await before.made()
        before.engine.gate = anyio.Event()
        lost = await before.sent()
    async with bench(tmp_path) as after:
        assert isinstance(await after.backend.outcome(done), Included)
        assert await after.backend.outcome(lost) == Unknown()
        await after.backend.send(lost)
        assert await after.backend.outcome(lost) == Pending()


async def test_backend__lost_and_too_late__has_lapsed(tmp_path: Path) -> None:
    async with bench(tmp_path) as before:
        lost = await before.sent()
    async with bench(tmp_path) as after:
        after.clock.ms += 400_000
        assert await after.backend.outcome(lost) == Lapsed()


async def test_backend__the_engine_fails__is_a_failure_that_cost_nothing(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        made.engine.trouble = HostUnreachable("killed")
        outcome = await made.backend.outcome(await made.made())
        assert isinstance(outcome, Failed)
        assert (outcome.code, outcome.paid, outcome.final) == ("ZKO-HST-004", 0, True)


async def test_backend__cancelled__ends_the_work(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        intent = await made.sent()
        await made.backend.cancel(intent)
        await anyio.wait_all_tasks_blocked()
        outcome = await made.backend.outcome(intent)
        assert isinstance(outcome, Failed)
        assert outcome.code == "ZKO-PRV-047"
        await made.backend.cancel(replace(intent, reference=b"unknown"))


async def test_backend__cancelled_after_a_restart__is_over_and_not_started_again(
    tmp_path: Path,
) -> None:
    async with bench(tmp_path) as before:
        intent = await before.sent()
    async with bench(tmp_path) as made:
        assert await made.backend.outcome(intent) == Unknown()
        await made.backend.cancel(intent)
        outcome = await made.backend.outcome(intent)
        assert isinstance(outcome, Failed)
        assert (outcome.code, outcome.paid) == ("ZKO-PRV-047", 0)
        assert made.engine.jobs == []


async def test_backend__cancelled_when_the_proof_is_made__keeps_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What took an hour is stored, whatever happens to the job in that moment."""
    async with bench(tmp_path) as made:

        async def at_the_last_moment(job: ProofJob) -> bytes:
            with anyio.CancelScope(shield=True):
                await made.engine.gate.wait()
            return made.engine.proof

        monkeypatch.setattr(ScriptedEngine, "prove", lambda _, job: at_the_last_moment(job))
        intent = await made.sent()
        await made.backend.cancel(intent)
        made.engine.gate.set()
        assert isinstance(await made.ended(intent), Included)


async def test_backend__waiting_past_its_time__is_expired(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        await made.sent()
        second = await made.sent()
        made.clock.ms += 400_000
        made.engine.gate.set()
        await anyio.wait_all_tasks_blocked()
        outcome = await made.backend.outcome(second)
        assert isinstance(outcome, Failed)
        assert outcome.code == "ZKO-PRV-044"
        assert len(made.engine.jobs) == 1


async def test_backend__of_compressed_proofs__refuses_before_any_work(tmp_path: Path) -> None:
    async with bench(tmp_path, Mode.COMPRESSED) as made:
        with pytest.raises(ProofKindUnusable) as caught:
            await made.backend.prepare(work(), 1)
        assert caught.value.context == {"backend": "cpu", "makes": "compressed", "route": "groth16"}
        assert made.engine.jobs == []


async def test_backend__an_engine_that_is_not_ready__says_why(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        made.engine.unready = HostMemoryShort()
        with pytest.raises(HostMemoryShort):
            await made.backend.prepare(work(), 1)


async def test_backend__another_program__is_refused(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        with pytest.raises(WrongProgram):
            await made.backend.prepare(replace(work(), program_vkey=Hash32(bytes(32))), 1)


async def test_backend__nonces__never_repeat(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        nonces = [await made.backend.next_nonce() for _ in range(3)]
        assert nonces == [NOW_S * 1000, NOW_S * 1000 + 1, NOW_S * 1000 + 2]


async def test_backend__a_proof_that_is_gone__is_malformed(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        for uri in ("local:" + "00" * 32, "local:zz"):
            with pytest.raises(ProofMalformed):
                await made.backend.fetch(Fulfilled(proof_uri=uri))


async def test_backend__its_queue__is_in_the_status_and_the_metrics(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        first, second = await made.sent(), await made.sent()
        assert await made.backend.status() == {
            "jobs": 2,
            "waiting": 1,
            "mode": "groth16",
            "version": "scripted",
        }
        assert (made.jobs("proving"), made.jobs("waiting")) == (1, 1)
        made.engine.gate.set()
        for intent in (first, second):
            await made.ended(intent)
        with anyio.fail_after(5):  # a proof can be had a moment before its job has ended
            while (made.jobs("proving"), made.jobs("waiting")) != (0, 0):  # noqa: ASYNC110 - a gauge
                await anyio.sleep(0.001)


async def test_open__beside_another_process__leaves_what_that_one_is_writing(
    tmp_path: Path,
) -> None:
    """`prover status` opens the folder that a daemon may be storing a proof in."""
    async with bench(tmp_path) as made:
        folder = made.backend._config.spool
        young, old = folder / "11.partial", folder / "22.partial"
        for path in (young, old):
            path.touch()
        os.utime(old, (NOW_S - 7_200, NOW_S - 7_200))
        async with bench(tmp_path):
            assert (young.exists(), old.exists()) == (True, False)


async def test_open__an_error_of_ours_inside__leaves_as_itself(tmp_path: Path) -> None:
    async def troubled() -> None:
        async with bench(tmp_path) as made:
            await made.sent()
            raise HostMemoryShort

    with pytest.raises(HostMemoryShort):
        await troubled()


@pytest.mark.parametrize("trouble", [None, ProofMalformed("scripted")])
async def test_job__ends_however__wakes_whoever_waits_for_it(
    tmp_path: Path, trouble: OperatorError | None
) -> None:
    wake_up = WakeUp()
    async with bench(tmp_path) as made:
        made.backend.wakes(wake_up)
        made.engine.trouble = trouble
        intent = await made.sent()
        made.engine.gate.set()
        with anyio.fail_after(5):
            await wake_up.wait()
        assert await made.backend.outcome(intent) != Pending()
