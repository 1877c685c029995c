"""SP1 5 shrink proofs as zkVerify's SP1 pallet takes them: what can be checked without a STARK verifier.

Format: legacy bincode (little-endian, fixed-size integers) of a shard proof whose last field is the vector of the
recursion circuit's 231 public values, followed by the recursion key and its inclusion path. Field elements are
canonical u32. Of the public values, 0 to 31 are the bytes of the committed values' digest and 190 to 197 the
program's key digest. Limits: those of the pallet.
"""

import hashlib
import struct
from dataclasses import dataclass

from zk_acts.domain.ids import Hash32, Statement
from zkverify_client.domain.proof_errors import ProofFormatError
from zkverify_client.domain.statement import sp1_statement

MAX_PROOF_BYTES = 786_432
MAX_PUBLIC_VALUES_BYTES = 2_048
VK_BYTES = 32
_FIELD = 0x78000001  # BabyBear
_PUBLIC_VALUES = 231
_VK_AT = 190
_COUNT = struct.pack("<Q", _PUBLIC_VALUES)
_TAIL_BYTES = 16_384  # key, path and whatever follows them; measured: 2,350 with the public values


@dataclass(frozen=True, slots=True, kw_only=True)
class ShrinkFacts:
    """What a container says about itself."""

    vk: Hash32  # 8 big-endian words, as the pallet takes it
    digest: bytes  # sha256 or blake3 of the committed values


def read_shrink_proof(proof: bytes) -> ShrinkFacts:
    """The key and the digest in a container. ProofFormatError where it is too long or holds none."""
    if len(proof) > MAX_PROOF_BYTES:
        raise ProofFormatError("a shrink proof is too long", size=len(proof), most=MAX_PROOF_BYTES)
    at = len(proof)
    floor = max(len(proof) - _TAIL_BYTES, 0)
    while (at := proof.rfind(_COUNT, floor, at)) >= 0:
        words = _words(proof[at + len(_COUNT) : at + len(_COUNT) + 4 * _PUBLIC_VALUES])
        if words is not None:
            vk = b"".join(word.to_bytes(4) for word in words[_VK_AT : _VK_AT + 8])
            return ShrinkFacts(vk=Hash32(vk), digest=bytes(words[:32]))
    raise ProofFormatError("no shrink proof: its public values were not found", size=len(proof))


def check_shrink_proof(proof: bytes, vk: bytes, public_values: bytes) -> Statement:
    """The statement of a proof that is of this key and these values; the STARK itself is not verified.

    ProofFormatError otherwise. Values hashed by blake3 instead of sha256 are refused, although the pallet takes them.
    """
    if len(vk) != VK_BYTES:
        raise ProofFormatError("a program's key has 32 bytes", size=len(vk))
    if len(public_values) > MAX_PUBLIC_VALUES_BYTES:
        raise ProofFormatError("too many public values", size=len(public_values))
    facts = read_shrink_proof(proof)
    if facts.vk != vk:
        raise ProofFormatError("a proof of another program", found=facts.vk.hex(), wanted=vk.hex())
    if facts.digest != hashlib.sha256(public_values).digest():
        raise ProofFormatError("a proof of other public values", digest=facts.digest.hex())
    return sp1_statement(vk, public_values)


def _words(raw: bytes) -> tuple[int, ...] | None:
    """The public values, or None if these bytes are none."""
    if len(raw) != 4 * _PUBLIC_VALUES:
        return None
    words = struct.unpack(f"<{_PUBLIC_VALUES}I", raw)
    plausible = all(word < _FIELD for word in words) and all(word < 256 for word in words[:32])
    return words if plausible else None
