"""zkVerify statements: what its chain attests to, computed before anything is submitted.

Formats: zkVerify runtime 1.6 (SCALE, Groth16 pallet 161 and SP1 pallet 167) and SP1 v6's public inputs.
"""

import hashlib
from collections.abc import Sequence

from zk_acts.domain.hashing import keccak
from zk_acts.domain.ids import Hash32, Statement
from zkverify_client.domain.bn254 import require_scalar
from zkverify_client.domain.groth16 import Groth16Proof, Groth16Vk, g1_to_le, g2_to_le
from zkverify_client.domain.proof_errors import ScalarError

CURVE_BN254 = b"\x00"
EMPTY_VERSION_HASH = hashlib.sha256(b"").digest()
DIGEST_MASK = (1 << 253) - 1


def _compact(value: int) -> bytes:
    """SCALE compact integer, below 2^30."""
    if value < 1 << 6:
        return (value << 2).to_bytes(1, "little")
    if value < 1 << 14:
        return (value << 2 | 1).to_bytes(2, "little")
    return (value << 2 | 2).to_bytes(4, "little")


def _scale_bytes(raw: bytes) -> bytes:
    return _compact(len(raw)) + raw


def scale_groth16_vk(vk: Groth16Vk) -> bytes:
    """SCALE of the pallet's Vk struct for BN254, points without flags."""
    return scale_groth16_vk_points(
        fixed=(g1_to_le(vk.alpha), g2_to_le(vk.beta), g2_to_le(vk.gamma), g2_to_le(vk.delta)),
        k=[g1_to_le(point) for point in vk.k],
    )


def scale_groth16_vk_points(
    *, fixed: tuple[bytes, bytes, bytes, bytes], k: Sequence[bytes]
) -> bytes:
    """SCALE of the Vk struct from raw point bytes: alpha, beta, gamma, delta, and K.

    For keys registered by others: the hash depends on the bytes, flags included.
    """
    points = b"".join(map(_scale_bytes, fixed))
    return CURVE_BN254 + points + _compact(len(k)) + b"".join(map(_scale_bytes, k))


def groth16_vk_hash(vk: Groth16Vk) -> Hash32:
    """The key under which zkVerify stores the vk: keccak256 of its SCALE encoding."""
    return Hash32(keccak(scale_groth16_vk(vk)))


def scale_groth16_proof(proof: Groth16Proof) -> bytes:
    """SCALE of the pallet's Proof struct for BN254: 263 bytes."""
    points = (g1_to_le(proof.a), g2_to_le(proof.b), g1_to_le(proof.c))
    return CURVE_BN254 + b"".join(map(_scale_bytes, points))


def statement_hash(
    context: bytes, vk_hash: bytes, pubs: bytes, version_hash: bytes = EMPTY_VERSION_HASH
) -> Statement:
    """As the runtime makes it. `context`: the verifier's short name; `pubs`: the public inputs as it encodes them."""
    return Statement(keccak(keccak(context) + vk_hash + version_hash + keccak(pubs)))


def groth16_statement(vk_hash: bytes, pubs: Sequence[bytes]) -> Statement:
    """The statement for scalars of 32 bytes, little-endian, as submitted. ScalarError otherwise."""
    for scalar in pubs:
        scalar_from_le(scalar)
    return statement_hash(b"groth16", vk_hash, b"".join(pubs))


def sp1_statement(vk: bytes, pubs: bytes) -> Statement:
    """The statement of the SP1 pallet; `vk` is the program's vkey as 8 big-endian words."""
    return statement_hash(b"sp1", vk, pubs)


def scalar_to_le(value: int) -> bytes:
    """A public input as the pallet takes it; ScalarError unless below the group order."""
    return require_scalar(value).to_bytes(32, "little")


def scalar_from_le(raw: bytes) -> int:
    """The inverse of `scalar_to_le`; ScalarError unless 32 bytes below the group order."""
    if len(raw) != 32:
        raise ScalarError("a scalar has 32 bytes", size=len(raw))
    return require_scalar(int.from_bytes(raw, "little"))


def public_values_digest(public_values: bytes) -> int:
    """sha256 of the public values modulo 2^253, as SP1's circuits commit to them."""
    return int.from_bytes(hashlib.sha256(public_values).digest()) & DIGEST_MASK


def sp1_public_inputs(
    *, program_vkey: bytes, public_values: bytes, recursion_root: bytes, nonce: int
) -> tuple[int, int, int, int, int]:
    """The five inputs of an SP1 v6 Groth16 proof of a run that ended with exit code 0.

    ScalarError unless vkey, root and nonce are below the group order.
    """
    return (
        require_scalar(int.from_bytes(program_vkey)),
        public_values_digest(public_values),
        0,
        require_scalar(int.from_bytes(recursion_root)),
        require_scalar(nonce),
    )


def sp1_groth16_statement(vk_hash: bytes, inputs: Sequence[int]) -> Statement:
    """The statement for public inputs given as integers, in circuit order."""
    return groth16_statement(vk_hash, [scalar_to_le(value) for value in inputs])
