"""What the host is asked about Groth16 proofs, many at once, and what it answers.

Format: docs/reference/prover-host.md.
"""

from dataclasses import dataclass
from enum import StrEnum

from zk_acts.domain.ids import Hash32

MAX_CLAIMS = 1_024  # in one request


class Groth16Verdict(StrEnum):
    """What becomes of one proof."""

    VALID = "valid"
    MALFORMED = "malformed"  # another size, or words that are no scalars or no points of the groups
    CIRCUIT = "circuit"  # the selector names another key
    EXIT_CODE = "exit_code"  # the program ended with an error
    ROOT = "root"  # another recursion root than the expected one
    PAIRING = "pairing"  # everything is in order but the proof itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Groth16Claim:
    """That a program ended well with these public values, and the proof of it in on-chain form (circuit 6).

    `values_digest`: the public input that stands for the public values; see `statement.public_values_digest`.
    """

    program_vkey: Hash32
    values_digest: int
    onchain: bytes

    def encode(self) -> bytes:
        """One part of the request. OverflowError unless the digest is below 2^256."""
        return self.program_vkey + self.values_digest.to_bytes(32) + self.onchain
