"""The batch program: the configured file compared with the configured vkey, wherever it is read."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from zk_acts.domain.ids import Hash32, hex0x
from zk_operator.program import BatchProgram, batch_program
from zk_operator.settings.errors import ConfigFileMissing, ProgramMismatch
from zk_operator.settings.prover import ProverSettings

# Magic, 64 bits, little-endian, version 1; the machine's number stands after the type.
_ELF = b"\x7fELF\x02\x01\x01"
_MACHINE, _RISC_V = slice(18, 20), b"\xf3\x00"
_ENTRY = slice(24, 32)
_VK_SIZE = 104
_VK_LIMB = (
    4  # the key begins with its program's entry point: three numbers of 16 bits, each in four bytes
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What provers are given. `vk`: bincode of SP1's verifying key; None where it was not configured."""

    elf: bytes
    vk: bytes | None


def load_program(prover: ProverSettings) -> Program:
    """Read the configured program, or the shipped one where no file is configured.

    Errors: ConfigFileMissing; ProgramMismatch unless the files are those of `program_vkey`. A vkey cannot be computed here
    (SP1's setup takes a minute), so the file is recognised by its sha256.
    """
    shipped = batch_program()
    is_shipped = prover.program_vkey == shipped.vkey
    if prover.program_elf is None and not is_shipped:
        raise ProgramMismatch(
            problems=(
                f"prover.program_elf: missing, and {hex0x(prover.program_vkey)} is not the shipped program's vkey",
            )
        )
    elf = shipped.elf if prover.program_elf is None else _read(prover.program_elf, "program_elf")
    vk_file = prover.program_vk_file
    vk = _read(vk_file, "program_vk_file") if vk_file else None
    known = shipped if is_shipped else None
    # The key is compared with the program, so only with one that is right.
    problems = tuple(_elf_problems(elf, prover, known)) or tuple(_vk_problems(vk, elf, known))
    if problems:
        raise ProgramMismatch(problems=problems)
    return Program(elf=elf, vk=vk or (shipped.vk if is_shipped else None))


def _elf_problems(elf: bytes, prover: ProverSettings, known: BatchProgram | None) -> Iterator[str]:
    """`known`: the shipped program, where the vkey is its."""
    found, wanted = Hash32(sha256(elf).digest()), prover.program_sha256
    if not elf.startswith(_ELF) or elf[_MACHINE] != _RISC_V:
        what = f"{len(elf)} bytes that are" if elf else "an empty file is"
        yield f"prover.program_elf: {what} no program for SP1 (a 64-bit RISC-V ELF)"
    elif known is not None and elf != known.elf:
        yield (
            f"prover.program_elf: sha256 {found.hex()}, but prover.program_vkey is the shipped program's, which has "
            f"{sha256(known.elf).hexdigest()}; without this key the shipped one is used"
        )
    elif wanted is None and known is None:
        yield (
            "prover.program_sha256: missing, and prover.program_vkey is not the shipped program's. Compute the vkey "
            f"with `zk-operator prover vkey`; if it is that one, set {hex0x(found)}"
        )
    if wanted not in (None, found):
        yield f"prover.program_sha256: {hex0x(wanted or b'')}, the program has {hex0x(found)}"


def _vk_problems(vk: bytes | None, elf: bytes, known: BatchProgram | None) -> Iterator[str]:
    if vk is None:
        return
    if len(vk) != _VK_SIZE:
        yield f"prover.program_vk_file: {len(vk)} bytes, an SP1 6 key has {_VK_SIZE}"
    elif known is not None and vk != known.vk:
        yield "prover.program_vk_file: not the key of the shipped program, whose vkey is configured"
    elif _entry_of(vk) != int.from_bytes(elf[_ENTRY], "little"):
        yield "prover.program_vk_file: the key of another program than prover.program_elf"


def _entry_of(vk: bytes) -> int:
    limbs = (int.from_bytes(vk[at : at + _VK_LIMB], "little") for at in (0, 4, 8))
    return sum(limb << (16 * place) for place, limb in enumerate(limbs))


def _read(path: Path, key: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigFileMissing(
            problems=(f"prover.{key}: {path}: {error.strerror or error}",)
        ) from error
