"""Bincode (1.x defaults: little-endian, fixed width) of what is exchanged with SP1's provers.

Formats: SP1 6's `ProofFromNetwork` {proof, public_values, sp1_version}, `SP1Stdin`, and a program as a byte slice.
"""

from dataclasses import dataclass

from zk_operator.domain.failures import ProofMalformed
from zk_operator.ports.prover import Groth16Proof

GROTH16_TAG = 3
V6_INPUTS = 5
MAX_TEXT = 4_096
MAX_PUBLIC_VALUES = 1 << 20
_NO_TEE_PROOF = b"\x00"


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkProof:
    """A downloaded proof, as it is written; `claimed_inputs` are the prover's own words for the public inputs."""

    claimed_inputs: tuple[int, ...]
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
    return len(elf).to_bytes(8, "little") + elf


def single_buffer(stdin: bytes) -> bytes:
    """The one buffer of an SP1Stdin that has one; ValueError otherwise."""
    reader = _Reader(stdin)
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
    reader = _Reader(raw)
    tag = reader.integer(4)
    if tag != GROTH16_TAG:
        raise ProofMalformed("the proof is of another kind than Groth16", tag=tag)
    claimed = tuple(_decimal(reader.text()) for _ in range(inputs))
    encoded, _raw_proof = _hex(reader.text()), _hex(reader.text())
    proof = NetworkProof(
        claimed_inputs=claimed,
        encoded_proof=encoded,
        vk_sha256=reader.take(32),
        public_values=reader.blob(MAX_PUBLIC_VALUES),
        sp1_version=reader.text(),
    )
    if reader.rest() not in (b"", _NO_TEE_PROOF):
        raise ProofMalformed("the proof has trailing bytes", size=len(raw))
    _require_agreement(proof)
    return proof


def _require_agreement(proof: NetworkProof) -> None:
    """What stands twice must be the same: exit code, root and nonce head a circuit 6 proof."""
    head = len(proof.encoded_proof) - 256
    if head != 32 * (len(proof.claimed_inputs) - 2):
        raise ProofMalformed("the encoded proof has a wrong length", size=len(proof.encoded_proof))
    words = [int.from_bytes(proof.encoded_proof[at : at + 32], "big") for at in range(0, head, 32)]
    if tuple(words) != proof.claimed_inputs[2:]:
        raise ProofMalformed("the proof contradicts itself")


def _decimal(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 78:
        raise ProofMalformed("a public input is no decimal number")
    return int(text)


def _hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise ProofMalformed("the proof is no hex") from error


class _Reader:
    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._at = 0

    def take(self, size: int) -> bytes:
        end = self._at + size
        if end > len(self._raw):
            raise ProofMalformed("the data ends too early", size=len(self._raw), needed=end)
        piece = self._raw[self._at : end]
        self._at = end
        return piece

    def integer(self, size: int) -> int:
        return int.from_bytes(self.take(size), "little")

    def blob(self, limit: int) -> bytes:
        size = self.integer(8)
        if size > limit:
            raise ProofMalformed("a part of the proof is too long", size=size)
        return self.take(size)

    def text(self) -> str:
        try:
            return self.blob(MAX_TEXT).decode()
        except UnicodeDecodeError as error:
            raise ProofMalformed("a text of the proof is not UTF-8") from error

    def rest(self) -> bytes:
        return self._raw[self._at :]
