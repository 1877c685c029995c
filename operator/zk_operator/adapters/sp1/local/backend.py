"""A local prover as a ProverBackend: requests are jobs of this process, which cost nothing.

What a crash loses is work, never money: the row holds the input, so the same request is simply started again.
"""

import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import structlog
from anyio.abc import TaskGroup

from zk_acts.domain.acts import ActKind, Intent, Resource
from zk_acts.domain.details import Fulfilled, ProgramRegistered
from zk_acts.domain.errors import OperatorError
from zk_acts.domain.ids import Hash32, hex0x
from zk_acts.ports.act import Failed, Fees, Included, Lapsed, Outcome, Pending, Prepared, Unknown
from zk_acts.ports.clock import Clock
from zk_acts.runtime.wake_up import WakeUp
from zk_operator.adapters.sp1.bincode import decode_network_proof
from zk_operator.adapters.sp1.errors import (
    ProofKindUnusable,
    RequestDropped,
    RequestExpired,
    WrongProgram,
)
from zk_operator.adapters.sp1.local.engine import Engine, ProofJob
from zk_operator.adapters.sp1.local.spool import Spool
from zk_operator.adapters.sp1.saved_proof import Mode
from zk_operator.domain.failures import ProofMalformed
from zk_operator.ports.prover import Groth16Proof, ProverDetail, ProverWork, RegisterProgram
from zk_operator.runtime.telemetry import Telemetry

log = structlog.get_logger(__name__)
ACCOUNT = "local"
UNLIMITED = 2**255  # there is no balance to run out of
_URI = "local:"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalConfig:
    """`mode`: the kind of proof that the engine is asked for; the Groth16 route can use no other than groth16."""

    name: str  # as rows have it: "cpu", "gpu"
    program_vkey: Hash32
    program_elf: bytes
    mode: Mode
    spool: Path
    proof_timeout_s: float = 3_600.0


@dataclass(slots=True, kw_only=True)
class _Job:
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    failure: Failed | None = None
    dropped: bool = False
    is_proving: bool = False


