"""The server of one device: its process, if it is ours, and the connection that proofs are made on."""

from collections.abc import Mapping
from pathlib import Path

import anyio
import structlog
from tenacity import AsyncRetrying, RetryError, retry_if_result, stop_after_delay, wait_fixed

from zk_acts.domain.errors import OperatorError
from zk_operator.adapters.sp1.errors import GpuDeviceTaken, GpuProvingFailed, GpuServerUnreachable
from zk_operator.adapters.sp1.gpu.device import device_facts
from zk_operator.adapters.sp1.gpu.process import (
    VERSION,
    GpuProcess,
    require_circuits,
    require_version,
    start_process,
)
from zk_operator.adapters.sp1.gpu.session import GpuSession, Peer, connect, peer_of, require_peer
from zk_operator.adapters.sp1.local.engine import ProofJob
from zk_operator.adapters.sp1.saved_proof import Mode

log = structlog.get_logger(__name__)
_START_S = 120.0
_RETRY_S = 0.25
_SETUP_S = 600.0
_QUERY_S = 10.0
_BROKEN = (
    OSError,
    anyio.EndOfStream,
    anyio.IncompleteRead,
    anyio.BrokenResourceError,
    anyio.ClosedResourceError,
)


def default_socket(device: int) -> Path:
    """Where the server listens; it cannot be told otherwise (crate sp1-cuda 6.10.0, client.rs, `socket_path`)."""
    return Path(f"/tmp/sp1-cuda-{device}.sock")  # noqa: S108 - the server's own choice


