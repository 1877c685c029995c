"""The batch program as it is shipped: the ELF for SP1's zkVM, its verifying key, and what they were built with.

`operator/prover/program/build.sh` writes the ELF, `operator/prover/program/key.py` the rest; `make prover-check`
compares both with a fresh build.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchProgram:
    """`vk`: bincode of SP1's verifying key, 104 bytes. `vkey`: its hash as contracts write it (bytes32)."""

    elf: bytes
    vk: bytes
    vkey: bytes


@cache
def batch_program() -> BatchProgram:
    """The shipped program, read once."""
    folder = files(__name__)
    facts = json.loads((folder / "batch.json").read_text())
    return BatchProgram(
        elf=(folder / "batch.elf").read_bytes(),
        vk=bytes.fromhex(facts["vk"]),
        vkey=bytes.fromhex(facts["vkey"].removeprefix("0x")),
    )
