"""The Groth16 and Plonk proofs inside SP1's containers (bincode of `Groth16Bn254Proof`, `PlonkBn254Proof`).

Format: decimal public inputs (two in circuit 5, five from circuit 6 on; no count before them), `encoded_proof` and
`raw_proof` as hex, the sha256 of the verifying key. Only what the SDK writes decodes, so that encoding gives it back.
"""

from dataclasses import dataclass

from zk_operator.adapters.sp1.reader import BincodeReader, sized
from zk_operator.domain.failures import ProofMalformed

MAX_DIGITS = 78  # of a 256-bit number
INPUT_COUNTS = (2, 5)
WORD = 32
PLAIN_BYTES = {"groth16": 256, "plonk": 864}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bn254Body:
    """A wrapped proof, as it is written; `inputs` are the prover's own words for the public inputs."""

    inputs: tuple[int, ...]
    encoded_proof: bytes
    raw_proof: bytes  # gnark's own encoding, with commitments
    vk_sha256: bytes

    def encode(self) -> bytes:
        """The inverse of `read_bn254`."""
        texts = [str(value) for value in self.inputs]
        texts += [self.encoded_proof.hex(), self.raw_proof.hex()]
        return b"".join(sized(text.encode()) for text in texts) + self.vk_sha256


def read_bn254(reader: BincodeReader, kind: str) -> Bn254Body:
    """`kind`: "groth16" or "plonk". Errors: ProofMalformed, also where the proof contradicts itself."""
    inputs: list[int] = []
    text = reader.text()
    while _is_decimal(text) and len(inputs) < max(INPUT_COUNTS):
        inputs.append(int(text))
        text = reader.text()
    if len(inputs) not in INPUT_COUNTS:
        raise ProofMalformed("not two or five public inputs", found=len(inputs))
    body = Bn254Body(
        inputs=tuple(inputs),
        encoded_proof=_hex(text),
        raw_proof=_hex(reader.text()),
        vk_sha256=reader.take(WORD),
    )
    _require_agreement(body, kind)
    return body


def _require_agreement(body: Bn254Body, kind: str) -> None:
    """What stands twice must be the same: exit code, root and nonce head a proof of circuit 6."""
    head = WORD * (len(body.inputs) - 2)
    if len(body.encoded_proof) != head + PLAIN_BYTES[kind]:
        raise ProofMalformed("the encoded proof has a wrong length", size=len(body.encoded_proof))
    words = [body.encoded_proof[at : at + WORD] for at in range(0, head, WORD)]
    if tuple(int.from_bytes(word) for word in words) != body.inputs[2:]:
        raise ProofMalformed("the proof contradicts itself")


def _is_decimal(text: str) -> bool:
    """Whether it is a number as the SDK writes it: no sign, no leading zero."""
    plain = text.isascii() and text.isdecimal() and 0 < len(text) <= MAX_DIGITS
    return plain and (text == "0" or text[0] != "0")


def _hex(text: str) -> bytes:
    """Lower-case hex; nothing else would be encoded to the same bytes again."""
    try:
        raw = bytes.fromhex(text)
    except ValueError as error:
        raise ProofMalformed("the proof is no hex") from error
    if raw.hex() != text:
        raise ProofMalformed("the proof is no lower-case hex")
    return raw