class GpuServer:
    """The server of one device. One proof at a time."""

    def __init__(
        self,
        *,
        device: int,
        binary: Path | None,
        socket: Path | None = None,
        logs: Path | None = None,
        circuits: Path | None = None,
    ) -> None:
        """`binary`: started when it is needed; without one, somebody else runs the server. `logs`: its output.

        `circuits`: SP1's Groth16 circuit files for a server of ours; None: where SP1_GROTH16_CIRCUIT_PATH points.
        """
        self.device = device
        self._binary = binary
        self._socket = socket or default_socket(device)
        self._logs = logs
        self._circuits = circuits
        self._process: GpuProcess | None = None
        self._session: GpuSession | None = None

    def __repr__(self) -> str:
        return f"GpuServer(device={self.device}, socket={self._socket})"

    async def require_ready(self, mode: Mode) -> None:
        """That somebody listens, or that our binary could be started and find its files. Nothing is started.

        Errors: GpuServerUnreachable, GpuServerUnsuitable, GpuDeviceTaken, GpuCircuitsMissing.
        """
        self._require_files(mode)
        if self._binary is not None and not self._is_running():
            await require_version(self._binary)
        peer = await self._peer()
        if peer is not None:
            # Without a server of ours, one that a daemon beside us has started is as good a sign.
            self._require(peer)
        elif self._binary is None:
            raise GpuServerUnreachable(device=self.device, socket=str(self._socket))

    async def prove(self, job: ProofJob) -> bytes:
        """Set the program up and prove. Where that fails or is cancelled, our server is ended: nothing else stops it.

        Errors: GpuServerUnreachable, GpuServerUnsuitable, GpuServerEnded, GpuDeviceTaken, GpuCircuitsMissing,
        GpuProvingFailed.
        """
        self._require_files(job.mode)
        made = None
        try:
            with anyio.fail_after(job.timeout_s):
                session, key = await self._set_up(job.elf)
                made = await session.prove(key, job)
                return made
        except TimeoutError as error:
            raise GpuServerUnreachable(
                "sp1-gpu-server did not finish in time", device=self.device
            ) from error
        except _BROKEN as error:
            raise await self._loss(error) from error
        except GpuProvingFailed as error:
            raise self._explained(error) from error
        finally:
            if made is None:
                await self.end()

    async def status(self) -> Mapping[str, object]:
        """Who listens, and what nvidia-smi says of the device. `version`: null where somebody else runs the server."""
        peer = await self._peer()
        return {
            "device": self.device,
            "listening": peer is not None,
            "ours": self._is_running(),
            "pid": peer.pid if peer else None,
            "version": VERSION if self._is_running() else None,
            **await device_facts(self.device),
        }

    async def end(self) -> None:
        """Hang up, and stop our process, if there is one."""
        session, self._session = self._session, None
        process, self._process = self._process, None
        with anyio.CancelScope(shield=True):
            if session is not None:
                await session.aclose()
            if process is not None:
                await process.end()

    async def _set_up(self, elf: bytes) -> tuple[GpuSession, bytes]:
        """On the connection that we have, if it still holds; setting up twice does no harm."""
        with anyio.fail_after(_SETUP_S):
            await self._ensure_running()
            kept = self._session
            if kept is not None:
                try:
                    return kept, await kept.set_up(elf)
                except _BROKEN:
                    log.info("gpu.reconnected", device=self.device)
                    self._session = None
                    await kept.aclose()
            session = await self._connected()
            return session, await session.set_up(elf)

    async def _connected(self) -> GpuSession:
        stream = await connect(self._socket)
        self._session = session = GpuSession(stream)
        self._require(peer_of(stream))
        return session

    async def _ensure_running(self) -> None:
        """Run our binary, of the right version, unless it runs.

        Errors: GpuServerUnsuitable, GpuServerUnreachable, GpuServerEnded, GpuDeviceTaken.
        """
        if self._binary is None or self._is_running():
            return
        await self.end()
        self._require_free(await self._peer())
        self._process = await start_process(
            binary=self._binary, device=self.device, logs=self._logs, circuits=self._circuits
        )
        await self._await_start(self._process)
        log.info("gpu.started", device=self.device, version=VERSION, pid=self._process.pid)

    async def _await_start(self, process: GpuProcess) -> None:
        """Cold starts of several devices race for the driver: connecting is tried for long."""
        retrying = AsyncRetrying(
            sleep=anyio.sleep,
            stop=stop_after_delay(_START_S),
            wait=wait_fixed(_RETRY_S),
            retry=retry_if_result(lambda settled: not settled),
        )

        async def settled() -> bool:
            return not process.is_running or await self._peer() is not None

        try:
            await retrying(settled)
        except RetryError as error:
            raise GpuServerUnreachable(
                "sp1-gpu-server takes too long to start", device=self.device, says=process.says()
            ) from error
        if not process.is_running:
            raise process.ended()

    async def _loss(self, error: BaseException) -> OperatorError:
        """Why a connection broke: our server has ended, or is not to be reached."""
        process = self._process
        if process is not None and await process.has_ended():
            return process.ended()
        says = process.says() if process is not None else ""
        return GpuServerUnreachable(device=self.device, reason=type(error).__name__, says=says)

    def _explained(self, error: GpuProvingFailed) -> GpuProvingFailed:
        """The server answers that a task failed, and tells why in its output only."""
        says = self._process.says() if self._process is not None else ""
        return GpuProvingFailed(error.message, **error.context, device=self.device, says=says)

    async def _peer(self) -> Peer | None:
        """Who listens. The server makes nothing of a connection without a request."""
        try:
            with anyio.fail_after(_QUERY_S):
                async with await connect(self._socket) as stream:
                    return peer_of(stream)
        except (OSError, TimeoutError):
            return None

    def _require(self, peer: Peer) -> None:
        expected = self._process.pid if self._process is not None else None
        require_peer(peer, device=self.device, expected_pid=expected)

    def _require_free(self, peer: Peer | None) -> None:
        """A second server on a device would take the memory, and the socket, of the first."""
        if peer is not None:
            raise GpuDeviceTaken(device=self.device, pid=peer.pid)

    def _require_files(self, mode: Mode) -> None:
        if self._binary is not None and mode is Mode.GROTH16:
            require_circuits(self._circuits)

    def _is_running(self) -> bool:
        return self._process is not None and self._process.is_running
