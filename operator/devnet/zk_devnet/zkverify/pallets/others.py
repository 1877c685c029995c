"""The verifiers whose proofs the node cannot verify: it takes what has their types, and says what they would state.

Key and version hashes as in repository zkVerify/zkVerify at rt-zkverify-1.6.2 (`vk_hash`, `verifier_version_hash`).
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from zk_devnet.zkverify.hashing import keccak_256
from zk_devnet.zkverify.merkle import EMPTY_VERSION_HASH
from zk_devnet.zkverify.pallets.proofs import ProofRefused, UnverifiedPolicy
from zk_devnet.zkverify.scale import Case, Type, encode
from zk_devnet.zkverify.schema.pallet import Pallet

MOST_INPUTS = 32
ULTRAPLONK_HASHED_KEY = 1632 + 15 * 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Unverified:
    """A verifier: key and proof by their types alone; then the policy decides. `vk_type` is that of the newest runtime;
    a key that is bytes is its own encoding."""

    pallet: str
    context: bytes
    vk_type: Type
    policy: UnverifiedPolicy

    def vk_hash(self, vk: Any) -> bytes:
        """The hash under which the key is stored and stated."""
        return _VK_HASHES.get(self.context, _keccak_of_scale)(self, vk)

    def encoded_vk(self, vk: Any) -> bytes:
        """The key's SCALE bytes."""
        return vk if isinstance(vk, bytes) else encode(self.vk_type, vk)

    def validate_vk(self, vk: Any) -> None:
        """The little that needs no mathematics."""
        if self.context == b"tee" and vk == Case("Nitro"):
            raise ProofRefused("InvalidVerificationKey")
        if self.context == b"ezkl" and (not vk["vk_bytes"] or len(vk["vk_bytes"]) % 32):
            raise ProofRefused("InvalidVerificationKey")

    def verify(self, vk: Any, proof: Any, pubs: Any) -> None:
        """Refused, unless the policy says to believe it."""
        if isinstance(pubs, list) and len(pubs) > MOST_INPUTS:
            raise ProofRefused("InvalidInput")
        if isinstance(vk, Case) and isinstance(proof, Case) and vk.name != proof.name:
            raise ProofRefused("VerifyError")
        if self.policy is UnverifiedPolicy.REFUSE:
            raise ProofRefused("VerifyError")

    def version_hash(self, proof: Any) -> bytes:
        """Of the versions that a system's proofs have, the one of this proof."""
        if not isinstance(proof, Case) or proof.name in ("ZK", "Plain", "Legacy"):
            return EMPTY_VERSION_HASH
        number = proof.name.removeprefix("V").replace("_", ".")
        return hashlib.sha256(self.context + b":v" + number.encode()).digest()

    def pubs_bytes(self, pubs: Any) -> bytes:
        """The words' bytes, one after the other."""
        return b"".join(pubs) if isinstance(pubs, list) else bytes(pubs)


def unverified_verifiers(
    pallets: tuple[Pallet, ...], policy: UnverifiedPolicy
) -> dict[str, Unverified]:
    """The verifiers of these pallets, by name."""
    return {pallet.name: _verifier(pallet, policy) for pallet in pallets}


def _verifier(pallet: Pallet, policy: UnverifiedPolicy) -> Unverified:
    assert pallet.calls is not None
    [vk] = pallet.calls.by_name["register_vk"].fields
    word = pallet.name.removeprefix("Settlement").removesuffix("Pallet").lower()
    return Unverified(pallet=pallet.name, context=word.encode(), vk_type=vk.ty, policy=policy)


def _keccak_of_scale(verifier: Unverified, vk: Any) -> bytes:
    return keccak_256(verifier.encoded_vk(vk))


def _ultrahonk(verifier: Unverified, vk: Any) -> bytes:
    if not isinstance(vk, Case):
        return hashlib.sha256(vk).digest()
    if vk.name == "Legacy":
        return hashlib.sha256(vk.value).digest()
    return _keccak_of_scale(verifier, vk)


_VK_HASHES: dict[bytes, Callable[[Unverified, Any], bytes]] = {
    b"risc0": lambda _verifier, vk: bytes(vk),
    b"ultraplonk": lambda _verifier, vk: hashlib.sha256(
        bytes(vk).ljust(ULTRAPLONK_HASHED_KEY, b"\x00")
    ).digest(),
    b"ezkl": lambda _verifier, vk: keccak_256(vk["vk_bytes"]),
    b"ultrahonk": _ultrahonk,
}
