"""Starts prover hosts as child processes, on demand, and ends them.

A host ends with its standard input, so it never outlives this process, however that ends.
"""

import os
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self

import anyio
import structlog
from anyio.abc import Process, TaskGroup
from anyio.streams.buffered import BufferedByteReceiveStream

from zk_acts.domain.json_text import JsonInvalid, parse_json
from zk_operator.adapters.sp1.child import end_process
from zk_operator.adapters.sp1.host.client import ProverHost
from zk_operator.adapters.sp1.host.errors import (
    HostError,
    HostMemoryShort,
    HostMissing,
    HostStartFailed,
)

log = structlog.get_logger(__name__)

BINARY = "zk-operator-prover"
_TEMPORARY_FAILURE = 75  # sysexits: the host's exit code where memory is short
_LINE_LIMIT = 4_096
_END_S = 5.0
MOST_SOCKET_PATH = 107  # bytes, with the zero that ends it 108: unix(7)


class HostKind(StrEnum):
    """The two ways to run the host."""

    LIGHT = "light"  # executes, quotes, verifies: tens of MB
    PROVER = "prover"  # proves: 7 GB idle, 15 to 24 GB at work


@dataclass(frozen=True, slots=True, kw_only=True)
class HostConfig:
    """Where the binary is, and how hosts are run. Durations in seconds.

    `cache` holds verifying keys and logs, and is made private. `circuits`: SP1's Groth16 circuit files; otherwise where
    SP1_GROTH16_CIRCUIT_PATH points. `idle_s`: a prover without work ends after it. `warm`: the prover is started at once,
    and stays.
    """

    binary: Path
    cache: Path
    call_s: float = 60.0  # the longest that anything but proving may take
    light_start_s: float = 30.0
    prover_start_s: float = 600.0
    idle_s: int = 900
    memory_gb: int = 16
    circuits: Path | None = None
    warm: bool = False


def find_host(configured: Path | None = None) -> Path:
    """The host's binary: the one configured, else the one on the path. Errors: HostMissing."""
    if configured is not None:
        try:
            is_there = configured.is_file()
        except OSError as error:
            raise HostMissing(looked_for=str(configured), reason=error.strerror) from error
        if is_there:
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


def _parent_of_sockets() -> str:
    """The folder of temporary files, or /tmp where a socket's path in it would be longer than Unix allows."""
    usual = tempfile.gettempdir()
    longest = Path(usual, "zko-host-12345678", "prover.sock")
    return usual if len(os.fsencode(longest)) <= MOST_SOCKET_PATH else "/tmp"  # noqa: S108 - a private folder in it


