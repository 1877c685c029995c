"""The GPU prover as an Engine: one server per device, jobs go to whichever is free."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio

from zk_operator.adapters.sp1.gpu.server import VERSION, GpuServer
from zk_operator.adapters.sp1.local.engine import ProofJob


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuConfig:
    """Devices by number. `binary`: sp1-gpu-server, started per device; None where somebody else runs it."""

    devices: tuple[int, ...] = (0,)
    binary: Path | None = None
    sockets: Mapping[int, Path] | None = None  # where they listen, if not at the usual place


class GpuEngine:
    """An Engine on sp1-gpu-server."""

    def __init__(self, config: GpuConfig) -> None:
        sockets = config.sockets or {}
        self._servers = [
            GpuServer(device=device, binary=config.binary, socket=sockets.get(device))
            for device in config.devices
        ]
        self._free = list(self._servers)
        self._changed = anyio.Condition()

    @property
    def capacity(self) -> int:
        """One proof per device."""
        return len(self._servers)

    async def require_ready(self) -> None:
        """Of any device. Errors: GpuServerUnreachable, GpuServerUnsuitable."""
        await self._servers[0].require_listening()

    async def prove(self, job: ProofJob) -> bytes:
        """On the next free device. Errors: GpuServerUnreachable, GpuServerUnsuitable, GpuProvingFailed."""
        async with self._device() as server:
            return await server.prove(job)

    async def status(self) -> Mapping[str, object]:
        """Per device."""
        devices = [await server.status() for server in self._servers]
        return {"version": VERSION, "busy": self.capacity - len(self._free), "devices": devices}

    async def end(self) -> None:
        """Stop the servers that are ours."""
        for server in self._servers:
            await server.end()

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
async def open_gpu_engine(config: GpuConfig) -> AsyncIterator[GpuEngine]:
    """An engine whose servers, where they are ours, end with it."""
    engine = GpuEngine(config)
    try:
        yield engine
    finally:
        with anyio.CancelScope(shield=True):
            await engine.end()
