"""The real thing, where the prover host is present: SP1's executor for programs, and SP1's prover and verifier.

The host's protocol (docs/reference/prover-host.md) is spoken here by a codec of the devnet's own, synchronously:
callers are worker threads.
"""

import json
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import structlog
from anyio.streams.text import TextReceiveStream

from zk_devnet.prover_network.errors import ExecutionFailed, HostFailed, ProgramUnknown
from zk_devnet.prover_network.program import ExecutionResult, ProgramKey, batch_key
from zk_devnet.prover_network.states import FailureCause
from zk_operator.program import batch_program

log = structlog.get_logger(__name__)

_CYCLE_LIMIT = 10_000_000_000
_ANSWER_S = 120.0
_PROOF_S = 7_200.0
_START_S = 900.0
_END_S = 5.0
_REFUSED_PROGRAM = frozenset({"program", "malformed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class HostAnswer:
    """What the host answered."""

    fields: Mapping[str, Any]
    parts: Sequence[bytes]


class HostRefusal(Exception):
    """The host's own error; every caller turns it into one of the server's."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


class HostLink:
    """Asks a host that listens at a socket."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def ask(
        self, op: object, parts: Sequence[bytes] = (), *, timeout_s: float = _ANSWER_S
    ) -> HostAnswer:
        """One request. Raises HostRefusal, HostFailed."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as stream:
                stream.settimeout(timeout_s)
                stream.connect(str(self._path))
                stream.sendall(_framed(op, parts))
                message = _received(stream, int.from_bytes(_received(stream, 4), "little"))
        except OSError as error:
            raise HostFailed(reason=str(error) or type(error).__name__) from error
        return _answer(message)


class HostProgram:
    """A ProgramExecutor on SP1's own executor; runs any ELF that SP1 runs."""

    def __init__(self, link: HostLink) -> None:
        self._link = link

    def key(self, elf: bytes) -> ProgramKey:
        """The program's key, by SP1's setup; the shipped program's is known. Raises ProgramUnknown, HostFailed."""
        if elf == batch_program().elf:
            return batch_key()
        try:
            answer = self._link.ask("setup", [elf])
        except HostRefusal as refusal:
            raise ProgramUnknown(refusal.message) from refusal
        return ProgramKey.from_bytes32(bytes.fromhex(answer.fields["vkey"][2:]))

    def execute(self, elf: bytes, stdin: bytes) -> ExecutionResult:
        """Cycles and gas are SP1's. Raises ExecutionFailed, ProgramUnknown, HostFailed."""
        try:
            answer = self._link.ask({"execute": {"cycle_limit": _CYCLE_LIMIT}}, [elf, stdin])
        except HostRefusal as refusal:
            raise _failed_execution(refusal) from refusal
        exit_code = int(answer.fields["exit_code"])
        if exit_code != 0:
            raise ExecutionFailed(
                FailureCause.HALT_WITH_NON_ZERO_EXIT_CODE, f"exit code {exit_code}"
            )
        return ExecutionResult(
            public_values=answer.parts[0],
            exit_code=exit_code,
            cycles=int(answer.fields["cycles"]),
            gas=int(answer.fields["gas"]),
        )


class CompressedProofs:
    """Makes a real compressed proof of every execution, and has SP1's verifier check it."""

    def __init__(self, link: HostLink, *, folder: Path | None) -> None:
        """`folder`: where proofs are kept, if anywhere."""
        self._link = link
        self._folder = folder

    def attest(self, elf: bytes, stdin: bytes, public_values: bytes) -> None:
        """Minutes of work and 15 GB. Raises HostFailed unless the proof verifies and commits these public values."""
        started = time.monotonic()
        try:
            made = self._link.ask(
                {"prove": {"mode": "compressed"}}, [elf, stdin], timeout_s=_PROOF_S
            )
            proof, vk, _ = made.parts
            verdict = self._link.ask("verify", [proof, vk])
        except HostRefusal as refusal:
            raise HostFailed(reason=refusal.message) from refusal
        if verdict.fields["valid"] is not True or verdict.parts[0] != public_values:
            raise HostFailed(reason=str(verdict.fields.get("reason") or "other public values"))
        if self._folder is not None:
            _keep(self._folder, proof, vk)
        log.info(
            "compressed_proof.verified",
            duration_s=round(time.monotonic() - started, 1),
            proving_s=made.fields["seconds"],
            verifying_s=verdict.fields["seconds"],
            size_bytes=len(proof),
            memory_peak_bytes=made.fields["memory_peak"],
            vkey=made.fields["vkey"],
        )


@asynccontextmanager
async def running_host(binary: Path, *, prover: bool = False) -> AsyncIterator[HostLink]:
    """A host as a child process, which ends with the block. Raises HostFailed."""
    with tempfile.TemporaryDirectory(prefix="zko-dev-host-") as folder:
        path = Path(folder) / "host.sock"
        command = [str(binary), "--socket", str(path), "--cache", folder]
        started_at = anyio.current_time()
        try:
            # What a program prints comes out there: a pipe that nobody reads would stop the host.
            process = await anyio.open_process(
                [*command, *(["--prover"] if prover else [])], stderr=None
            )
        except OSError as error:
            raise HostFailed(reason=str(error)) from error
        try:
            await _await_start(process)
            duration_s = round(anyio.current_time() - started_at, 1)
            log.info("host.started", prover=prover, duration_s=duration_s)
            yield HostLink(path)
        finally:
            with anyio.CancelScope(shield=True):
                await _end(process)


async def _await_start(process: anyio.abc.Process) -> None:
    if process.stdout is None:
        raise HostFailed(reason="no standard output")
    with anyio.move_on_after(_START_S):
        async for text in TextReceiveStream(process.stdout):
            if "host.started" in text:
                return
    raise HostFailed(reason="it ended, or took too long, before it listened")


async def _end(process: anyio.abc.Process) -> None:
    if process.stdin is not None:
        await process.stdin.aclose()
    with anyio.move_on_after(_END_S):
        await process.wait()
    if process.returncode is None:
        process.kill()
    await process.aclose()


def _framed(op: object, parts: Sequence[bytes]) -> bytes:
    header = json.dumps({"id": 1, "op": op, "parts": [len(part) for part in parts]}).encode()
    body = len(header).to_bytes(4, "little") + header + b"".join(parts)
    return len(body).to_bytes(4, "little") + body


def _received(stream: socket.socket, size: int) -> bytes:
    received = bytearray()
    while len(received) < size:
        chunk = stream.recv(min(size - len(received), 1 << 20))
        if not chunk:
            raise ConnectionResetError("the host closed the connection")
        received += chunk
    return bytes(received)


def _answer(message: bytes) -> HostAnswer:
    end = 4 + int.from_bytes(message[:4], "little")
    header = json.loads(message[4:end])
    if "error" in header:
        raise HostRefusal(header["error"]["code"], header["error"]["message"])
    parts, start = [], end
    for size in header["parts"]:
        parts.append(message[start : start + size])
        start += size
    return HostAnswer(fields=header["answer"], parts=parts)


def _failed_execution(refusal: HostRefusal) -> ExecutionFailed | ProgramUnknown | HostFailed:
    if refusal.kind in _REFUSED_PROGRAM:
        return ProgramUnknown(refusal.message)
    if refusal.kind != "execution":
        return HostFailed(reason=refusal.message)
    cause = FailureCause.HALT_WITH_NON_ZERO_EXIT_CODE
    if "cycle limit" in refusal.message.lower():
        cause = FailureCause.EXCEEDED_CYCLE_LIMIT
    return ExecutionFailed(cause, refusal.message)


def _keep(folder: Path, proof: bytes, vk: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    number = sum(1 for _ in folder.glob("*.proof.bin")) + 1
    (folder / f"{number:03}.proof.bin").write_bytes(proof)
    (folder / f"{number:03}.vk.bin").write_bytes(vk)
