"""What is in the kit: the server, the verifier, the program, the inputs and what has to come of them."""

import json
import tarfile
from dataclasses import dataclass
from pathlib import Path

import zstandard

SERVER = "bin/sp1-gpu-server"


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """A batch of so many orders: bincode of its SP1Stdin, and what the program has to commit to."""

    orders: int
    stdin: bytes
    public_values: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """A kit's parts. `driver`: the oldest that the server runs with; `vkey`: bytes32; `circuit`: SP1's circuit version."""

    folder: Path
    archive: Path
    verifier: Path
    program: Path
    vkey: bytes
    circuit: str
    driver: int
    inputs: dict[int, Input]

    def input(self, orders: int) -> Input:
        """The batch of this size."""
        return self.inputs[orders]

    def unpack_server(self, folder: Path) -> Path:
        """The server's binary, with its libraries beside it."""
        with (
            self.archive.open("rb") as packed,
            zstandard.ZstdDecompressor().stream_reader(packed) as plain,
            tarfile.open(fileobj=plain, mode="r|") as tar,
        ):
            tar.extractall(folder, filter="data")
        (binary,) = folder.glob(f"*/{SERVER}")
        return binary

    def place_verifier(self, folder: Path) -> Path:
        """The verifier where it can be run: copying a kit may lose who may run what."""
        path = folder / self.verifier.name
        path.write_bytes(self.verifier.read_bytes())
        path.chmod(0o700)
        return path


def read_kit(folder: Path) -> Kit:
    """By its kit.json, as `operator/prover/gpu/kit.py` writes it."""
    facts = json.loads((folder / "kit.json").read_text())
    inputs = [
        Input(
            orders=each["orders"],
            stdin=(folder / each["stdin"]).read_bytes(),
            public_values=bytes.fromhex(each["public_values"]),
        )
        for each in facts["inputs"]
    ]
    return Kit(
        folder=folder,
        archive=folder / facts["server"],
        verifier=folder / facts["verifier"],
        program=folder / facts["program"],
        vkey=bytes.fromhex(facts["vkey"]),
        circuit=facts["circuit"],
        driver=facts["driver"],
        inputs={each.orders: each for each in inputs},
    )
