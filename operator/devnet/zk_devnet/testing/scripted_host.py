"""The prover host without SP1: a process that speaks its protocol, and does what files in a folder tell it.

Run as a program (`host_binary` writes one). The messages are put together by hand, so that a mistake in the adapter's
codec shows. Nothing but the standard library is imported: a test starts many of them.
"""

import contextlib
import json
import os
import select
import socketserver
import sys
import threading
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VKEY = "0x00" + "21" * 31
_POLL_S = 0.005
_GIB = 1 << 30
_TEMPORARY_FAILURE = 75
Prove = Callable[[bytes, bytes], bytes]  # of an ELF and an input, the proof


@dataclass(frozen=True, slots=True)
class HostScript:
    """The folder. Each property is a file there; a test writes them while the host runs."""

    folder: Path

    def answer(self, proof: bytes) -> None:
        """Let every proof asked for end with this one."""
        draft = self.folder / "draft"
        draft.write_bytes(proof)
        draft.rename(self.folder / "proof")

    def refuse(self, code: str, message: str = "as the script says") -> None:
        """Let every proof asked for fail."""
        draft = self.folder / "draft"
        draft.write_text(json.dumps({"code": code, "message": message}))
        draft.rename(self.folder / "error")

    def crash(self) -> None:
        """Let the prover end where it stands, without an answer."""
        (self.folder / "crash").touch()

    def limit_memory(self, available: int) -> None:
        """What the machine has left, in bytes; a prover that needs more does not start."""
        (self.folder / "memory").write_text(str(available))

    def without_groth16(self, lacks: str) -> None:
        """As a host that was built without what Groth16 needs."""
        (self.folder / "lacks").write_text(lacks)

    def delay_start(self, seconds: float) -> None:
        """How long a prover takes before it listens."""
        (self.folder / "delay").write_text(str(seconds))

    def chatter(self, size: int) -> None:
        """Print so much on standard output before every proof."""
        (self.folder / "chatter").write_text(str(size))

    @property
    def memory(self) -> int:
        """Bytes available."""
        return int(self._text("memory") or 64 * _GIB)

    @property
    def delay_s(self) -> float:
        """Seconds before a prover listens."""
        return float(self._text("delay") or 0)

    @property
    def lacks(self) -> str | None:
        """What Groth16 lacks."""
        return self._text("lacks")

    @property
    def log(self) -> Sequence[str]:
        """What the hosts did: `light start`, `prover start`, `prover prove`, and the like."""
        return (self._text("log") or "").splitlines()

    def note(self, line: str) -> None:
        """Add to the log."""
        with (self.folder / "log").open("a") as stream:
            stream.write(line + "\n")

    def _text(self, name: str) -> str | None:
        try:
            return (self.folder / name).read_text()
        except FileNotFoundError:
            return None


def host_binary(folder: Path, program: Path | None = None) -> tuple[Path, HostScript]:
    """An executable that stands for zk-operator-prover, and its script. `program`: another one that uses `main`."""
    script = folder / "script"
    script.mkdir(parents=True)
    binary = folder / "zk-operator-prover"
    command = f'exec {sys.executable} -P {program or Path(__file__)} --script {script} "$@"'
    binary.write_text(f"#!/bin/sh\n{command}\n")
    binary.chmod(0o755)
    return binary, HostScript(script)


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def __init__(self, arguments: Namespace, prove: Prove | None) -> None:
        self.kind = "prover" if arguments.prover else "light"
        self.script = HostScript(arguments.script)
        self.given = prove
        self.proving_since: float | None = None
        super().__init__(str(arguments.socket), _Handler)


