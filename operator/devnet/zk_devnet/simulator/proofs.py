"""Proofs that only the simulated prover can make: real points of the curve that satisfy no pairing, and a book of them.

Making and checking real ones takes some fifty milliseconds each, which is what a whole simulation may take.
"""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from zk_devnet.groth16_dev.curve import g1_times, g2_times
from zk_devnet.groth16_dev.encoding import g1_words, g2_words
from zk_devnet.groth16_dev.key import CIRCUIT_VERSION, GNARK_VK_SHA256, RECURSION_ROOT
from zk_devnet.groth16_dev.prove import DIGEST_MASK, public_inputs
from zk_devnet.prover_network.bincode import Groth16Blob
from zk_devnet.prover_network.faults import Fault
from zk_devnet.prover_network.program import NativeBatchProgram
from zk_devnet.prover_network.prover import Claim, DevProver
from zk_devnet.zkverify.pallets.proofs import Groth16, ProofRefused
from zk_operator.domain.failures import ProofMismatch
from zk_operator.ports.prover import ExpectedProof, Groth16Proof
from zkverify_client.domain.failures import ProofInvalid
from zkverify_client.domain.proof_errors import ProofError
from zkverify_client.domain.sp1_proof import decode_sp1_proof
from zkverify_client.domain.statement import sp1_public_inputs

__all__ = ["DIGEST_MASK", "BookGroth16", "ProvedInputs", "SimChecker", "SimProver"]
_POINTS = 8
Inputs = tuple[int, ...]


@dataclass(slots=True)
class ProvedInputs:
    """Which public inputs the prover has proved."""

    proved: set[Inputs] = field(default_factory=set)


@cache
def _points(at: int) -> bytes:
    return g1_words(g1_times(at + 2)) + g2_words(g2_times(at + 3)) + g1_words(g1_times(at + 5))


class SimProver(DevProver):
    """Runs the rule natively and notes what it proves."""

    def __init__(self, book: ProvedInputs) -> None:
        super().__init__(executor=NativeBatchProgram(), seed=0)
        self._book = book

    def prove(self, claim: Claim, faults: frozenset[Fault]) -> bytes:
        """The download of a proof; a fault spoils it."""
        inputs = public_inputs(
            program_vkey=claim.program_vkey,
            public_values=claim.public_values,
            exit_code=0,
            nonce=int.from_bytes(claim.request_id[:16], "big"),
        )
        if Fault.INVALID_PROOF not in faults:
            self._book.proved.add(inputs.as_tuple())
        words = _points(claim.request_id[0] % _POINTS)
        head = (inputs.exit_code, inputs.recursion_root, inputs.nonce)
        values = claim.public_values
        if Fault.WRONG_PUBLIC_VALUES in faults:
            values = values[:-1] + bytes([values[-1] ^ 1])
        blob = Groth16Blob(
            public_inputs=inputs.as_tuple(),
            encoded_proof=b"".join(value.to_bytes(32, "big") for value in head) + words,
            raw_proof=words + bytes(68),
            vkey_hash=GNARK_VK_SHA256,
            public_values=values,
            sp1_version=CIRCUIT_VERSION,
        ).encode()
        return blob[: len(blob) // 2] if Fault.TRUNCATED_PROOF in faults else blob


class SimChecker:
    """The operator's ProofChecker, with the book in place of the pairing."""

    def __init__(self, book: ProvedInputs) -> None:
        self._book = book

    async def check(self, proof: Groth16Proof, expected: ExpectedProof) -> int:
        """The proof's nonce. Errors: ProofMismatch, ProofInvalid."""
        if proof.sp1_version != CIRCUIT_VERSION or proof.public_values != expected.public_values:
            raise ProofMismatch("another version, or other public values")
        try:
            parsed = decode_sp1_proof(proof.onchain)
            nonce = parsed.nonce or 0
            inputs = sp1_public_inputs(
                program_vkey=expected.program_vkey,
                public_values=expected.public_values,
                recursion_root=expected.recursion_root,
                nonce=nonce,
            )
        except ProofError as error:
            raise ProofInvalid(reason=str(error)) from error
        if inputs not in self._book.proved or expected.recursion_root != RECURSION_ROOT:
            raise ProofInvalid
        return nonce


@dataclass(frozen=True, slots=True, kw_only=True)
class BookGroth16(Groth16):
    """zkVerify's Groth16 pallet, with the book in place of the pairing."""

    book: ProvedInputs

    def verify(self, vk: Any, proof: Any, pubs: Any) -> None:
        """Accepts what the prover has proved."""
        if len(pubs) + 1 != len(vk["gamma_abc_g1"]):
            raise ProofRefused("InvalidInput")
        inputs = tuple(int.from_bytes(raw, "little") for raw in pubs)
        if proof["curve"] != vk["curve"] or inputs not in self.book.proved:
            raise ProofRefused("VerifyError")
