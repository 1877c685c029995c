"""What the `prover` verbs work with: the configured provers one by one, without the daemon."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from pathlib import Path

import anyio

from zk_acts.domain.acts import IntentState, Purpose, Resource
from zk_acts.domain.details import Fulfilled
from zk_acts.domain.errors import OperatorError
from zk_acts.domain.failures import StoreUnavailable
from zk_acts.domain.ids import hex0x
from zk_acts.runtime.clock import SystemClock
from zk_acts.runtime.fault import NoFaults
from zk_acts.runtime.lock import key_lock
from zk_acts.services.paid_act import PaidActs
from zk_acts.services.task_runner import TaskRunner
from zk_operator.adapters.sp1.checker import Groth16Checker
from zk_operator.adapters.sp1.errors import RequestExpired, ZiskFailed, ZiskMissing
from zk_operator.adapters.sp1.gpu import GpuConfig, open_gpu_engine
from zk_operator.adapters.sp1.host.process import HostConfig, HostKind, HostProcesses, find_host
from zk_operator.adapters.sp1.local import Engine, LocalBackend, ProofJob
from zk_operator.adapters.sp1.local.host_engine import HostEngine
from zk_operator.adapters.sp1.network import NetworkBackend
from zk_operator.adapters.sp1.saved_proof import Mode
from zk_operator.adapters.sp1.zisk import Zisk, find_zisk
from zk_operator.adapters.storage.sqlite_store import open_store
from zk_operator.app.clients import zkverify_config
from zk_operator.app.materials import read_materials
from zk_operator.app.policies import spend_policy
from zk_operator.app.provers import (
    FOREIGN,
    OpenProver,
    cold,
    foreign_ones,
    open_prover,
    open_provers,
)
from zk_operator.domain.failures import RequestUnexecutable
from zk_operator.ports.prover import (
    ExpectedProof,
    Groth16Proof,
    ProverDetail,
    ProveRequest,
    ProverWork,
    RegisterProgram,
)
from zk_operator.runtime.health import HealthBoard
from zk_operator.runtime.telemetry import Telemetry
from zk_operator.services.foreign_provers import ForeignProvers
from zk_operator.services.overview import prover_json
from zk_operator.services.purchase_use import is_in_place
from zk_operator.settings import Backend, Settings, load_circuit
from zkverify_client.adapters.client import open_zkverify

POLL_S = 2.0
DAY_MS = 86_400_000
TIMEOUT_S = 600.0  # somebody waits at a terminal; a program's key takes a minute on a busy machine


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalPlace:
    """Where a local prover is found without a configuration."""

    binary: Path | None = None
    cache: Path = field(default_factory=lambda: Path.home() / ".cache" / "zk-operator" / "prover")
    devices: tuple[int, ...] = (0,)
    circuits: Path | None = None  # SP1's Groth16 circuit files
    memory_gb: int = 16  # what must be free for the CPU prover


@asynccontextmanager
async def open_engine(kind: Backend, place: LocalPlace, mode: Mode) -> AsyncIterator[Engine]:
    """The CPU or the GPU prover. Errors: HostMissing."""
    if kind is Backend.GPU:
        logs = place.cache / "gpu"
        config = GpuConfig(
            devices=place.devices, binary=place.binary, logs=logs, circuits=place.circuits
        )
        async with open_gpu_engine(config) as engine:
            yield engine
    else:
        async with open_host(place) as processes:
            yield HostEngine(processes, mode=mode)


@asynccontextmanager
async def open_host(place: LocalPlace) -> AsyncIterator[HostProcesses]:
    """The prover host's processes, which end with it. Errors: HostMissing."""
    config = HostConfig(
        binary=find_host(place.binary),
        cache=place.cache,
        call_s=TIMEOUT_S,
        circuits=place.circuits,
        memory_gb=place.memory_gb,
    )
    async with HostProcesses(config) as processes:
        yield processes


