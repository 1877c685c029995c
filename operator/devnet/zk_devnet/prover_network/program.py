"""The programs that the dev prover can run, and how it runs the shipped one where no prover host is.

Without the host, it recognises the shipped batch program by its ELF and runs `zk_operator.domain.batch_rule` on the
decoded input in its place. So public values are always computed here from the input, never taken from the
requester; a batch that breaks the rule is unexecutable, as it is in the real program. Cycles and gas are then
estimates: a linear model of what SP1's executor measured, at most an eighth off.
"""

from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from typing import Protocol, Self

from zk_devnet.prover_network.bincode import decode_stdin
from zk_devnet.prover_network.errors import (
    BincodeMalformed,
    ExecutionFailed,
    ProgramUnknown,
)
from zk_devnet.prover_network.states import FailureCause
from zk_operator.domain.batch_input import BatchInput, BatchInputMalformed
from zk_operator.domain.batch_rule import check_batch
from zk_operator.domain.rule_errors import RuleViolation
from zk_operator.program import batch_program

_WORDS, _WORD_BITS = 8, 31
# Fitted to 400 random batches of up to 4 sections and 41 orders, and to the measured ones of 1 to 200 orders.
_BASE_CYCLES, _CYCLES_PER_SECTION, _CYCLES_PER_ORDER = 20_000, 3_500, 6_600
_BASE_GAS, _GAS_PER_SECTION, _GAS_PER_ORDER = 25_500, 6_500, 13_500
ESTIMATE_ERROR = 8  # one part in so many


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionResult:
    """What running a program gave. `gas` in PGU. `is_estimate`: cycles and gas come from a model."""

    public_values: bytes
    exit_code: int
    cycles: int
    gas: int
    is_estimate: bool = False

    def within(self, *, cycle_limit: int, gas_limit: int) -> Self:
        """The result under a request's limits. Raises ExecutionFailed where it exceeds one.

        Requesters set limits that they measured exactly: an estimate that is above one by no more than its error is
        taken to be at the limit.
        """
        if self.cycles > self._allowed(cycle_limit):
            raise ExecutionFailed(FailureCause.EXCEEDED_CYCLE_LIMIT, f"{self.cycles} cycles")
        if self.gas > self._allowed(gas_limit):
            raise ExecutionFailed(FailureCause.EXCEEDED_GAS_LIMIT, f"{self.gas} gas")
        return replace(self, cycles=min(self.cycles, cycle_limit), gas=min(self.gas, gas_limit))

    def _allowed(self, limit: int) -> int:
        return limit + limit // ESTIMATE_ERROR if self.is_estimate else limit


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
            cycles=_BASE_CYCLES
            + _CYCLES_PER_SECTION * len(batch.sections)
            + _CYCLES_PER_ORDER * len(batch.orders),
            gas=_BASE_GAS
            + _GAS_PER_SECTION * len(batch.sections)
            + _GAS_PER_ORDER * len(batch.orders),
            is_estimate=True,
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
