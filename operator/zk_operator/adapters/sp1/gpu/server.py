"""One sp1-gpu-server: its process, if it is ours, and the calls over its socket."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from subprocess import DEVNULL

import anyio
import structlog
from anyio.abc import ByteStream, Process
from anyio.streams.buffered import BufferedByteReceiveStream
from tenacity import AsyncRetrying, RetryError, retry_if_result, stop_after_delay, wait_fixed

from zk_operator.adapters.sp1.errors import GpuServerUnreachable, GpuServerUnsuitable
from zk_operator.adapters.sp1.gpu.wire import (
    LENGTH_BYTES,
    ProofMade,
    Response,
    SetupDone,
    destroy,
    framed,
    message_size,
    parse,
    prove,
    setup,
)
from zk_operator.adapters.sp1.local.engine import ProofJob

log = structlog.get_logger(__name__)
VERSION = "6.10.0"  # the server's must be the SDK's, down to the last digit
_START_S = 120.0
_RETRY_S = 0.25
_SETUP_S = 600.0
_QUERY_S = 10.0
_END_S = 5.0


def default_socket(device: int) -> Path:
    """Where the server listens; it cannot be told otherwise."""
    return Path(f"/tmp/sp1-cuda-{device}.sock")  # noqa: S108 - the server's own choice


class GpuServer:
    """The server of one device. One proof at a time."""

    def __init__(self, *, device: int, binary: Path | None, socket: Path | None = None) -> None:
        """`binary`: started when it is needed; without one, somebody else runs the server."""
        self.device = device
        self._binary = binary
        self._socket = socket or default_socket(device)
        self._process: Process | None = None
        self._starting = anyio.Lock()

    def __repr__(self) -> str:
        return f"GpuServer(device={self.device}, socket={self._socket})"

    async def start(self) -> None:
        """Run our binary, of the right version, unless it runs. Errors: GpuServerUnsuitable, GpuServerUnreachable."""
        async with self._starting:
            if self._binary is None or self._is_running():
                return
            await require_version(self._binary)
            self._process = await self._spawn(self._binary)
            try:
                await self._await_start()
            except RetryError as error:
                await self.end()
                raise GpuServerUnreachable(
                    "sp1-gpu-server takes too long to start", device=self.device
                ) from error
            log.info("gpu.started", device=self.device, version=VERSION)

    async def require_listening(self) -> None:
        """GpuServerUnreachable unless somebody listens, or our binary could be started."""
        if self._binary is not None and not self._is_running():
            await require_version(self._binary)
        elif not await self._listens():
            raise GpuServerUnreachable(device=self.device, socket=str(self._socket))

    async def prove(self, job: ProofJob) -> bytes:
        """Set the program up and prove, on one connection. Our server is ended where that fails or is cancelled.

        Errors: GpuServerUnreachable, GpuProvingFailed.
        """
        await self.start()
        made = None
        try:
            with anyio.fail_after(job.timeout_s):
                async with await anyio.connect_unix(self._socket) as stream:
                    made = await self._prove(stream, job)
                    return made
        except TimeoutError as error:
            raise GpuServerUnreachable(
                "sp1-gpu-server did not finish in time", device=self.device
            ) from error
        except (OSError, anyio.EndOfStream, anyio.IncompleteRead, anyio.BrokenResourceError) as e:
            raise GpuServerUnreachable(device=self.device, reason=type(e).__name__) from e
        finally:
            if made is None:  # nothing else stops a proof: the device would stay busy
                with anyio.CancelScope(shield=True):
                    await self.end()

    async def status(self) -> Mapping[str, object]:
        """Whether it listens, and the device's memory where nvidia-smi tells."""
        return {
            "device": self.device,
            "listening": await self._listens(),
            "ours": self._is_running(),
            **await device_memory(self.device),
        }

    async def end(self) -> None:
        """Stop our process, if there is one."""
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        process.terminate()
        with anyio.move_on_after(_END_S, shield=True):
            await process.wait()
        if process.returncode is None:
            process.kill()
        await process.aclose()

    async def _prove(self, stream: ByteStream, job: ProofJob) -> bytes:
        reader = BufferedByteReceiveStream(stream)
        with anyio.fail_after(_SETUP_S):
            ready = await _call(stream, reader, setup(job.elf))
        if not isinstance(ready, SetupDone):
            raise GpuServerUnreachable("sp1-gpu-server answers another call", device=self.device)
        request = prove(mode=job.mode, key=ready.key, stdin=job.stdin, nonce=job.nonce)
        made = await _call(stream, reader, request)
        if not isinstance(made, ProofMade):
            raise GpuServerUnreachable("sp1-gpu-server answers another call", device=self.device)
        await _call(stream, reader, destroy(ready.key))
        return made.proof

    async def _await_start(self) -> None:
        """Cold starts of several devices race for the driver: connecting is tried for long. Errors: RetryError."""
        retrying = AsyncRetrying(
            sleep=anyio.sleep,
            stop=stop_after_delay(_START_S),
            wait=wait_fixed(_RETRY_S),
            retry=retry_if_result(lambda listens: not listens),
        )
        await retrying(self._listens)

    def _is_running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def _listens(self) -> bool:
        try:
            with anyio.fail_after(_QUERY_S):
                async with await anyio.connect_unix(self._socket):
                    return True
        except (OSError, TimeoutError):
            return False

    async def _spawn(self, binary: Path) -> Process:
        environment = {**os.environ, "CUDA_VISIBLE_DEVICES": str(self.device)}
        try:
            return await anyio.open_process(
                [str(binary)], env=environment, stdin=DEVNULL, stdout=DEVNULL, stderr=None
            )
        except OSError as error:
            raise GpuServerUnsuitable(binary=str(binary), reason=str(error)) from error


async def _call(stream: ByteStream, reader: BufferedByteReceiveStream, message: bytes) -> Response:
    await stream.send(framed(message))
    size = message_size(await reader.receive_exactly(LENGTH_BYTES))
    return parse(await reader.receive_exactly(size))


async def require_version(binary: Path) -> None:
    """GpuServerUnsuitable unless the binary is there and of the version that is spoken here."""
    try:
        with anyio.fail_after(_QUERY_S):
            answer = await anyio.run_process([str(binary), "--version"], check=False)
    except (OSError, TimeoutError) as error:
        raise GpuServerUnsuitable(binary=str(binary), reason=str(error)) from error
    found = answer.stdout.decode(errors="replace").strip()
    if found.split()[-1:] != [VERSION]:
        raise GpuServerUnsuitable(
            "sp1-gpu-server is of another version", found=found[:80], wanted=VERSION
        )


async def device_memory(device: int) -> Mapping[str, object]:
    """Used and total memory of a device in MiB, by nvidia-smi; empty where that is not installed."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return {}
    query = ["--query-gpu=memory.used,memory.total", "--format=csv,noheader,nounits"]
    try:
        with anyio.fail_after(_QUERY_S):
            answer = await anyio.run_process([tool, *query, "-i", str(device)], check=False)
        used, total = (int(part) for part in answer.stdout.decode().split(","))
    except (OSError, TimeoutError, ValueError):
        return {}
    return {"memory_used_mib": used, "memory_total_mib": total}