class HostProcesses:
    """At most one host of each kind; a host that has ended is started again when it is next asked for."""

    def __init__(self, config: HostConfig) -> None:
        self._config = config
        self._running: dict[HostKind, _Running] = {}
        # One each: a prover takes minutes to start, and the light host is asked meanwhile.
        self._locks = {kind: anyio.Lock() for kind in HostKind}
        self._tasks: TaskGroup | None = None
        self._stack = AsyncExitStack()
        self._folder: Path | None = None

    def __repr__(self) -> str:
        return f"HostProcesses(binary={self._config.binary}, running={sorted(self._running)})"

    async def __aenter__(self) -> Self:
        # Private, because mkdtemp's folders are.
        folder = self._stack.enter_context(
            tempfile.TemporaryDirectory(prefix="zko-host-", dir=_parent_of_sockets())
        )
        self._folder = Path(folder)
        self._config.cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._tasks = await anyio.create_task_group().__aenter__()
        if self._config.warm:
            self._tasks.start_soon(self._warm, name="prover-host:warm")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        tasks, self._tasks = self._tasks, None
        try:
            if tasks is not None:
                tasks.cancel_scope.cancel()
                # Without the block's error: the group would wrap it.
                await tasks.__aexit__(None, None, None)
        finally:  # also where the group leaves with a cancellation from outside
            with anyio.CancelScope(shield=True):
                for running in self._running.values():
                    await _end(running.process)
                self._running.clear()
                await self._stack.aclose()

    @property
    def memory_needed(self) -> int:
        """What must be free for a prover to start, in bytes."""
        return self._config.memory_gb << 30

    def is_up(self, kind: HostKind) -> bool:
        """Whether such a host runs, or is being started."""
        return self.is_listening(kind) or self._locks[kind].locked()

    def is_listening(self, kind: HostKind) -> bool:
        """Whether such a host runs and can be asked."""
        running = self._running.get(kind)
        return running is not None and running.process.returncode is None

    async def host(self, kind: HostKind) -> ProverHost:
        """A host that listens, started where there is none. Errors: HostStartFailed, HostMemoryShort."""
        async with self._locks[kind]:
            running = self._running.get(kind)
            # One that ended by itself is replaced here: the request that was lost with it is sent again
            # by its row (ADR 0171).
            if running is not None and running.process.returncode is None:
                return running.host
            if running is not None:
                await _end(running.process)
                log.warning("host.restarted", kind=kind, exit_code=running.process.returncode)
            self._running[kind] = await self._start(kind)
            return self._running[kind].host

    async def _start(self, kind: HostKind) -> _Running:
        if self._folder is None or self._tasks is None:
            raise RuntimeError("HostProcesses is used outside its context")
        socket = self._folder / f"{kind}.sock"
        limit_s = (
            self._config.prover_start_s if kind is HostKind.PROVER else self._config.light_start_s
        )
        started_at = anyio.current_time()
        process = await self._spawn(kind, self._command(kind, socket))
        try:
            with anyio.fail_after(limit_s):
                output = await _await_start(process)
        except TimeoutError as error:
            await _end(process)
            raise HostStartFailed("the prover host took too long to start", kind=kind) from error
        except BaseException:
            await _end(process)
            raise
        log.info("host.started", kind=kind, duration_s=anyio.current_time() - started_at)
        # gnark prints for every proof: a pipe that nobody reads would stop it after some dozens (ADR 0171).
        self._tasks.start_soon(_keep, output, self._log(kind), name=f"prover-host:{kind}")
        return _Running(
            process=process, host=ProverHost(socket=socket, timeout_s=self._config.call_s)
        )

    async def _spawn(self, kind: HostKind, command: Sequence[str]) -> Process:
        try:
            errors = self._log(kind).open("ab")
        except OSError as error:
            message = "the prover host's log cannot be written"
            raise HostStartFailed(message, kind=kind, reason=str(error)) from error
        with errors:
            try:
                return await anyio.open_process(command, stderr=errors)
            except OSError as error:
                raise HostMissing(looked_for=command[0], reason=str(error)) from error

    def _command(self, kind: HostKind, socket: Path) -> list[str]:
        config = self._config
        command = [str(config.binary), "--socket", str(socket), "--cache", str(config.cache)]
        if config.circuits is not None:
            command += ["--circuits", str(config.circuits)]
        if kind is HostKind.LIGHT:
            return command
        idle_s = 0 if config.warm else config.idle_s
        limits = ["--idle-s", str(idle_s), "--memory-gb", str(config.memory_gb)]
        return [*command, "--prover", *limits]

    def _log(self, kind: HostKind) -> Path:
        return self._config.cache / f"{kind}.log"

    async def _warm(self) -> None:
        """Start the prover; where that fails, the first proof tries again."""
        try:
            await self.host(HostKind.PROVER)
        except HostError as error:
            log.warning(
                "host.start_failed", kind=HostKind.PROVER, code=error.code, error=str(error)
            )


async def _await_start(process: Process) -> BufferedByteReceiveStream:
    """Until the host says that it listens. What it prints after that."""
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
    return reader


async def _keep(output: BufferedByteReceiveStream, path: Path) -> None:
    """Into the log: gnark prints for every proof, and a pipe that nobody reads would stop it."""
    with suppress(anyio.ClosedResourceError, anyio.BrokenResourceError):
        async for chunk in output:
            _append(path, chunk)


def _append(path: Path, chunk: bytes) -> None:
    try:
        with path.open("ab") as stream:
            stream.write(chunk)
    except OSError as error:  # the proof is worth more than what is printed about it
        log.warning("host.output_lost", path=str(path), reason=str(error))


def _says_started(line: bytes) -> bool:
    try:
        event = parse_json(line)
    except JsonInvalid:
        return False
    return isinstance(event, dict) and event.get("event") == "host.started"


async def _end(process: Process) -> None:
    """Close its input, wait a little, kill."""
    with anyio.CancelScope(shield=True):
        if process.stdin is not None:
            await process.stdin.aclose()
        await end_process(process, grace_s=_END_S)
