"""Where proofs come from."""

from dataclasses import dataclass
from typing import Protocol

from zk_acts.domain.acts import Intent
from zk_acts.domain.details import Fulfilled, ProgramRegistered
from zk_acts.domain.ids import Hash32
from zk_acts.ports.act import PaidChannel


@dataclass(frozen=True, slots=True, kw_only=True)
class ProveRequest:
    """One batch to prove: the program, its input, what it must commit, and by when (unix seconds)."""

    program_vkey: Hash32  # bytes32 form
    stdin: bytes  # bincode SP1Stdin
    public_values: bytes
    deadline_s: int
    attempt: int = 1  # from 1; prices are raised in steps with it


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterProgram:
    """Make the configured program known to the backend; consumes a nonce, costs nothing."""

    program_vkey: Hash32


@dataclass(frozen=True, slots=True, kw_only=True)
class Groth16Proof:
    """A Groth16 proof in SP1's on-chain form, with what it claims. Nothing in it has been checked."""

    onchain: bytes  # selector, exit code, vk root, nonce, eight words
    public_values: bytes
    sp1_version: str


ProverWork = ProveRequest | RegisterProgram
ProverDetail = Fulfilled | ProgramRegistered


class ProverBackend(PaidChannel[ProverWork, ProverDetail], Protocol):
    """A prover. `prepare` of a ProveRequest also uploads the input, which costs nothing."""

    async def program_registered(self) -> bool:
        """Whether the backend knows the configured program. Always true where there is nothing to register."""
        ...

    async def fetch(self, fulfilled: Fulfilled) -> Groth16Proof:
        """Download and decode. Errors: ProofMalformed (rejected), transient leaves."""
        ...

    async def cancel(self, intent: Intent) -> None:
        """Ask the backend to drop the request; harmless when it is too late."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedProof:
    """What a proof must say to be worth money."""

    program_vkey: Hash32
    public_values: bytes
    recursion_root: Hash32


class ProofChecker(Protocol):
    """Checks a returned proof in full before anything is paid for it: vkey, digest, exit code, root, pairing."""

    async def check(self, proof: Groth16Proof, expected: ExpectedProof) -> int:
        """The proof's nonce. Errors: ProofMismatch, ProofInvalid (both rejected)."""
        ...
