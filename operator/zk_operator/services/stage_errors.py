"""Why a batch is given up, or a settlement skipped."""

from zk_operator.domain.errors import Disposition, OperatorError


class BatchExpired(OperatorError):
    """Raised when a batch was not settled before its `validUntil`."""

    code = "ZKO-SET-001"
    disposition = Disposition.EXPIRED


class BatchOrphaned(OperatorError):
    """Raised when a reorg removed an order of a batch, and it was not mined again soon enough."""

    code = "ZKO-SET-002"
    disposition = Disposition.REJECTED


class SectionWasSkipped(OperatorError):
    """Raised when the contract rolled back one pool's section of a settled batch."""

    code = "ZKO-SET-003"
    disposition = Disposition.TRANSIENT


class BatchEnded(OperatorError):
    """Raised when no order of a batch is open any more before it was settled by us."""

    code = "ZKO-SET-004"
    disposition = Disposition.REJECTED


class StatementMismatch(OperatorError):
    """Raised when zkVerify reports another statement than the one computed locally."""

    code = "ZKO-SET-005"
    disposition = Disposition.REJECTED


class VkGone(OperatorError):
    """Raised when the circuit's key that we had registered on zkVerify is not registered any more."""

    code = "ZKO-SET-006"
    disposition = Disposition.DEGRADED


class ProgramGone(OperatorError):
    """Raised when a prover does not know the program any more that we had registered there."""

    code = "ZKO-SET-007"
    disposition = Disposition.DEGRADED


class RouteFailing(OperatorError):
    """Raised when one way to zkVerify has failed for so long that proofs go the other way."""

    code = "ZKO-KUR-008"
    disposition = Disposition.DEGRADED
