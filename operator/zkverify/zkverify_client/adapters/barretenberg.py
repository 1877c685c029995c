"""UltraPlonk as Barretenberg writes it: its verification key and its proofs, for zkVerify's pallet.

Source: Barretenberg 0.47's key (big-endian: circuit type, size, public inputs, then commitments by their names), and the 51
words that the pallet takes of it, as in repository zkVerify/zkverifyjs, src/proofTypes/ultraplonk/formatter.
"""

import base64
import binascii

from zkverify_client.domain.proof_errors import ProofFormatError

_WORD = 32
_ULTRA = 2  # the circuit's type
COMMITMENTS = (
    *("ID_1", "ID_2", "ID_3", "ID_4", "Q_1", "Q_2", "Q_3", "Q_4"),
    *("Q_ARITHMETIC", "Q_AUX", "Q_C", "Q_ELLIPTIC", "Q_M", "Q_SORT"),
    *("SIGMA_1", "SIGMA_2", "SIGMA_3", "SIGMA_4"),
    *("TABLE_1", "TABLE_2", "TABLE_3", "TABLE_4", "TABLE_TYPE"),
)


def from_base64(text: str) -> bytes:
    """ProofFormatError for what is none."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ProofFormatError("neither hex that begins with 0x nor base64") from error


def ultraplonk_key(raw: bytes) -> tuple[bytes, int]:
    """The pallet's 1,632 bytes of a key, and how many public inputs it is for. ProofFormatError for anything else."""
    reader = _Reader(raw)
    kind, size, inputs, count = (reader.uint(4) for _ in range(4))
    if kind != _ULTRA or size.bit_count() != 1 or count != len(COMMITMENTS):
        raise ProofFormatError("not an UltraPlonk key of Barretenberg's", kind=kind, size=size)
    points: dict[str, bytes] = {}
    for _ in range(count):
        name = reader.take(reader.uint(4)).decode("ascii", "replace")
        points[name] = reader.take(2 * _WORD)
    if points.keys() != set(COMMITMENTS):
        raise ProofFormatError("the key has other commitments than the pallet's")
    if reader.uint(1):
        raise ProofFormatError("keys with a recursive proof inside are none of zkVerify's")
    words = b"".join(number.to_bytes(_WORD) for number in (kind, size, inputs))
    return words + b"".join(points[name] for name in COMMITMENTS) + bytes(2 * _WORD), inputs


def split_proof(raw: bytes, inputs: int) -> tuple[list[bytes], bytes]:
    """The public inputs, which Barretenberg writes first, and the proof. ProofFormatError where they are not there."""
    end = inputs * _WORD
    if inputs < 0 or len(raw) < end:
        raise ProofFormatError("the proof is shorter than its public inputs", inputs=inputs)
    return [raw[at : at + _WORD] for at in range(0, end, _WORD)], raw[end:]


class _Reader:
    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._at = 0

    def take(self, size: int) -> bytes:
        piece = self._raw[self._at : self._at + size]
        if len(piece) != size:
            raise ProofFormatError("the key ends too early")
        self._at += size
        return piece

    def uint(self, size: int) -> int:
        return int.from_bytes(self.take(size))
