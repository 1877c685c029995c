"""The dev prover: runs a request's program and makes the proof of what it computed."""

import random
import secrets
from dataclasses import dataclass, replace
from hashlib import sha256

from zk_devnet.groth16_dev import prove
from zk_devnet.groth16_dev.check import verifies
from zk_devnet.groth16_dev.key import CIRCUIT_VERSION, GNARK_VK_SHA256
from zk_devnet.prover_network.bincode import Groth16Blob, decode_program
from zk_devnet.prover_network.faults import Fault
from zk_devnet.prover_network.host import CompressedProofs
from zk_devnet.prover_network.program import ExecutionResult, ProgramExecutor, ProgramKey
from zk_devnet.prover_network.request import Terms

OLD_VERSION = "v6.0.0"  # the circuit before this one
_NONCE_BYTES = 16  # SP1's proof nonce is four u32 words


class DevProver:
    """Executes programs and proves their public values under the devnet's key. Synchronous."""

    def __init__(
        self,
        *,
        executor: ProgramExecutor,
        seed: int | None,
        attestor: CompressedProofs | None = None,
    ) -> None:
        self._executor = executor
        self._attestor = attestor
        self._below = secrets.randbelow if seed is None else random.Random(seed).randrange

    def key(self, program: bytes) -> ProgramKey:
        """The key of an uploaded program. Raises BincodeMalformed, ProgramUnknown."""
        return self._executor.key(decode_program(program))

    def execute(self, program: bytes, stdin: bytes, terms: Terms) -> ExecutionResult:
        """Run the program within the requested limits. Raises ExecutionFailed, ProgramUnknown."""
        result = self._executor.execute(decode_program(program), stdin)
        return result.within(cycle_limit=terms.cycle_limit, gas_limit=terms.gas_limit)

    def attest(self, program: bytes, stdin: bytes, public_values: bytes) -> None:
        """Where real proofs are switched on: make one and verify it. Minutes. Raises HostFailed."""
        if self._attestor is not None:
            self._attestor.attest(decode_program(program), stdin, public_values)

    def prove(self, claim: "Claim", faults: frozenset[Fault]) -> bytes:
        """The download of a proof that the pairing check accepts, unless a fault spoils it."""
        inputs = prove.public_inputs(
            program_vkey=_served_key(claim.program_vkey, faults),
            public_values=claim.public_values,
            exit_code=0,
            nonce=int.from_bytes(claim.request_id[:_NONCE_BYTES], "big"),
        )
        proved = (
            replace(inputs, nonce=inputs.nonce + 1) if Fault.INVALID_PROOF in faults else inputs
        )
        proof = prove.prove(proved, self._below)
        if not verifies(proof.words(), proved):
            raise ArithmeticError("the dev prover made a proof that does not verify")
        blob = Groth16Blob(
            public_inputs=inputs.as_tuple(),
            encoded_proof=prove.encoded_proof(proof, inputs),
            raw_proof=prove.raw_proof(proof),
            vkey_hash=GNARK_VK_SHA256,
            public_values=_served_values(claim.public_values, faults),
            sp1_version=OLD_VERSION if Fault.OLD_CIRCUIT in faults else CIRCUIT_VERSION,
        ).encode()
        return blob[: len(blob) // 2] if Fault.TRUNCATED_PROOF in faults else blob


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a proof is to say: public values that this prover computed, by which program, for which request."""

    request_id: bytes
    program_vkey: bytes
    public_values: bytes


def values_hash(public_values: bytes) -> bytes:
    """The network's public_values_hash: plain sha256, not masked."""
    return sha256(public_values).digest()


def _served_key(program_vkey: bytes, faults: frozenset[Fault]) -> bytes:
    """The key of an earlier build of the program, so to speak, where a fault wants it."""
    if Fault.OLD_PROGRAM not in faults:
        return program_vkey
    return program_vkey[:-1] + bytes([program_vkey[-1] ^ 1])


def _served_values(public_values: bytes, faults: frozenset[Fault]) -> bytes:
    if Fault.WRONG_PUBLIC_VALUES not in faults:
        return public_values
    return public_values[:-1] + bytes([public_values[-1] ^ 1]) if public_values else b"\x01"
