"""What differs between verifier pallets: key and proof formats, limits and the check itself."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any, Protocol

import structlog

from zk_devnet.zkverify import bn254, shrink
from zk_devnet.zkverify.hashing import keccak_256
from zk_devnet.zkverify.scale import encode
from zk_devnet.zkverify.schema.verifiers import GROTH16_VK

log = structlog.get_logger(__name__)
MAX_INPUTS = 64
SP1_MAX_PROOF_BYTES = 786_432
SP1_MAX_PUBS_BYTES = 2_048


class ProofRefused(Exception):
    """Raised when a key or proof is refused: `reason` is the pallet's error name."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Sp1Policy(StrEnum):
    """What the node does with an SP1 proof that passes every check short of the STARK verifier.

    `SIZES_ONLY` looks at nothing but the sizes: for tests of what follows a proof, which need any bytes.
    """

    REFUSE = "refuse"
    ACCEPT_UNVERIFIED = "accept_unverified"
    SIZES_ONLY = "sizes_only"


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
        _decoding("InvalidVerificationKey", lambda: _key(*_key_bytes(vk), checked=True))

    def verify(self, vk: Any, proof: Any, pubs: Any) -> None:
        """The pallet's checks in its order, then the pairing."""
        if len(pubs) > MAX_INPUTS or len(pubs) + 1 != len(vk["gamma_abc_g1"]):
            raise ProofRefused("InvalidInput")
        if proof["curve"] != vk["curve"]:
            raise ProofRefused("InvalidProofData")
        if vk["curve"].name != "Bn254":
            raise ProofRefused("VerifyError")
        parts = proof["proof"]
        _verify_bn254(_key_bytes(vk), (parts["a"], parts["b"], parts["c"]), tuple(pubs))

    def pubs_bytes(self, pubs: Any) -> bytes:
        """The scalars' bytes, one after the other."""
        return b"".join(pubs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sp1:
    """SP1 shrink proofs: everything is checked but the STARK itself.

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
        """The pallet's limits, then the proof's content; then the policy decides."""
        if len(proof) > SP1_MAX_PROOF_BYTES:
            raise ProofRefused("InvalidProofData")
        if len(pubs) > SP1_MAX_PUBS_BYTES:
            raise ProofRefused("InvalidInput")
        if self.policy is Sp1Policy.SIZES_ONLY:
            return
        _check_shrink(bytes(vk), bytes(proof), bytes(pubs))
        if self.policy is Sp1Policy.REFUSE:
            raise ProofRefused("VerifyError")

    def pubs_bytes(self, pubs: Any) -> bytes:
        """The committed bytes."""
        return bytes(pubs)


@lru_cache(
    maxsize=16
)  # the same proof is looked at in the pool's dry runs, in the block and after a retraction
def _check_shrink(vk: bytes, proof: bytes, pubs: bytes) -> None:
    try:
        shrink.check(shrink.decode(proof), vk, pubs)
    except shrink.Malformed as error:
        raise ProofRefused("InvalidProofData") from error
    except shrink.ShrinkRefused as error:
        log.info("shrink_proof.refused", reason=str(error))
        raise ProofRefused("VerifyError") from error


def _decoding(reason: str, build: Callable[[], Any]) -> Any:
    try:
        return build()
    except bn254.PointError as error:
        raise ProofRefused(reason) from error


def _key_bytes(vk: Any) -> tuple[Any, ...]:
    points = vk["alpha_g1"], vk["beta_g2"], vk["gamma_g2"], vk["delta_g2"]
    return (*points, tuple(vk["gamma_abc_g1"]))


@lru_cache(maxsize=1024)  # a proof is verified in dry runs, in its block and after a retraction
def _verify_bn254(
    vk: tuple[Any, ...], parts: tuple[bytes, bytes, bytes], pubs: tuple[bytes, ...]
) -> None:
    points = _decoding("InvalidProofData", lambda: _proof(parts, checked=False))
    key = _decoding("InvalidVerificationKey", lambda: _key(*vk, checked=False))
    inputs = _decoding("InvalidInput", lambda: [bn254.decode_scalar(raw) for raw in pubs])
    if not _holds(key, parts, points, inputs):
        raise ProofRefused("VerifyError")


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


def _proof(parts: tuple[bytes, bytes, bytes], *, checked: bool) -> bn254.Proof:
    a, b, c = parts
    return bn254.Proof(
        a=bn254.decode_g1(a), b=bn254.decode_g2(b, checked=checked), c=bn254.decode_g1(c)
    )


def _holds(
    key: bn254.VerifyingKey,
    parts: tuple[bytes, bytes, bytes],
    points: bn254.Proof,
    inputs: list[int],
) -> bool:
    """The pairing; its precompile also checks b's subgroup, so b is looked at alone only when it refuses."""
    try:
        return bn254.verify(key, points, inputs)
    except bn254.PointError:
        _decoding("InvalidProofData", lambda: _proof(parts, checked=True))
        raise ProofRefused("VerifyError") from None
