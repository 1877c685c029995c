"""SP1's Groth16 circuit files, as a server of ours would look for them.

Source: crate sp1-prover 6.10.0, build.rs (`groth16_circuit_artifacts_dir`, `circuit_artifacts_installed`). Where they are
missing it would load 6.2 GB in the middle of a proof.
"""

import os
from pathlib import Path

from zk_operator.adapters.sp1.errors import GpuCircuitsMissing

VARIABLE = "SP1_GROTH16_CIRCUIT_PATH"
_CIRCUIT = "v6.1.0"
_COMPLETE = ".complete"


def require_circuits(configured: Path | None) -> None:
    """GpuCircuitsMissing unless the files are all there, by the mark that their set-up leaves."""
    folder = (configured or _usual_folder()) / _CIRCUIT
    try:
        is_there = (folder / _COMPLETE).is_file()
    except OSError as error:  # a home that a service may not look into, for instance
        raise GpuCircuitsMissing(folder=str(folder), reason=error.strerror) from error
    if not is_there:
        raise GpuCircuitsMissing(folder=str(folder))


def _usual_folder() -> Path:
    named = os.environ.get(VARIABLE)
    return Path(named) if named else Path.home() / ".sp1" / "circuits" / "groth16"
