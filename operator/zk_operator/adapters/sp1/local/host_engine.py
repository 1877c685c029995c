"""The CPU prover: through the prover host, a child process that is started on demand."""

from collections.abc import Mapping

from zk_operator.adapters.sp1.errors import ProofKindUnusable
from zk_operator.adapters.sp1.host.client import ProofMode
from zk_operator.adapters.sp1.host.process import HostKind, HostProcesses
from zk_operator.adapters.sp1.local.engine import ProofJob
from zk_operator.adapters.sp1.saved_proof import Mode

_MODES = {
    Mode.CORE: ProofMode.CORE,
    Mode.COMPRESSED: ProofMode.COMPRESSED,
    Mode.GROTH16: ProofMode.GROTH16,
}


class HostEngine:
    """An Engine on the prover host. One proof at a time: it takes all the memory there is."""

    def __init__(self, processes: HostProcesses) -> None:
        self._processes = processes

    @property
    def capacity(self) -> int:
        """One."""
        return 1

    async def require_ready(self) -> None:
        """The light host answers; whether memory suffices is told by the prover's start. Errors: HostError."""
        await (await self._processes.host(HostKind.LIGHT)).version()

    async def prove(self, job: ProofJob) -> bytes:
        """Minutes to hours. Errors: HostError, ProofKindUnusable."""
        mode = _MODES.get(job.mode)
        if mode is None:
            raise ProofKindUnusable("the prover host does not make this kind", mode=job.mode)
        host = await self._processes.host(HostKind.PROVER)
        made = await host.prove(job.elf, job.stdin, mode=mode, timeout_s=job.timeout_s)
        return made.proof

    async def status(self) -> Mapping[str, object]:
        """Version and memory. Errors: HostError."""
        host = await self._processes.host(HostKind.LIGHT)
        version, resources = await host.version(), await host.resources()
        return {
            "version": version.sdk,
            "circuit": version.circuit,
            "cores": resources.cores,
            "memory_available_bytes": resources.memory_available,
        }
