"""The programs that the dev prover can run, and how: by rule, not by machine code.

The devnet has no Rust prover host. Its batch program's "ELF" is a marker that names the rule; the dev prover recognises
it by its hash and runs `zk_operator.domain.matching` on the decoded input. So public values are always
computed here from the input, never taken from the requester; a batch that breaks the rule is unexecutable, as it
would be in the real program. Cycles and gas are a linear model, not a measurement.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol, Self

from zk_operator.devnet.prover_network.bincode import decode_stdin
from zk_operator.devnet.prover_network.errors import (
    BincodeMalformed,
    ExecutionFailed,
    ProgramUnknown,
)
from zk_operator.devnet.prover_network.states import FailureCause
from zk_operator.domain.batch_input import BatchInput, BatchInputMalformed
from zk_operator.domain.matching import check_batch
from zk_operator.domain.rule_errors import RuleViolation

MARKER_ELF = (
    b"\x7fELF zk-operator devnet batch program v1: a marker, not machine code; "
    b"the dev prover runs the batch rule natively in its place\n"
)
KOALABEAR = 2**31 - 2**24 + 1
_BASE_CYCLES, _CYCLES_PER_ORDER = 250_000, 120_000
_GAS_PER_CYCLE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionResult:
    """What running a program gave. `gas` in PGU."""

    public_values: bytes
    exit_code: int
    cycles: int
    gas: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramKey:
    """The hash of a program's verifying key: eight field words, and the two ways to write them."""

    words: tuple[int, ...]

    @classmethod
    def standing_in_for(cls, elf: bytes) -> Self:
        """Words from sha256 of the ELF, where no real verifying key can be computed."""
        digest = sha256(elf).digest()
        chunks = (digest[at : at + 4] for at in range(0, len(digest), 4))
        return cls(words=tuple(int.from_bytes(chunk, "big") % KOALABEAR for chunk in chunks))

    @property
    def hash_bytes(self) -> bytes:
        """What requests name a program by since SDK 5.0.8: each word as u32, big-endian."""
        return b"".join(word.to_bytes(4, "big") for word in self.words)

    @property
    def bytes32(self) -> bytes:
        """What contracts, proofs and SDKs up to 5.0.5 name it by: 31 bits per word; the first byte is 0."""
        folded = 0
        for word in self.words:
            folded = folded << 31 | word
        return folded.to_bytes(32, "big")


class ProgramExecutor(Protocol):
    """Runs programs. Pure and synchronous; callers run it in a worker thread."""

    def key(self, elf: bytes) -> ProgramKey:
        """The program's key. Raises ProgramUnknown."""
        ...

    def execute(self, elf: bytes, stdin: bytes) -> ExecutionResult:
        """Run the program over a bincode SP1Stdin. Raises ExecutionFailed, ProgramUnknown."""
        ...


class NativeBatchProgram:
    """The marker program: the batch rule, run natively."""

    def key(self, elf: bytes) -> ProgramKey:
        """The marker's key; ProgramUnknown for any other ELF."""
        _require_marker(elf)
        return MARKER_KEY

    def execute(self, elf: bytes, stdin: bytes) -> ExecutionResult:
        """The rule over the input; a violation or a malformed input halts with a non-zero exit code."""
        _require_marker(elf)
        try:
            batch = _decode(stdin)
            outcome = check_batch(
                chain_id=batch.chain_id,
                manager=batch.manager,
                valid_until=batch.valid_until,
                sections=batch.sections,
                orders=batch.orders,
            )
        except (BincodeMalformed, BatchInputMalformed, RuleViolation) as error:
            raise ExecutionFailed(FailureCause.HALT_WITH_NON_ZERO_EXIT_CODE, str(error)) from error
        cycles = _BASE_CYCLES + _CYCLES_PER_ORDER * len(batch.orders)
        return ExecutionResult(
            public_values=outcome.public_values.encode(),
            exit_code=0,
            cycles=cycles,
            gas=cycles * _GAS_PER_CYCLE,
        )


MARKER_KEY = ProgramKey.standing_in_for(MARKER_ELF)
MARKER_VKEY = MARKER_KEY.bytes32
# The size of a v6 verifying key's bincode; what it would commit to, a marker has not.
MARKER_VK = b"".join(word.to_bytes(4, "little") for word in MARKER_KEY.words).ljust(104, b"\0")


def _require_marker(elf: bytes) -> None:
    if elf != MARKER_ELF:
        raise ProgramUnknown("no executor for this ELF", sha256=sha256(elf).hexdigest())


def _decode(stdin: bytes) -> BatchInput:
    buffers = decode_stdin(stdin)
    if len(buffers) != 1:
        raise BatchInputMalformed("the program reads exactly one buffer", buffers=len(buffers))
    return BatchInput.decode(buffers[0])