class LocalBackend:
    """A ProverBackend (see the port for what each method promises)."""

    def __init__(
        self,
        *,
        config: LocalConfig,
        engine: Engine,
        group: TaskGroup,
        clock: Clock,
        telemetry: Telemetry | None = None,
    ) -> None:
        """`group` owns the jobs."""
        self.engine = engine
        self._config = config
        self._group = group
        self._clock = clock
        self._spool = Spool(config.spool)
        self._telemetry = telemetry
        self._limiter = anyio.CapacityLimiter(engine.capacity)
        self._jobs: dict[bytes, _Job] = {}
        self._last_nonce = 0
        self._reader: WakeUp | None = None

    def __repr__(self) -> str:
        return f"LocalBackend(name={self.name}, jobs={len(self._jobs)})"

    def reconfigure(self, config: LocalConfig) -> None:
        """For requests from now on; those under way go on as they are."""
        self._config = config

    def wakes(self, reader: WakeUp) -> None:
        """Notify this whenever a job has ended, from now on."""
        self._reader = reader

    @property
    def kind(self) -> ActKind:
        """Prover requests."""
        return ActKind.PROVE

    @property
    def resource(self) -> Resource:
        """PROVE, of which nothing is spent."""
        return Resource.PROVE

    @property
    def name(self) -> str:
        """As stored in rows."""
        return self._config.name

    @property
    def account(self) -> str:
        """The same for all local provers."""
        return ACCOUNT

    async def next_nonce(self) -> int:
        """Never the same twice, restarts included: the time in ms."""
        # Rows of one account are told apart by it; nothing here is put in order (ADR 0085).
        self._last_nonce = max(self._last_nonce + 1, self._clock.now_ms())
        return self._last_nonce

    async def unused_nonce(self) -> int:
        """As `next_nonce`."""
        return await self.next_nonce()

    async def is_nonce_free(self, nonce: int) -> bool:  # noqa: ARG002 - nothing uses one up
        """Always: jobs are not put in order by nonces."""
        return True

    async def balance(self) -> int:
        """More than any cap."""
        return UNLIMITED

    async def program_registered(self) -> bool:
        """There is nothing to register."""
        return True

    async def prepare(self, request: ProverWork, nonce: int, beat: Fees | None = None) -> Prepared:
        """Errors: ProofKindUnusable, WrongProgram, and why the engine is not ready."""
        del beat
        if request.program_vkey != self._config.program_vkey:
            raise WrongProgram(
                configured=hex0x(self._config.program_vkey), asked=hex0x(request.program_vkey)
            )
        if isinstance(request, RegisterProgram):
            return Prepared(nonce=nonce, payload=b"", reference=request.program_vkey, quoted=0)
        if self._config.mode is not Mode.GROTH16:
            raise ProofKindUnusable(backend=self.name, makes=self._config.mode, route="groth16")
        # Before there is a row: the router turns to another prover at once (ADR 0171).
        await self.engine.require_ready()
        latest = self._clock.now_ms() // 1000 + int(self._config.proof_timeout_s)
        return Prepared(
            nonce=nonce,
            payload=request.stdin,
            reference=_reference(self.name, nonce, request.stdin),
            quoted=0,
            expires=min(request.deadline_s, latest),
        )

    async def send(self, intent: Intent) -> None:
        """Start the job, unless it is under way or done."""
        reference = intent.reference
        if reference in self._jobs or self._spool.has(reference):
            return
        self._jobs[reference] = job = _Job()
        self._tell_counts()
        self._group.start_soon(self._run, intent, job, name=f"prove:{self.name}")

    async def outcome(self, intent: Intent) -> Outcome[ProverDetail]:
        """From the job, or from the spool; a job that a restart has lost is Unknown, and sent again."""
        if not intent.payload:
            detail = ProgramRegistered(program_vkey=self._config.program_vkey)
            return Included(detail=detail, final=True, paid=0)
        if self._spool.has(intent.reference):
            done = Fulfilled(proof_uri=_URI + intent.reference.hex())
            return Included(detail=done, final=True, paid=0)
        job = self._jobs.get(intent.reference)
        if job is not None:
            return job.failure or Pending()
        # A job that a restart lost is sent again and proved from the start; it cost nothing (ADR 0085).
        return Lapsed() if self._now_s() > intent.expires else Unknown()

    async def fetch(self, fulfilled: Fulfilled) -> Groth16Proof:
        """From the spool. Errors: ProofMalformed."""
        try:
            reference = bytes.fromhex(fulfilled.proof_uri.removeprefix(_URI))
        except ValueError as error:
            raise ProofMalformed("not a local proof", uri=fulfilled.proof_uri[:80]) from error
        return decode_network_proof(await self._spool.get(reference)).to_port()

    async def cancel(self, intent: Intent) -> None:
        """End the job; one that a restart has lost is not started again."""
        reference = intent.reference
        job = self._jobs.get(reference)
        if job is None and not self._spool.has(reference):
            self._jobs[reference] = _Job(failure=_failure(RequestDropped(backend=self.name)))
        elif job is not None and job.failure is None:
            job.dropped = True
            job.scope.cancel()

    async def status(self) -> Mapping[str, object]:
        """Work in hand, and what the engine says of itself."""
        engine = await self.engine.status()
        counts = self._counts()
        jobs = {"jobs": sum(counts.values()), "waiting": counts["waiting"]}
        return {**jobs, "mode": self._config.mode.value, **engine}

    def _counts(self) -> dict[str, int]:
        active = [job for job in self._jobs.values() if job.failure is None]
        proving = sum(job.is_proving for job in active)
        return {"proving": proving, "waiting": len(active) - proving}

    def _tell_counts(self) -> None:
        if self._telemetry is not None:
            for state, count in self._counts().items():
                self._telemetry.gauge("prover_jobs", count, backend=self.name, state=state)

    async def _run(self, intent: Intent, job: _Job) -> None:
        """The whole life of a job; it ends in the spool, or with a failure."""
        with job.scope:
            try:
                await self._prove(intent, job)
                self._jobs.pop(intent.reference, None)
            except OperatorError as error:
                job.failure = _failure(error)
                log.warning(
                    "proof.failed",
                    backend=self.name,
                    intent_id=intent.intent_id,
                    code=error.code,
                    error=str(error),
                )
        if job.dropped and job.scope.cancelled_caught:
            job.failure = _failure(RequestDropped(backend=self.name))
        self._tell_counts()
        if self._reader is not None:
            self._reader.notify()

    async def _prove(self, intent: Intent, job: _Job) -> None:
        started = anyio.current_time()
        async with self._limiter:
            job.is_proving = True
            self._tell_counts()
            left_s = intent.expires - self._now_s()
            if left_s <= 0:
                raise RequestExpired(backend=self.name)
            work = ProofJob(
                elf=self._config.program_elf,
                stdin=intent.payload,
                mode=self._config.mode,
                timeout_s=left_s,
                nonce=int.from_bytes(intent.reference[:16]),
            )
            proof = await self._in_time(work)
        with anyio.CancelScope(shield=True):  # what took an hour is not lost to a cancellation now
            await self._spool.put(intent.reference, proof)
        log.info(
            "proof.made",
            backend=self.name,
            intent_id=intent.intent_id,
            size_bytes=len(proof),
            duration_s=round(anyio.current_time() - started, 3),
        )

    async def _in_time(self, job: ProofJob) -> bytes:
        """The deadline is for the whole: an engine's start can take minutes too."""
        try:
            with anyio.fail_after(job.timeout_s):
                return await self.engine.prove(job)
        except TimeoutError as error:
            raise RequestExpired(backend=self.name) from error

    def _now_s(self) -> float:
        return self._clock.now_ms() / 1000


@asynccontextmanager
async def open_local_backend(
    *, config: LocalConfig, engine: Engine, clock: Clock, telemetry: Telemetry | None = None
) -> AsyncIterator[LocalBackend]:
    """A backend with its jobs, which end with it."""
    Spool(config.spool).prepare(clock.now_ms() / 1000)
    trouble: OperatorError | None = None
    async with anyio.create_task_group() as group:
        try:
            yield LocalBackend(
                config=config, engine=engine, group=group, clock=clock, telemetry=telemetry
            )
        except OperatorError as error:  # leaves as itself: the group would wrap it
            trouble = error
        group.cancel_scope.cancel()
    if trouble is not None:
        raise trouble


def _reference(name: str, nonce: int, stdin: bytes) -> bytes:
    return hashlib.sha256(name.encode() + nonce.to_bytes(8, "big") + stdin).digest()


def _failure(error: OperatorError) -> Failed:
    return Failed(code=error.code, detail=str(error), final=True, paid=0)
