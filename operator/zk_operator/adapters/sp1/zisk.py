"""ZisK, another zkVM, through its command line as a child process: for trying it beside SP1.

Its programs are built with its own toolchain, and zkVerify has no verifier for its proofs yet: nothing here is a
ProverBackend, and no proof of it is ever submitted. Command lines of cargo-zisk, told apart by what its help lists: with the
group `embedded`, `embedded prove -e ELF -i INPUT -o FILE -y`; before it, `prove -e ELF -i INPUT -o FOLDER -y`. Both have
`verify -p FILE`.
"""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import anyio

from zk_operator.adapters.sp1.errors import ZiskFailed, ZiskMissing

BINARY = "cargo-zisk"
PROOF_NAMES = ("vadcop_final_proof.bin", "proof.bin")
_NEW_PROOF = "proof.bin"
_LAST_WORDS = 500


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
        try:
            with anyio.fail_after(timeout_s):
                ended = await anyio.run_process([str(self.binary), *arguments], check=False)
        except TimeoutError as error:
            raise ZiskFailed("cargo-zisk took too long", timeout_s=timeout_s) from error
        except OSError as error:
            raise ZiskMissing(binary=str(self.binary), reason=str(error)) from error
        if ended.returncode != 0:
            words = ended.stderr.decode(errors="replace").strip()[-_LAST_WORDS:]
            raise ZiskFailed(
                verb=" ".join(_verb(arguments)), exit_code=ended.returncode, stderr=words
            )
        return ended.stdout.decode(errors="replace")


def _verb(arguments: Sequence[str]) -> Sequence[str]:
    """What was asked for, without files."""
    return list(takewhile(lambda each: each.startswith("--") or each[0] != "-", arguments))


def find_zisk(configured: Path | None = None) -> Path:
    """The binary that is configured, else the one on the path. Errors: ZiskMissing."""
    found = configured or shutil.which(BINARY)
    if found is None or not Path(found).is_file():
        raise ZiskMissing(looked_for=str(configured or f"{BINARY} on the path"))
    return Path(found)
