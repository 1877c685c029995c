"""What differs between verifier pallets: key and proof formats, limits and the check itself."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any, Protocol

from zk_operator.devnet.zkverify import bn254
from zk_operator.devnet.zkverify.hashing import keccak_256
from zk_operator.devnet.zkverify.scale import encode
from zk_operator.devnet.zkverify.schema.verifiers import GROTH16_VK

MAX_INPUTS = 64
SP1_MAX_PROOF_BYTES = 786_432
SP1_MAX_PUBS_BYTES = 2_048
_BABYBEAR = 0x78000001


class ProofRefused(Exception):
    """Raised when a key or proof is refused: `reason` is the pallet's error name."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Sp1Policy(StrEnum):
    """What the node does with an SP1 proof that passes every check short of the STARK verifier."""

    REFUSE = "refuse"
    ACCEPT_UNVERIFIED = "accept_unverified"


class Verifier(Protocol):
    """The proof system behind a verifier pallet."""

    @property
    def pallet(self) -> str:
        """The pallet's name."""

    @property
    def context(self) -> bytes:
        """The word that statements of this system begin with."""

    def vk_hash(self, vk: Any) -> bytes:
        """The hash under which the key is stored and stated."""

    def encoded_vk(self, vk: Any) -> bytes:
        """The key's SCALE bytes, whose length the deposit counts."""

    def validate_vk(self, vk: Any) -> None:
        """ProofRefused(InvalidVerificationKey) for a malformed key."""

    def verify(self, vk: Any, proof: Any, pubs: Any) -> None:
        """ProofRefused unless the proof is accepted."""

    def pubs_bytes(self, pubs: Any) -> bytes:
        """The public inputs as the statement hashes them."""


class Groth16:
    """Groth16: BN254 is verified by a real pairing; BLS12-381 is not implemented and always refused."""

    pallet = "SettlementGroth16Pallet"
    context = b"groth16"

    def vk_hash(self, vk: Any) -> bytes:
        """keccak256 of the SCALE encoding."""
        return keccak_256(self.encoded_vk(vk))

    def encoded_vk(self, vk: Any) -> bytes:
        """The key's SCALE bytes."""
        return encode(GROTH16_VK, vk)

    def validate_vk(self, vk: Any) -> None:
        """Every point must be in its group."""
        if vk["curve"].name != "Bn254":
            raise ProofRefused("InvalidVerificationKey")
        _decoding("InvalidVerificationKey", lambda: _verifying_key(vk, checked=True))

    def verify(self, vk: Any, proof: Any, pubs: Any) -> None:
        """The pallet's checks in its order, then the pairing."""
        if len(pubs) > MAX_INPUTS or len(pubs) + 1 != len(vk["gamma_abc_g1"]):
            raise ProofRefused("InvalidInput")
        if proof["curve"] != vk["curve"]:
            raise ProofRefused("InvalidProofData")
        if vk["curve"].name != "Bn254":
            raise ProofRefused("VerifyError")
        parts = proof["proof"]
        points = _decoding("InvalidProofData", lambda: _proof(parts, checked=False))
        key = _decoding("InvalidVerificationKey", lambda: _verifying_key(vk, checked=False))
        inputs = _decoding("InvalidInput", lambda: [bn254.decode_scalar(raw) for raw in pubs])
        if not _holds(key, parts, points, inputs):
            raise ProofRefused("VerifyError")

    def pubs_bytes(self, pubs: Any) -> bytes:
        """The scalars' bytes, one after the other."""
        return b"".join(pubs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sp1:
    """SP1 shrink proofs: sizes and the readable parts are checked; the STARK is not verified here.

    So by default every proof is refused; `policy` can accept those that pass the other checks.
    """

    policy: Sp1Policy = Sp1Policy.REFUSE
    pallet: str = "SettlementSp1Pallet"
    context: bytes = b"sp1"

    def vk_hash(self, vk: Any) -> bytes:
        """The key itself."""
        return bytes(vk)

    def encoded_vk(self, vk: Any) -> bytes:
        """The 32 bytes."""
        return bytes(vk)

    def validate_vk(self, vk: Any) -> None:
        """The pallet validates nothing."""

    def verify(self, vk: Any, proof: Any, pubs: Any) -> None:
        """The pallet's limits and the shape of the proof; then the policy decides."""
        del vk  # only the STARK verifier compares it with the proof's own
        if len(proof) > SP1_MAX_PROOF_BYTES:
            raise ProofRefused("InvalidProofData")
        if len(pubs) > SP1_MAX_PUBS_BYTES:
            raise ProofRefused("InvalidInput")
        if not looks_like_shrink_proof(proof):
            raise ProofRefused("InvalidProofData")
        if self.policy is Sp1Policy.REFUSE:
            raise ProofRefused("VerifyError")

    def pubs_bytes(self, pubs: Any) -> bytes:
        """The committed bytes."""
        return bytes(pubs)


def looks_like_shrink_proof(proof: bytes) -> bool:
    """Whether the bytes begin as a bincode shard proof does: three commitments of eight field elements each.

    The real pallet decodes the whole object; this reads the fixed-size head only, and so refuses less.
    """
    head = 3 * 8 * 4
    if len(proof) < 100_000:
        return False
    words = struct.unpack(f"<{head // 4}I", proof[:head])
    return all(word < _BABYBEAR for word in words)


def _decoding(reason: str, build: Callable[[], Any]) -> Any:
    try:
        return build()
    except bn254.PointError as error:
        raise ProofRefused(reason) from error


def _verifying_key(vk: Any, *, checked: bool) -> bn254.VerifyingKey:
    ic = tuple(vk["gamma_abc_g1"])
    return _key(vk["alpha_g1"], vk["beta_g2"], vk["gamma_g2"], vk["delta_g2"], ic, checked=checked)


@lru_cache(maxsize=64)  # three subgroup checks cost as much as verifying a proof
def _key(
    alpha: bytes, beta: bytes, gamma: bytes, delta: bytes, ic: tuple[bytes, ...], *, checked: bool
) -> bn254.VerifyingKey:
    return bn254.VerifyingKey(
        alpha=bn254.decode_g1(alpha, checked=checked),
        beta=bn254.decode_g2(beta, checked=checked),
        gamma=bn254.decode_g2(gamma, checked=checked),
        delta=bn254.decode_g2(delta, checked=checked),
        ic=tuple(bn254.decode_g1(raw, checked=checked) for raw in ic),
    )


def _proof(parts: Any, *, checked: bool) -> bn254.Proof:
    return bn254.Proof(
        a=bn254.decode_g1(parts["a"]),
        b=bn254.decode_g2(parts["b"], checked=checked),
        c=bn254.decode_g1(parts["c"]),
    )


def _holds(key: bn254.VerifyingKey, parts: Any, points: bn254.Proof, inputs: list[int]) -> bool:
    """The pairing; its precompile also checks b's subgroup, so b is looked at alone only when it refuses."""
    try:
        return bn254.verify(key, points, inputs)
    except bn254.PointError:
        _decoding("InvalidProofData", lambda: _proof(parts, checked=True))
        raise ProofRefused("VerifyError") from None
