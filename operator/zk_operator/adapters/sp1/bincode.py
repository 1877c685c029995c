"""Bincode (1.x defaults: little-endian, fixed width) of what is exchanged with SP1's provers.

Formats: SP1 6's `ProofFromNetwork` {proof, public_values, sp1_version}, `SP1Stdin`, and a program as a byte slice.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from zk_operator.adapters.sp1.bn254_container import Bn254Body
from zk_operator.adapters.sp1.reader import BincodeReader, sized
from zk_operator.adapters.sp1.saved_proof import Mode, decode_saved_proof
from zk_operator.domain.failures import ProofMalformed
from zk_operator.ports.prover import Groth16Proof

V6_INPUTS = 5
GROTH16_TAG = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkProof:
    """A downloaded proof, as it is written. What the prover claims of its public inputs is left out: they are computed."""

    encoded_proof: bytes
    vk_sha256: bytes
    public_values: bytes
    sp1_version: str

    def to_port(self) -> Groth16Proof:
        """In on-chain form: selector, then the encoded proof."""
        return Groth16Proof(
            onchain=self.vk_sha256[:4] + self.encoded_proof,
            public_values=self.public_values,
            sp1_version=self.sp1_version,
        )


def encode_program(elf: bytes) -> bytes:
    """Bincode of a program's ELF."""
    return sized(elf)


def encode_stdin(buffers: Sequence[bytes]) -> bytes:
    """Bincode of an SP1Stdin with these buffers, unread, and without proofs."""
    content = len(buffers).to_bytes(8, "little") + b"".join(map(sized, buffers))
    return content + bytes(16)


def single_buffer(stdin: bytes) -> bytes:
    """The one buffer of an SP1Stdin that has one; ValueError otherwise."""
    reader = BincodeReader(stdin)
    try:
        if reader.integer(8) != 1:
            raise ValueError("an input of one buffer is expected")
        return reader.take(reader.integer(8))
    except ProofMalformed as error:
        raise ValueError("not an SP1Stdin") from error


def decode_network_proof(raw: bytes, *, inputs: int = V6_INPUTS) -> NetworkProof:
    """Strict: nothing but a Groth16 proof, with nothing behind it (a saved file's absent TEE proof excepted).

    `inputs`: 5 for circuit 6, 2 for circuit 5. Errors: ProofMalformed.
    """
    if int.from_bytes(raw[:4], "little") != GROTH16_TAG:
        raise ProofMalformed("the proof is of another kind than Groth16", tag=raw[:4].hex())
    saved = decode_saved_proof(raw)
    body = saved.body
    if saved.mode is not Mode.GROTH16 or not isinstance(body, Bn254Body) or saved.tee_proof:
        raise ProofMalformed("the proof has trailing bytes", size=len(raw))
    if len(body.inputs) != inputs:
        raise ProofMalformed("the proof is of another circuit", inputs=len(body.inputs))
    return NetworkProof(
        encoded_proof=body.encoded_proof,
        vk_sha256=body.vk_sha256,
        public_values=saved.public_values,
        sp1_version=saved.sp1_version,
    )
