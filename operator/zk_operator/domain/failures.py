"""The failures that ports promise: what services decide on, whichever adapter is behind."""

from typing import ClassVar

from zk_operator.domain.errors import Disposition, OperatorError


class AmbiguousOutcome(OperatorError):
    """Raised when it is not known whether a paid act arrived at the other side."""

    code: ClassVar[str] = "ZKO-ACT-001"
    disposition = Disposition.AMBIGUOUS


class ActBanned(AmbiguousOutcome):
    """Raised when the other side does not take these very bytes for a while; it may have acted on them already."""

    code: ClassVar[str] = "ZKO-ACT-005"


class ActRefused(OperatorError):
    """Raised when the other side definitively refused a paid act, so that nothing was paid."""

    code: ClassVar[str] = "ZKO-ACT-002"
    disposition = Disposition.REJECTED


class BalanceTooLow(OperatorError):
    """Raised when an account cannot pay for the next act; spending stops until it is funded."""

    code: ClassVar[str] = "ZKO-ACT-003"
    disposition = Disposition.DEGRADED


class AttemptsExhausted(OperatorError):
    """Raised when a batch has used up its attempts at one stage and is given up."""

    code: ClassVar[str] = "ZKO-ACT-004"
    disposition = Disposition.REJECTED


class ActStuck(OperatorError):
    """Raised when an act holds up its account after it was replaced as often as it may."""

    code: ClassVar[str] = "ZKO-ACT-007"
    disposition = Disposition.DEGRADED


class OfferTooLow(ActRefused):
    """Raised when the other side definitively refused an act for its price: a higher offer may be taken."""

    code: ClassVar[str] = "ZKO-ACT-008"


class NonceForeign(OperatorError):
    """Raised when an account has used nonces that no act of ours explains: another program signs with its key."""

    code: ClassVar[str] = "ZKO-ACT-009"
    disposition = Disposition.DEGRADED


class BudgetExceeded(OperatorError):
    """Raised when a paid act would exceed a spend cap; spending stops until the window has moved on."""

    code: ClassVar[str] = "ZKO-BUD-001"
    disposition = Disposition.DEGRADED


class StoreUnavailable(OperatorError):
    """Raised when the database cannot be opened, read or written."""

    code: ClassVar[str] = "ZKO-STO-001"
    disposition = Disposition.FATAL
    exit_code = 74


class LostRace(OperatorError):
    """Raised when a row was not in the state that the caller had read."""

    code: ClassVar[str] = "ZKO-STO-002"
    disposition = Disposition.TRANSIENT


class DuplicateIntent(OperatorError):
    """Raised when a paid act already has a row, or its nonce is taken by a live one."""

    code: ClassVar[str] = "ZKO-STO-003"
    disposition = Disposition.TRANSIENT


class SchemaTooNew(OperatorError):
    """Raised when the database was written by a newer version of this program."""

    code: ClassVar[str] = "ZKO-STO-004"
    disposition = Disposition.FATAL
    exit_code = 78


class LeaseHeld(OperatorError):
    """Raised when another daemon runs on this database or with this key."""

    code: ClassVar[str] = "ZKO-LEA-001"
    disposition = Disposition.FATAL
    exit_code = 75


class LeaseLost(OperatorError):
    """Raised when the lease could not be renewed in time and another daemon may have taken over."""

    code: ClassVar[str] = "ZKO-LEA-002"
    disposition = Disposition.FATAL
    exit_code = 75


class EvmUnreachable(OperatorError):
    """Raised when no EVM endpoint answers in time."""

    code: ClassVar[str] = "ZKO-EVM-001"
    disposition = Disposition.TRANSIENT
    exit_code = 69


class MalformedAnswer(OperatorError):
    """Raised when an endpoint's answer is not what the protocol says."""

    code: ClassVar[str] = "ZKO-EVM-002"
    disposition = Disposition.TRANSIENT


class WrongChain(OperatorError):
    """Raised when an endpoint serves another chain than the configured one."""

    code: ClassVar[str] = "ZKO-EVM-003"
    disposition = Disposition.FATAL
    exit_code = 78


class NoContractCode(OperatorError):
    """Raised when a configured contract address has no code."""

    code: ClassVar[str] = "ZKO-EVM-004"
    disposition = Disposition.FATAL
    exit_code = 78


class ContractMismatch(OperatorError):
    """Raised when the contract is configured otherwise than this operator (domain, keys, recursion root)."""

    code: ClassVar[str] = "ZKO-EVM-005"
    disposition = Disposition.FATAL
    exit_code = 78


class CallReverted(OperatorError):
    """Raised when a call that was simulated before sending would revert."""

    code: ClassVar[str] = "ZKO-EVM-006"
    disposition = Disposition.REJECTED


class ReorgTooDeep(OperatorError):
    """Raised when no scanned block is canonical any more: the chain was rewritten below our records."""

    code: ClassVar[str] = "ZKO-EVM-007"
    disposition = Disposition.FATAL


class DepthUnknown(OperatorError):
    """Raised when no EVM endpoint can say which block is at a depth that is configured as a tag.

    A fresh chain has no `safe` or `finalized` block yet, some chains never do: then a number of confirmations is the depth.
    """

    code: ClassVar[str] = "ZKO-EVM-008"
    disposition = Disposition.DEGRADED
    exit_code = 69


class ZkVerifyUnreachable(OperatorError):
    """Raised when no zkVerify endpoint answers in time."""

    code: ClassVar[str] = "ZKO-ZKV-001"
    disposition = Disposition.TRANSIENT
    exit_code = 69


class ReceiptUnprovable(OperatorError):
    """Raised when a published aggregation's path can neither be fetched nor rebuilt from events."""

    code: ClassVar[str] = "ZKO-ZKV-041"
    disposition = Disposition.DEGRADED


class ProverUnreachable(OperatorError):
    """Raised when a prover backend does not answer in time."""

    code: ClassVar[str] = "ZKO-PRV-001"
    disposition = Disposition.TRANSIENT
    exit_code = 69


class RequestUnexecutable(OperatorError):
    """Raised when the program did not run to a clean end on the batch's input; the network may charge for it."""

    code: ClassVar[str] = "ZKO-PRV-041"
    disposition = Disposition.REJECTED


class ProofMalformed(OperatorError):
    """Raised when a returned proof does not decode."""

    code: ClassVar[str] = "ZKO-PRV-010"
    disposition = Disposition.REJECTED


class ProofMismatch(OperatorError):
    """Raised when a returned proof is of another program, public values, exit code or recursion root."""

    code: ClassVar[str] = "ZKO-PRV-011"
    disposition = Disposition.REJECTED


class ProofInvalid(OperatorError):
    """Raised when a returned proof fails its pairing check."""

    code: ClassVar[str] = "ZKO-PRV-012"
    disposition = Disposition.REJECTED
