"""zkVerify's verifiers: how each names its keys, and what the chain attests to when it has verified a proof.

Source: repository zkVerify/zkVerify, tags 1.0.0 to rt-zkverify-1.6.2: `compute_statement_hash` of pallets/verifiers, and
`hash_context_data`, `vk_hash`, `vk_bytes`, `pubs_bytes` and `verifier_version_hash` of each folder in verifiers/.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from zk_acts.domain.hashing import keccak
from zk_acts.domain.ids import Hash32, Statement
from zkverify_client.domain.proof_errors import StatementUnknown
from zkverify_client.domain.statement import statement_hash


class VerifierPallet(StrEnum):
    """The verifier pallets, by their name in the runtime. Not every runtime has all of them."""

    GROTH16 = "SettlementGroth16Pallet"
    RISC0 = "SettlementRisc0Pallet"
    ULTRAPLONK = "SettlementUltraplonkPallet"
    PLONKY2 = "SettlementPlonky2Pallet"
    FFLONK = "SettlementFFlonkPallet"
    SP1 = "SettlementSp1Pallet"
    ULTRAHONK = "SettlementUltrahonkPallet"
    EZKL = "SettlementEzklPallet"
    TEE = "SettlementTeePallet"

    @property
    def word(self) -> str:
        """The verifier's short name, which is also what its statements begin with."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """An argument of a verifier's call: its SCALE bytes; the same without the lengths of lists and the numbers of
    variants; and its variant's name, where its type is an enum."""

    scale: bytes
    content: bytes
    variant: str | None = None


_NO_VERSION = ""
_ULTRAPLONK_PADDING = bytes(15 * 32)  # as Barretenberg 0.47 hashes its keys
_UNVERSIONED: Mapping[str | None, str] = {None: _NO_VERSION}
_RISC0_VERSIONS = ("1.0", "1.1", "1.2", "2.0", "2.1", "2.2", "2.3", "3.0")
_VERSIONS: Mapping[VerifierPallet, Mapping[str | None, str]] = {
    VerifierPallet.RISC0: {f"V{v.replace('.', '_')}": f"risc0:v{v}" for v in _RISC0_VERSIONS},
    VerifierPallet.ULTRAHONK: {
        # A proof was bytes at first, then one of two kinds (1.3), which have had versions since 1.6.
        **dict.fromkeys((None, "ZK", "Plain", "Legacy"), _NO_VERSION),
        "V0_84": "ultrahonk:v0.84",
        "V3_0": "ultrahonk:v3.0",
    },
}
"""What a verifier's version is called, by the proof's variant; the others have none."""

_KEYS: Mapping[VerifierPallet, frozenset[str | None]] = {
    VerifierPallet.ULTRAHONK: frozenset({None, "Legacy", "V0_84", "V3_0"}),
    VerifierPallet.TEE: frozenset({None, "Intel", "Nitro"}),
}
"""The variants of keys whose hash is known; the others' are no enums."""


def vk_hash_of(pallet: VerifierPallet, vk: Encoded) -> Hash32:
    """Under which a verifier stores a key and states what it verified. StatementUnknown for an unknown form of key."""
    if vk.variant not in _KEYS.get(pallet, frozenset({None})):
        raise StatementUnknown(verifier=pallet.word, vk_variant=vk.variant)
    match pallet:
        case VerifierPallet.SP1 | VerifierPallet.RISC0:
            return Hash32(vk.content)  # the key is a hash itself
        case VerifierPallet.ULTRAPLONK:
            return _sha256(vk.content + _ULTRAPLONK_PADDING)
        case VerifierPallet.ULTRAHONK if vk.variant in (None, "Legacy"):
            return _sha256(vk.content)
        case VerifierPallet.EZKL:
            return Hash32(keccak(vk.content))
        case _:
            return Hash32(keccak(vk.scale))


def statement_of(
    pallet: VerifierPallet, vk_hash: bytes, proof: Encoded, pubs: Encoded
) -> Statement:
    """What the chain attests to. StatementUnknown for a version of proof that is not known here."""
    versions = _VERSIONS.get(pallet, _UNVERSIONED)
    if proof.variant not in versions:
        raise StatementUnknown(verifier=pallet.word, proof_variant=proof.variant)
    version = _sha256(versions[proof.variant].encode())
    return statement_hash(pallet.word.encode(), vk_hash, pubs.content, version)


def _sha256(data: bytes) -> Hash32:
    return Hash32(hashlib.sha256(data).digest())
