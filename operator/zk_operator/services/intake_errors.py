"""Why an order that is on chain is not batched."""

from zk_operator.domain.errors import Disposition, OperatorError


class EventUndecodable(OperatorError):
    """Raised when a log of our contracts does not decode; it is recorded and the scan goes on."""

    code = "ZKO-INT-001"
    disposition = Disposition.REJECTED


class OrderIdMismatch(OperatorError):
    """Raised when an order's id is not the hash of its terms."""

    code = "ZKO-INT-002"
    disposition = Disposition.REJECTED


class OrderPoolUnknown(OperatorError):
    """Raised when an order names a pool that the hook does not know."""

    code = "ZKO-INT-003"
    disposition = Disposition.REJECTED


class OrderAmountInvalid(OperatorError):
    """Raised when an order's amount is zero or below the pool's minimum."""

    code = "ZKO-INT-004"
    disposition = Disposition.REJECTED


class OrderDeadlineInvalid(OperatorError):
    """Raised when an order's deadline was over when it was mined, or is further ahead than the contract allows."""

    code = "ZKO-INT-005"
    disposition = Disposition.REJECTED


class OrderOwnerInvalid(OperatorError):
    """Raised when an order's owner is the zero address."""

    code = "ZKO-INT-006"
    disposition = Disposition.REJECTED


class OrderOutOfTime(OperatorError):
    """Raised when an order's deadline leaves no time to prove and settle it; it is refunded when it expires."""

    code = "ZKO-BAT-001"
    disposition = Disposition.EXPIRED
