"""What stands for the pairing and for the operator's key in the World."""

from dataclasses import dataclass, field
from hashlib import sha256

from zk_acts.domain.errors import OperatorError
from zk_acts.domain.hashing import keccak
from zk_operator.domain.ids import Address
from zk_operator.domain.order import SigningDomain
from zk_operator.ports.prover import ExpectedProof, Groth16Proof


@dataclass(slots=True)
class ScriptedChecker:
    """A ProofChecker: refuses with the next of `refusals`, else derives the nonce from the proof's bytes."""

    refusals: list[OperatorError] = field(default_factory=list)
    checks: int = 0

    async def check(self, proof: Groth16Proof, expected: ExpectedProof) -> int:
        """As `ProofChecker`."""
        self.checks += 1
        if self.refusals:
            raise self.refusals.pop(0)
        return int.from_bytes(sha256(proof.onchain + expected.public_values).digest()) >> 8


@dataclass(frozen=True, slots=True)
class ScriptedSigner:
    """A CertificateSigner."""

    address: Address

    def certificate(self, public_values: bytes, domain: SigningDomain) -> bytes:
        """Bytes that depend on both."""
        return keccak(public_values + domain.separator)
