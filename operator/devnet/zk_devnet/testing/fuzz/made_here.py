"""Valid inputs that can be made without SP1: proofs under the devnet's key, and files that are only bytes."""

import json
from functools import cache
from pathlib import Path
from typing import cast

import zstandard

from zk_acts.domain.ids import Hash32
from zk_devnet.groth16_dev import prove
from zk_devnet.groth16_dev.key import GNARK_VK_SHA256
from zk_devnet.prover_network.bincode import Groth16Blob

PROGRAM, VALUES = Hash32(b"\x00" + b"\x21" * 31), b"public values"


@cache
def _proof() -> tuple[prove.PublicInputs, prove.DevProof]:
    inputs = prove.public_inputs(program_vkey=PROGRAM, public_values=VALUES, exit_code=0, nonce=7)
    return inputs, prove.prove(inputs, lambda _: 12_345)


def onchain_proof() -> bytes:
    """SP1's on-chain form, of PROGRAM and VALUES."""
    inputs, proof = _proof()
    return prove.onchain_bytes(proof, inputs)


def network_proof() -> bytes:
    """As a prover network serves it."""
    inputs, proof = _proof()
    return Groth16Blob(
        public_inputs=inputs.as_tuple(),
        encoded_proof=prove.encoded_proof(proof, inputs),
        raw_proof=prove.raw_proof(proof),
        vkey_hash=GNARK_VK_SHA256,
        public_values=VALUES,
        sp1_version="v6.1.0",
    ).encode()


def proof_files() -> dict[str, bytes]:
    """One of each form in which a proof file comes."""
    network, onchain = network_proof(), onchain_proof()
    fixture = {"vkey": "0x" + PROGRAM.hex(), "publicValues": VALUES.hex(), "proof": onchain.hex()}
    return {
        "network": network,
        "saved": network + b"\x00",
        "tee": network + b"\x01" + (3).to_bytes(8, "little") + b"tee",
        "onchain": onchain,
        "hex": b"0x" + onchain.hex().encode(),
        "fixture": json.dumps(fixture).encode(),
        "zstd": zstandard.ZstdCompressor().compress(network),
        "v5": b"\x01\x00\x00\x00"
        + bytes(300)
        + (4).to_bytes(8, "little")
        + b"four"
        + b"\x06\x00\x00\x00\x00\x00\x00\x00v5.0.0\x00",
    }


class _MemoryFile:
    """As much of a path as readers of files need."""

    name = "fuzzed"
    parent = Path("folder")

    def __init__(self, content: bytes) -> None:
        self._content = content

    def __str__(self) -> str:
        return self.name

    def read_bytes(self) -> bytes:
        return self._content

    def read_text(self, encoding: str) -> str:
        return self._content.decode(encoding)


def memory_file(content: bytes) -> Path:
    """A file that is nowhere: a million of them are read."""
    return cast("Path", _MemoryFile(content))
