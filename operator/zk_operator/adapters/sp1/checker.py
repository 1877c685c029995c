"""Checks a returned proof in full before anything is paid for it: circuit, claims, and the pairing."""

import anyio
from anyio import to_thread

from zk_operator.domain.failures import ProofMismatch
from zk_operator.ports.prover import ExpectedProof, Groth16Proof
from zkverify_client.adapters.pairing import pairing_holds
from zkverify_client.domain.failures import ProofInvalid
from zkverify_client.domain.groth16 import Groth16Vk, pairing_input
from zkverify_client.domain.proof_errors import ProofError
from zkverify_client.domain.sp1_proof import (
    Sp1Proof,
    circuit_vk_sha256,
    decode_gnark_vk,
    decode_sp1_proof,
)
from zkverify_client.domain.statement import sp1_public_inputs


class Groth16Checker:
    """A ProofChecker for one circuit (version 6: five public inputs)."""

    def __init__(self, *, circuit_vk: bytes, sp1_version: str, max_parallel: int = 1) -> None:
        """`circuit_vk`: the circuit's groth16_vk.bin. Errors: VerifyingKeyError."""
        self._vk = decode_gnark_vk(circuit_vk)
        self._selector = circuit_vk_sha256(circuit_vk)[:4]
        self._version = sp1_version
        self._limiter = anyio.CapacityLimiter(max_parallel)

    def __repr__(self) -> str:
        return f"Groth16Checker(selector={self._selector.hex()}, sp1_version={self._version})"

    async def check(self, proof: Groth16Proof, expected: ExpectedProof) -> int:
        """The proof's nonce. Some 50 ms in a worker thread. Errors: ProofMismatch, ProofInvalid."""
        # What is said in the clear first: the pairing costs fifty milliseconds.
        self._require_claims(proof, expected)
        return await to_thread.run_sync(
            _verify,
            self._vk,
            self._selector,
            proof.onchain,
            expected,
            limiter=self._limiter,
            abandon_on_cancel=True,
        )

    def _require_claims(self, proof: Groth16Proof, expected: ExpectedProof) -> None:
        if proof.sp1_version != self._version:
            raise ProofMismatch(
                "the proof is of another circuit version",
                expected=self._version,
                found=proof.sp1_version,
            )
        if proof.public_values != expected.public_values:
            raise ProofMismatch(
                "the proof has other public values",
                expected=expected.public_values.hex(),
                found=proof.public_values.hex(),
            )


def _verify(vk: Groth16Vk, selector: bytes, onchain: bytes, expected: ExpectedProof) -> int:
    try:
        parsed = decode_sp1_proof(onchain)
        nonce = _require_words(parsed, selector, expected)
        inputs = sp1_public_inputs(
            program_vkey=expected.program_vkey,
            public_values=expected.public_values,
            recursion_root=expected.recursion_root,
            nonce=nonce,
        )
        data = pairing_input(vk, parsed.proof, inputs)
    except ProofError as error:
        raise ProofInvalid(reason=str(error)) from error
    if not pairing_holds(data):
        raise ProofInvalid
    return nonce


def _require_words(parsed: Sp1Proof, selector: bytes, expected: ExpectedProof) -> int:
    """What the proof says in the clear; its nonce."""
    if parsed.selector != selector:
        raise ProofMismatch(
            "the proof is of another circuit", expected=selector.hex(), found=parsed.selector.hex()
        )
    if parsed.exit_code is None or parsed.nonce is None:
        raise ProofMismatch("the proof is of circuit version 5")
    if parsed.exit_code != 0:
        raise ProofMismatch("the program ended with an error", exit_code=parsed.exit_code)
    # A proof under another root is a good proof of other circuits: the contract would take none of it.
    if parsed.recursion_root != expected.recursion_root:
        raise ProofMismatch("the proof has another recursion root")
    return parsed.nonce
