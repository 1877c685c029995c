"""What is said of a proof file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from zk_acts.domain.ids import Hash32, Statement
from zk_operator.adapters.sp1.saved_proof import Mode
from zk_operator.adapters.sp1.value_digest import Hasher


class Format(StrEnum):
    """How the proof is written."""

    BINCODE = "bincode"  # the SDK's file, or a network's download
    ONCHAIN = "onchain"  # selector and words; alone or in a JSON fixture
    SHRINK = "shrink"  # zkVerify's SP1 pallet
    ZKVERIFY = (
        "zkverify"  # JSON with key, proof and inputs, as zkVerify's Groth16 pallet takes them
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What the asker wants the proof to be of. `circuit_key`: a groth16_vk.bin instead of the released ones."""

    vkey: Hash32 | None = None  # bytes32 form
    public_values: bytes | None = None
    circuit_key: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a proof says of itself. `digest`: of the public values, masked to 253 bits where the circuit does that."""

    vkey: Hash32 | None = None
    public_values: bytes | None = None
    digest: bytes | None = None
    hasher: Hasher | None = (
        None  # None where the values do not give the digest, or one of them is not known
    )
    exit_code: int | None = None
    vk_root: Hash32 | None = None
    nonce: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofReport:
    """Everything about one file. A check is true, false, or None where it cannot be made here.

    `open_check`: the one that SP1's own verifier in the prover host makes, given the program's key.
    """

    format: Format
    mode: Mode
    sdk_version: str | None
    circuit: str | None
    claims: Claims
    checks: Mapping[str, bool | None]
    statements: Mapping[str, Statement | None]
    notes: tuple[str, ...] = field(default=())
    open_check: str | None = None

    @property
    def verified(self) -> bool | None:
        """False if any check failed, None if one could not be made, else True."""
        outcomes = self.checks.values()
        if any(outcome is False for outcome in outcomes):
            return False
        return None if any(outcome is None for outcome in outcomes) else True