async def prove_here(kind: Backend, place: LocalPlace, job: ProofJob) -> bytes:
    """A proof made on this machine. Errors: those of the engine."""
    async with open_engine(kind, place, job.mode) as engine:
        if kind is Backend.CPU:  # its prover takes minutes to start
            await engine.require_ready()
        return await engine.prove(job)


async def quote(place: LocalPlace, elf: bytes, stdin: bytes, cycle_limit: int) -> dict[str, object]:
    """Cycles and prover gas of a run, by SP1's executor. Errors: HostError."""
    async with open_host(place) as processes:
        host = await processes.host(HostKind.LIGHT)
        run = await host.execute(elf, stdin, cycle_limit=cycle_limit)
    return {
        "exit_code": run.exit_code,
        "cycles": run.cycles,
        "gas": run.gas,
        "public_values": hex0x(run.public_values),
        "seconds": run.seconds,
    }


async def vkey_of(place: LocalPlace, elf: bytes) -> bytes:
    """A program's vkey, by SP1's setup. Errors: HostError."""
    async with open_host(place) as processes:
        return (await (await processes.host(HostKind.LIGHT)).setup(elf)).vkey


async def status(settings: Settings) -> list[dict[str, object]]:
    """Every configured prover, as it stands now. A prover in trouble is a line, not an error."""
    keys, clock = (await read_materials(settings)).keys, SystemClock()
    lines = []
    for kind in settings.prover.backends:
        if kind in FOREIGN:
            lines.append({"backend": kind.value, "up": False, **await _describe_foreign(settings)})
            continue
        try:
            async with AsyncExitStack() as stack:
                prover = await open_prover(kind, cold(settings), keys, clock, stack)
                facts = await _describe(prover)
                if prover.cost:
                    facts |= await _money(settings)
                lines.append({"backend": kind.value, "up": True, **facts})
        except OperatorError as error:
            problem = {"code": error.code, "error": str(error)}
            lines.append({"backend": kind.value, "up": False, **problem})
    return lines


async def _describe_foreign(settings: Settings) -> dict[str, object]:
    """ZisK as the router sees it: what it is assumed to take, and why it is passed over. zkVerify is asked."""
    try:
        version = await Zisk(binary=find_zisk(settings.prover.zisk.binary)).version()
    except (ZiskMissing, ZiskFailed) as error:
        version = f"{error.code}: {error}"
    async with open_zkverify(zkverify_config(settings)) as zkverify:
        provers = ForeignProvers(
            provers=foreign_ones(settings), reader=zkverify.reader, clock=SystemClock()
        )
        (refusal,) = (await provers.refusals()).values()
    (prover,) = provers.provers
    return {
        "installed": version,
        **prover_json(cost=prover.cost, assumed_ms=prover.assumed_ms),
        "code": refusal.code,
        "error": str(refusal),
    }


async def _money(settings: Settings) -> dict[str, object]:
    """What may be offered, and what was paid, or promised and not decided yet, in the last day. In 1e-18 PROVE."""
    facts: dict[str, object] = {"max_price_per_pgu": str(settings.prover.network.max_price_per_pgu)}
    clock = SystemClock()
    try:
        async with open_store(settings.store.path, clock=clock, read_only=True) as store:
            rows = await store.intents.ledger(clock.now_ms() - DAY_MS)
    except StoreUnavailable as error:
        if not settings.store.path.exists():  # nothing was ever spent from it
            return facts
        return {**facts, "spent_last_day": None, "ledger": str(error)}
    spent = sum(
        row.quoted if row.paid is None else row.paid
        for row in rows
        if row.resource is Resource.PROVE
    )
    return {**facts, "spent_last_day": str(spent)}


