"""The programs that the dev prover can run, and how it runs the shipped one where no prover host is.

Without the host, it recognises the shipped batch program by its ELF and runs `zk_operator.domain.matching` on the
decoded input in its place. So public values are always computed here from the input, never taken from the
requester; a batch that breaks the rule is unexecutable, as it is in the real program. Cycles and gas are then a
linear model of what SP1's executor measured.
"""

from dataclasses import dataclass
from functools import cache
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
from zk_operator.program import batch_program

_WORDS, _WORD_BITS = 8, 31
_BASE_CYCLES, _CYCLES_PER_ORDER = 30_000, 6_500
_BASE_GAS, _GAS_PER_ORDER = 46_000, 13_400


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
    def from_bytes32(cls, folded: bytes) -> Self:
        """The words of a vkey as contracts write it."""
        value = int.from_bytes(folded, "big")
        shifts = range((_WORDS - 1) * _WORD_BITS, -1, -_WORD_BITS)
        return cls(words=tuple(value >> shift & ((1 << _WORD_BITS) - 1) for shift in shifts))

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
    """The shipped batch program, its rule run natively."""

    def key(self, elf: bytes) -> ProgramKey:
        """The shipped program's key; ProgramUnknown for any other ELF."""
        _require_shipped(elf)
        return batch_key()

    def execute(self, elf: bytes, stdin: bytes) -> ExecutionResult:
        """The rule over the input; a violation or a malformed input halts with a non-zero exit code."""
        _require_shipped(elf)
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
        return ExecutionResult(
            public_values=outcome.public_values.encode(),
            exit_code=0,
            cycles=_BASE_CYCLES + _CYCLES_PER_ORDER * len(batch.orders),
            gas=_BASE_GAS + _GAS_PER_ORDER * len(batch.orders),
        )


@cache
def batch_key() -> ProgramKey:
    """The shipped program's key."""
    return ProgramKey.from_bytes32(batch_program().vkey)


def _require_shipped(elf: bytes) -> None:
    if elf != batch_program().elf:
        raise ProgramUnknown("no executor for this ELF", sha256=sha256(elf).hexdigest())


def _decode(stdin: bytes) -> BatchInput:
    buffers = decode_stdin(stdin)
    if len(buffers) != 1:
        raise BatchInputMalformed("the program reads exactly one buffer", buffers=len(buffers))
    return BatchInput.decode(buffers[0])
