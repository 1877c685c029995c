"""The GPU prover as an Engine: one server per device, jobs go to whichever is free."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio

from zk_acts.domain.errors import OperatorError
from zk_operator.adapters.sp1.gpu.device import device_facts
from zk_operator.adapters.sp1.gpu.process import VERSION
from zk_operator.adapters.sp1.gpu.server import GpuServer
from zk_operator.adapters.sp1.local.engine import ProofJob
from zk_operator.adapters.sp1.saved_proof import Mode
from zk_operator.runtime.telemetry import Telemetry

MIB = 2**20
_MEASURE_S = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuConfig:
    """Devices by nvidia-smi's number. `binary`: sp1-gpu-server, started per device; None where somebody else runs it.

    `logs`: folder for what our servers write; without one it is kept only for the reason of a failure. `circuits`: SP1's
    Groth16 circuit files for our servers; without it, where SP1_GROTH16_CIRCUIT_PATH points. `mode`: what `require_ready`
    is about.
    """

    devices: tuple[int, ...] = (0,)
    binary: Path | None = None
    sockets: Mapping[int, Path] | None = None  # where they listen, if not at the usual place
    logs: Path | None = None
    circuits: Path | None = None
    mode: Mode = Mode.COMPRESSED


class GpuEngine:
    """An Engine on sp1-gpu-server."""

    def __init__(self, config: GpuConfig, telemetry: Telemetry | None = None) -> None:
        sockets = config.sockets or {}
        self._servers = [
            GpuServer(
                device=device,
                binary=config.binary,
                socket=sockets.get(device),
                logs=config.logs,
                circuits=config.circuits,
            )
            for device in config.devices
        ]
        self._mode = config.mode
        self._free = list(self._servers)
        self._telemetry = telemetry
        self._changed = anyio.Condition()

    @property
    def capacity(self) -> int:
        """One proof per device."""
        return len(self._servers)

    async def require_ready(self) -> None:
        """One device at least. Errors: of the first device, where none is ready."""
        first: OperatorError | None = None
        for server in self._servers:
            try:
                await server.require_ready(self._mode)
            except OperatorError as error:
                first = first or error
            else:
                return
        if first is not None:
            raise first

    async def prove(self, job: ProofJob) -> bytes:
        """On the next free device. Errors: those of `GpuServer.prove`."""
        async with self._device() as server:
            try:
                return await server.prove(job)
            finally:
                # Shielded: a proof that is made must not be lost while the memory is looked at.
                with anyio.move_on_after(_MEASURE_S, shield=True):
                    await self._measure(server.device)

    async def status(self) -> Mapping[str, object]:
        """Each device, and how many are at work."""
        busy = {server.device for server in self._servers if server not in self._free}
        devices = [
            {**await server.status(), "busy": server.device in busy} for server in self._servers
        ]
        return {"version": VERSION, "busy": len(busy), "devices": devices}

    async def end(self) -> None:
        """Stop the servers that are ours."""
        for server in self._servers:
            await server.end()

    async def _measure(self, device: int) -> None:
        """The server keeps the memory that it once took: what is taken after a proof is the most that it took."""
        if self._telemetry is None:
            return
        facts = await device_facts(device)
        for kind in ("used", "total"):
            memory = facts.get(f"memory_{kind}_mib")
            if isinstance(memory, int):
                self._telemetry.gauge("prover_memory", memory * MIB, device=str(device), kind=kind)

    @asynccontextmanager
    async def _device(self) -> AsyncIterator[GpuServer]:
        async with self._changed:
            while not self._free:
                await self._changed.wait()
            server = self._free.pop(0)
        try:
            yield server
        finally:
            self._free.append(server)
            with anyio.CancelScope(shield=True):
                async with self._changed:
                    self._changed.notify()


@asynccontextmanager
async def open_gpu_engine(
    config: GpuConfig, telemetry: Telemetry | None = None
) -> AsyncIterator[GpuEngine]:
    """An engine whose servers, where they are ours, end with it."""
    engine = GpuEngine(config, telemetry)
    try:
        yield engine
    finally:
        with anyio.CancelScope(shield=True):
            await engine.end()