class _Handler(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        size = int.from_bytes(self.rfile.read(4), "little")
        message = self.rfile.read(size)
        end = 4 + int.from_bytes(message[:4], "little")
        header = json.loads(message[4:end])
        name = header["op"] if isinstance(header["op"], str) else next(iter(header["op"]))
        self.server.script.note(f"{self.server.kind} {name}")
        parts, start = [], end
        for length in header["parts"]:
            parts.append(message[start : start + length])
            start += length
        fields, answers = getattr(self, f"_{name}")(parts)
        with contextlib.suppress(BrokenPipeError):
            self.wfile.write(_message(fields, answers))

    def _version(self, _parts: Sequence[bytes]) -> tuple[dict[str, Any], Sequence[bytes]]:
        facts = {"protocol": 1, "host": "0", "sdk": "6.10.0", "circuit": "v6.1.0"}
        lacks = self.server.script.lacks
        capable = {"mode": self.server.kind, "groth16": lacks is None, "lacks": lacks}
        return {"answer": {**facts, **capable}}, ()

    def _resources(self, _parts: Sequence[bytes]) -> tuple[dict[str, Any], Sequence[bytes]]:
        free = self.server.script.memory
        memory = {"memory_total": free, "memory_available": free}
        return {"answer": {"cores": 2, **memory, "memory_used": 1, "memory_peak": 1}}, ()

    def _progress(self, _parts: Sequence[bytes]) -> tuple[dict[str, Any], Sequence[bytes]]:
        since = self.server.proving_since
        jobs = [{"connection": 2, "job": 1, "stage": "waiting", "seconds": 0.0}]
        if since is not None:
            seconds = time.monotonic() - since
            jobs.append({"connection": 1, "job": 1, "stage": "proving", "seconds": seconds})
        return {"answer": {"jobs": jobs}}, ()

    def _prove(self, parts: Sequence[bytes]) -> tuple[dict[str, Any], Sequence[bytes]]:
        self.server.proving_since = time.monotonic()
        elf, stdin = parts
        folder = self.server.script.folder
        _print(folder / "chatter")
        proof = self.server.given(elf, stdin) if self.server.given else self._scripted(folder)
        self.server.proving_since = None
        if isinstance(proof, dict):
            return {"error": proof}, ()
        fields = {"mode": "groth16", "vkey": VKEY, "seconds": 1, "memory_peak": 1}
        return {"answer": {**fields, "verify_seconds": 0}}, (proof, b"vk", b"values")

    def _scripted(self, folder: Path) -> bytes | dict[str, str]:
        """What the folder says, as soon as it says something. Where nobody waits any more, the host ends."""
        while True:
            if (folder / "crash").exists():
                (folder / "crash").unlink()
                os._exit(1)
            if (folder / "error").exists():
                refusal: dict[str, str] = json.loads((folder / "error").read_text())
                return refusal
            if (folder / "proof").exists():
                return (folder / "proof").read_bytes()
            if select.select([self.connection], [], [], _POLL_S)[0]:
                os._exit(0)


def _print(chatter: Path) -> None:
    if chatter.exists():
        sys.stdout.write("x" * int(chatter.read_text()) + "\n")
        sys.stdout.flush()


def _message(fields: dict[str, Any], parts: Sequence[bytes]) -> bytes:
    header = {"id": 1, "parts": [len(part) for part in parts], **fields}
    text = json.dumps(header).encode()
    body = len(text).to_bytes(4, "little") + text + b"".join(parts)
    return len(body).to_bytes(4, "little") + body


def _arguments() -> Namespace:
    parser = ArgumentParser()
    for name in ("--script", "--socket", "--cache", "--circuits"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--prover", action="store_true")
    parser.add_argument("--idle-s", type=int, default=0)
    parser.add_argument("--memory-gb", type=int, default=16)
    return parser.parse_args()


def main(prove: Prove | None = None) -> int:
    """Serve until standard input ends. `prove`: makes the proofs in place of the script."""
    arguments = _arguments()
    script = HostScript(arguments.script)
    kind = "prover" if arguments.prover else "light"
    if arguments.prover and script.memory < arguments.memory_gb * _GIB:
        script.note("prover refused")
        return _TEMPORARY_FAILURE
    if arguments.prover:
        select.select([sys.stdin], [], [], script.delay_s)
    arguments.socket.unlink(missing_ok=True)
    with _Server(arguments, prove) as server:
        script.note(f"{kind} start idle_s={arguments.idle_s} circuits={arguments.circuits}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(json.dumps({"event": "host.started"}), flush=True)  # noqa: T201 - the host's protocol
        sys.stdin.buffer.read()
        script.note(f"{kind} end")
    return 0


if __name__ == "__main__":
    sys.exit(main())
