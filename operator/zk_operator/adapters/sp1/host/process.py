"""Starts prover hosts as child processes, on demand, and ends them.

A host ends with its standard input, so it never outlives this process, however that ends.
"""

import json
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self

import anyio
import structlog
from anyio.abc import Process
from anyio.streams.buffered import BufferedByteReceiveStream

from zk_operator.adapters.sp1.host.client import ProverHost
from zk_operator.adapters.sp1.host.errors import HostMemoryShort, HostMissing, HostStartFailed

log = structlog.get_logger(__name__)

BINARY = "zk-operator-prover"
_TEMPORARY_FAILURE = 75  # sysexits: the host's exit code where memory is short
_LINE_LIMIT = 4_096
_END_S = 5.0


class HostKind(StrEnum):
    """The two ways to run the host."""

    LIGHT = "light"  # executes, quotes, verifies: tens of MB
    PROVER = "prover"  # proves: 7 GB idle, 15 to 24 GB at work


@dataclass(frozen=True, slots=True, kw_only=True)
class HostConfig:
    """Where the binary is, and how hosts are run. Durations in seconds.

    `cache` holds verifying keys and logs, and is made private. `idle_s`: a prover without work ends after it.
    """

    binary: Path
    cache: Path
    light_start_s: float = 30.0
    prover_start_s: float = 600.0
    idle_s: int = 900
    memory_gb: int = 16


def find_host(configured: Path | None = None) -> Path:
    """The host's binary: the one configured, else the one on the path. Errors: HostMissing."""
    if configured is not None:
        if configured.is_file():
            return configured
        raise HostMissing(looked_for=str(configured))
    found = shutil.which(BINARY)
    if found is None:
        raise HostMissing(looked_for=f"{BINARY} on the path")
    return Path(found)


@dataclass(slots=True, kw_only=True)
class _Running:
    process: Process
    host: ProverHost


class HostProcesses:
    """At most one host of each kind; a host that has ended is started again when it is next asked for."""

    def __init__(self, config: HostConfig) -> None:
        self._config = config
        self._running: dict[HostKind, _Running] = {}
        self._lock = anyio.Lock()
        self._stack = AsyncExitStack()
        self._folder: Path | None = None

    def __repr__(self) -> str:
        return f"HostProcesses(binary={self._config.binary}, running={sorted(self._running)})"

    async def __aenter__(self) -> Self:
        # Short, because a socket's path may have 107 bytes; private, because mkdtemp's folders are.
        folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="zko-host-"))
        self._folder = Path(folder)
        self._config.cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with anyio.CancelScope(shield=True):
            for running in self._running.values():
                await _end(running.process)
            self._running.clear()
            await self._stack.aclose()

    async def host(self, kind: HostKind) -> ProverHost:
        """A host that listens, started where there is none. Errors: HostStartFailed, HostMemoryShort."""
        async with self._lock:
            running = self._running.get(kind)
            if running is not None and running.process.returncode is None:
                return running.host
            if running is not None:
                await _end(running.process)
                log.warning("host.restarted", kind=kind, exit_code=running.process.returncode)
            self._running[kind] = await self._start(kind)
            return self._running[kind].host

    async def _start(self, kind: HostKind) -> _Running:
        if self._folder is None:
            raise RuntimeError("HostProcesses is used outside its context")
        socket = self._folder / f"{kind}.sock"
        limit_s = (
            self._config.prover_start_s if kind is HostKind.PROVER else self._config.light_start_s
        )
        started_at = anyio.current_time()
        process = await self._spawn(kind, self._command(kind, socket))
        try:
            with anyio.fail_after(limit_s):
                await _await_start(process)
        except TimeoutError as error:
            await _end(process)
            raise HostStartFailed("the prover host took too long to start", kind=kind) from error
        except BaseException:
            with anyio.CancelScope(shield=True):
                await _end(process)
            raise
        log.info("host.started", kind=kind, duration_s=anyio.current_time() - started_at)
        return _Running(process=process, host=ProverHost(socket=socket))

    async def _spawn(self, kind: HostKind, command: Sequence[str]) -> Process:
        with (self._config.cache / f"{kind}.log").open("ab") as errors:
            try:
                return await anyio.open_process(command, stderr=errors)
            except OSError as error:
                raise HostMissing(looked_for=command[0], reason=str(error)) from error

    def _command(self, kind: HostKind, socket: Path) -> list[str]:
        config = self._config
        command = [str(config.binary), "--socket", str(socket), "--cache", str(config.cache)]
        if kind is HostKind.LIGHT:
            return command
        limits = ["--idle-s", str(config.idle_s), "--memory-gb", str(config.memory_gb)]
        return [*command, "--prover", *limits]


async def _await_start(process: Process) -> None:
    """Until the host says that it listens."""
    assert process.stdout is not None
    reader = BufferedByteReceiveStream(process.stdout)
    try:
        line = await reader.receive_until(b"\n", _LINE_LIMIT)
    except (anyio.IncompleteRead, anyio.DelimiterNotFound, anyio.EndOfStream) as error:
        await process.wait()
        if process.returncode == _TEMPORARY_FAILURE:
            raise HostMemoryShort from error
        raise HostStartFailed(exit_code=process.returncode) from error
    if not _says_started(line):
        raise HostStartFailed("the prover host says something else than that it started")


def _says_started(line: bytes) -> bool:
    try:
        event = json.loads(line)
    except ValueError:
        return False
    return isinstance(event, dict) and event.get("event") == "host.started"


async def _end(process: Process) -> None:
    """Close its input, wait a little, kill."""
    if process.stdin is not None:
        await process.stdin.aclose()
    with anyio.move_on_after(_END_S):
        await process.wait()
    if process.returncode is None:
        process.kill()
    await process.aclose()
