"""The files that an operator's configuration names, for the devnet's program and circuit."""

from dataclasses import dataclass
from pathlib import Path

from zk_devnet.groth16_dev.encoding import gnark_vk_bytes
from zk_devnet.groth16_dev.trapdoor import dev_verifying_key
from zk_operator.program import batch_program


@dataclass(frozen=True, slots=True, kw_only=True)
class ProverFiles:
    """Where they are: `program_elf`, `program_vk_file` and `circuit_vk_file` of the prover settings."""

    program_elf: Path
    program_vk: Path
    circuit_vk: Path


def write_prover_files(folder: Path) -> ProverFiles:
    """Write the shipped program, its key and the devnet's `groth16_vk.bin` into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    files = ProverFiles(
        program_elf=folder / "batch-program.elf",
        program_vk=folder / "batch-program.vk",
        circuit_vk=folder / "groth16_vk.bin",
    )
    files.program_elf.write_bytes(batch_program().elf)
    files.program_vk.write_bytes(batch_program().vk)
    files.circuit_vk.write_bytes(gnark_vk_bytes(dev_verifying_key()))
    return files
