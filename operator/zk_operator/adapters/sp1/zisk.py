"""ZisK, another zkVM, through its command line as a child process: for trying it beside SP1.

Its programs are built with its own toolchain, and zkVerify has no verifier for its proofs yet: nothing here is a
ProverBackend, and no proof of it is ever submitted. Command lines of cargo-zisk, told apart by what its help lists: with the
group `embedded`, `embedded prove -e ELF -i INPUT -o FILE -y`; before it, `prove -e ELF -i INPUT -o FOLDER -y`. Both have
`verify -p FILE`.
"""

import os
import shutil
import signal
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from subprocess import DEVNULL
from typing import BinaryIO

import anyio

from zk_operator.adapters.sp1.child import end_process
from zk_operator.adapters.sp1.errors import ZiskFailed, ZiskMissing

BINARY = "cargo-zisk"
PROOF_NAMES = ("vadcop_final_proof.bin", "proof.bin")
_NEW_PROOF = "proof.bin"
_LAST_WORDS, _MOST_OUTPUT = 500, 1 << 16
_KILLED_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Zisk:
    """An installed cargo-zisk."""

    binary: Path
    timeout_s: float = 7_200.0

    async def version(self) -> str:
        """As it names itself. Errors: ZiskFailed."""
        return (await self._run(["--version"], timeout_s=30.0)).strip()

    async def prove(self, elf: Path, program_input: Path) -> bytes:
        """A STARK proof of the program's run, which ZisK has verified itself. Errors: ZiskMissing, ZiskFailed."""
        is_new = "embedded" in (await self._run(["--help"], timeout_s=30.0)).split()
        with tempfile.TemporaryDirectory(prefix="zko-zisk-") as folder:
            verb = ["embedded", "prove"] if is_new else ["prove"]
            target = str(Path(folder) / _NEW_PROOF) if is_new else folder
            files = ["-e", str(elf), "-i", str(program_input), "-o", target]
            await self._run([*verb, *files, "-y"], timeout_s=self.timeout_s)
            made = [Path(folder) / name for name in PROOF_NAMES]
            found = next((path for path in made if path.is_file()), None)
            if found is None:
                raise ZiskFailed("cargo-zisk left no proof", looked_for=PROOF_NAMES)
            return found.read_bytes()

    async def verify(self, proof: Path) -> bool:
        """Whether ZisK's own verifier accepts a proof."""
        try:
            await self._run(["verify", "-p", str(proof)], timeout_s=600.0)
        except ZiskFailed as error:
            if error.context.get("exit_code"):
                return False
            raise
        return True

    async def _run(self, arguments: Sequence[str], *, timeout_s: float) -> str:
        # Into files: what it prints has no bound, and what it starts may keep a pipe open.
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
            try:
                process = await anyio.open_process(
                    [str(self.binary), *arguments],
                    stdin=DEVNULL,
                    stdout=output,
                    stderr=errors,
                    start_new_session=True,
                )
            except OSError as error:
                raise ZiskMissing(binary=str(self.binary), reason=str(error)) from error
            try:
                with anyio.fail_after(timeout_s):
                    exit_code = await process.wait()
            except TimeoutError as error:
                raise ZiskFailed("cargo-zisk took too long", timeout_s=timeout_s) from error
            finally:
                if process.returncode is None:  # with the provers that it has started
                    with suppress(ProcessLookupError):
                        os.killpg(process.pid, signal.SIGKILL)
                await end_process(process, grace_s=_KILLED_S)
            if exit_code != 0:
                raise ZiskFailed(
                    verb=" ".join(_verb(arguments)), exit_code=exit_code, stderr=_tail(errors)
                )
            return _tail(output, _MOST_OUTPUT)


def _tail(stream: BinaryIO, size: int = _LAST_WORDS) -> str:
    """The last bytes of a file as text."""
    stream.seek(max(stream.seek(0, os.SEEK_END) - size, 0))
    return stream.read().decode(errors="replace").strip()


def _verb(arguments: Sequence[str]) -> Sequence[str]:
    """What was asked for, without files."""
    return list(takewhile(lambda each: each.startswith("--") or each[0] != "-", arguments))


def find_zisk(configured: Path | None = None) -> Path:
    """The binary that is configured, else the one on the path. Errors: ZiskMissing."""
    found = configured or shutil.which(BINARY)
    if found is None or not Path(found).is_file():
        raise ZiskMissing(looked_for=str(configured or f"{BINARY} on the path"))
    return Path(found)
