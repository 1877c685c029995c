"""The folder of SP1's circuit files, as far as the demo needs it: which key is in it."""

from pathlib import Path

from zk_devnet.cli.demo_run.errors import CircuitFilesMissing
from zk_devnet.cli.devnet_files import OwnProving
from zk_operator.domain.circuit import CIRCUITS

VERSION = CIRCUITS["v6.1.0"].sp1_version  # SP1's name of the folder in the folder
KEY = "groth16_vk.bin"


def own_proving(host: Path, circuits: Path) -> OwnProving:
    """Proving with these files. Errors: CircuitFilesMissing."""
    path = circuits / VERSION / KEY
    try:
        vk = path.read_bytes()
    except OSError as error:
        raise CircuitFilesMissing(
            "SP1's Groth16 circuit files are not in this folder",
            path=str(path),
            reason=error.strerror,
        ) from error
    return OwnProving(binary=host, circuits=circuits, vk=vk)