async def _describe(prover: OpenProver) -> dict[str, object]:
    backend = prover.backend
    facts: dict[str, object] = {
        **prover_json(cost=prover.cost, assumed_ms=prover.assumed_ms),
        "capacity": prover.capacity,
        "program_registered": await backend.program_registered(),
    }
    if isinstance(backend, LocalBackend):
        await backend.engine.require_ready()
        return {**facts, **await backend.status()}
    facts |= {"account": backend.account, "balance": str(await backend.balance())}
    price = await backend.market_price()
    facts["market_price_per_pgu"] = None if price is None else str(price)
    if backend.is_private:
        facts["tee_admitted"] = await backend.tee_admitted()
    return facts


async def prove_paid(
    settings: Settings, kind: Backend, stdin: bytes, public_values: bytes, *, timeout_s: float
) -> Groth16Proof:
    """A checked proof by a network, in exchange for PROVE. Asked for again, the same input is not paid again.

    Its rows are the daemon's database's, and its key is locked: neither runs beside a daemon.
    Errors: LeaseHeld, BalanceTooLow, BudgetExceeded, ActFailed, RequestExpired, RequestUnexecutable, ProofMismatch,
    ProofInvalid, those of the network.
    """
    keys, clock = (await read_materials(settings)).keys, SystemClock()
    account = hex0x(keys.sp1.address)
    only = settings.model_copy(
        update={"prover": settings.prover.model_copy(update={"backends": (kind,)})}
    )
    with key_lock("sp1", account, account):
        async with (
            open_store(settings.store.path, clock=clock) as store,
            open_provers(only, keys, clock) as provers,
        ):
            backend = provers[0].backend
            acts: PaidActs[ProverWork, ProverDetail] = PaidActs(
                channel=backend,
                store=store.intents,
                policy=spend_policy(settings, Resource.PROVE),
                clock=clock,
                faults=NoFaults(),
                telemetry=Telemetry(),
                board=HealthBoard(clock=clock),
                is_wanted=partial(is_in_place, store.batches),
            )
            work = ProveRequest(
                program_vkey=settings.prover.program_vkey,
                stdin=stdin,
                public_values=public_values,
                deadline_s=clock.now_ms() // 1000 + int(timeout_s),
            )
            try:
                with anyio.fail_after(timeout_s):
                    return await _carried_through(settings, backend, acts, work)
            except TimeoutError as error:
                raise RequestExpired(
                    "no proof in the time that was given; ask again: what was paid is not paid twice",
                    timeout_s=timeout_s,
                ) from error


async def _carried_through(
    settings: Settings,
    backend: NetworkBackend | LocalBackend,
    acts: PaidActs[ProverWork, ProverDetail],
    work: ProveRequest,
) -> Groth16Proof:
    async def pause() -> None:
        await anyio.sleep(POLL_S)

    runner: TaskRunner[ProverWork, ProverDetail] = TaskRunner(acts=acts, wait=pause)
    vkey = settings.prover.program_vkey
    if not await backend.program_registered():
        register = RegisterProgram(program_vkey=vkey)
        await runner.run(purpose=Purpose.REGISTER_PROGRAM, subject=vkey.hex(), request=register)
    subject = sha256(vkey + work.stdin).hexdigest()[:32]
    rows = await acts.of(Purpose.PROVE_FILE, subject)
    if any(row.error_code == RequestUnexecutable.code for row in rows):
        raise RequestUnexecutable("the network has refused and charged for this input before")
    ended = await runner.carry(
        purpose=Purpose.PROVE_FILE, subject=subject, request=work, until=IntentState.INCLUDED
    )
    # Without a success it is a failure that the network has not priced yet.
    done = ended.outcome or await runner.run(
        purpose=Purpose.PROVE_FILE, subject=subject, request=work
    )
    if not isinstance(done.detail, Fulfilled):
        raise TypeError("a prover registered a program where a proof was asked for")
    proof = await backend.fetch(done.detail)
    circuit = load_circuit(settings)
    checker = Groth16Checker(circuit_vk=circuit.vk, sp1_version=circuit.facts.sp1_version)
    expected = ExpectedProof(
        program_vkey=vkey,
        public_values=work.public_values,
        recursion_root=circuit.facts.recursion_root,
    )
    await checker.check(proof, expected)
    return proof
