"""The CPU prover: through the prover host, a child process that is started on demand."""

from collections.abc import Mapping, Sequence

import anyio
import structlog

from zk_acts.domain.errors import OperatorError
from zk_operator.adapters.sp1.errors import ProofKindUnusable
from zk_operator.adapters.sp1.host.client import HostJob, HostProof, ProofMode, ProverHost
from zk_operator.adapters.sp1.host.errors import (
    HostError,
    HostIncapable,
    HostMemoryShort,
    HostRefused,
)
from zk_operator.adapters.sp1.host.process import HostKind, HostProcesses
from zk_operator.adapters.sp1.local.engine import ProofJob
from zk_operator.adapters.sp1.saved_proof import Mode
from zk_operator.domain.failures import RequestUnexecutable

log = structlog.get_logger(__name__)
PROGRESS_S = 60.0
_MODES = {
    Mode.CORE: ProofMode.CORE,
    Mode.COMPRESSED: ProofMode.COMPRESSED,
    Mode.GROTH16: ProofMode.GROTH16,
}
_IDLE_STAGES = frozenset({"waiting"})


class HostEngine:
    """An Engine on the prover host. One proof at a time: it takes all the memory there is."""

    def __init__(
        self,
        processes: HostProcesses,
        *,
        mode: Mode = Mode.COMPRESSED,
        progress_s: float = PROGRESS_S,
    ) -> None:
        """`mode`: what `require_ready` has to be able to make; `progress_s`: pause between two log lines of a proof."""
        self._processes = processes
        self._mode = mode
        self._progress_s = progress_s

    @property
    def capacity(self) -> int:
        """One."""
        return 1

    async def require_ready(self) -> None:
        """The host answers, can make such proofs, and a prover runs or would find the memory to.

        Errors: HostError; HostIncapable and HostMemoryShort say what is missing.
        """
        host = await self._processes.host(HostKind.LIGHT)
        version = await host.version()
        if self._mode is Mode.GROTH16 and not version.groth16:
            raise HostIncapable(
                "the prover host cannot make Groth16 proofs",
                lacks=version.lacks or "a build that can",
            )
        if self._processes.is_up(HostKind.PROVER):
            return
        needed, free = self._processes.memory_needed, (await host.resources()).memory_available
        if free < needed:
            raise HostMemoryShort(
                "too little memory is free for the CPU prover", needed_bytes=needed, free_bytes=free
            )

    async def prove(self, job: ProofJob) -> bytes:
        """Minutes to hours. Errors: RequestUnexecutable, HostError, ProofKindUnusable."""
        mode = _MODES.get(job.mode)
        if mode is None:
            raise ProofKindUnusable("the prover host does not make this kind", mode=job.mode)
        host = await self._processes.host(HostKind.PROVER)
        made: HostProof | None = None
        trouble: OperatorError | None = None
        async with anyio.create_task_group() as group:
            group.start_soon(self._follow, host)
            try:
                made = await host.prove(job.elf, job.stdin, mode=mode, timeout_s=job.timeout_s)
            except HostRefused as error:  # the program does not run on it: no prover can do better
                trouble = RequestUnexecutable(reason=str(error))
            except OperatorError as error:  # leaves as itself: the group would wrap it
                trouble = error
            group.cancel_scope.cancel()
        if trouble is not None or made is None:
            raise trouble or HostIncapable("the prover host gave no proof")
        return made.proof

    async def status(self) -> Mapping[str, object]:
        """Version, memory, and how far a proof is. Errors: HostError."""
        host = await self._processes.host(HostKind.LIGHT)
        version, resources = await host.version(), await host.resources()
        return {
            "version": version.sdk,
            "circuit": version.circuit,
            "groth16": version.groth16,
            "cores": resources.cores,
            "memory_available_bytes": resources.memory_available,
            "proving": [f"{job.stage} for {job.seconds:.0f} s" for job in await self._jobs()],
        }

    async def _jobs(self) -> Sequence[HostJob]:
        if not self._processes.is_listening(HostKind.PROVER):
            return ()
        jobs = await (await self._processes.host(HostKind.PROVER)).progress()
        return tuple(job for job in jobs if job.stage not in _IDLE_STAGES)

    async def _follow(self, host: ProverHost) -> None:
        """Log the stage while a proof is made: it takes long enough for people to ask."""
        while True:
            await anyio.sleep(self._progress_s)
            try:
                jobs, resources = await host.progress(), await host.resources()
            except HostError as error:
                log.info("proof.progress_unknown", code=error.code, error=str(error))
                continue
            for job in jobs:
                if job.stage not in _IDLE_STAGES:
                    log.info(
                        "proof.progressed",
                        stage=job.stage,
                        duration_s=round(job.seconds),
                        memory_bytes=resources.memory_used,
                    )
