"""Why an order that is on chain is not batched, and what tells that something was not seen."""

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
    """Raised when the hook does not know an order's pool now: the pool is left out until it does."""

    code = "ZKO-INT-003"
    disposition = Disposition.REJECTED


class OrderAmountInvalid(OperatorError):
    """Raised when an order's amount is zero."""

    code = "ZKO-INT-004"
    disposition = Disposition.REJECTED


class OrderDeadlineInvalid(OperatorError):
    """Raised when an order's deadline was over when it was mined."""

    code = "ZKO-INT-005"
    disposition = Disposition.REJECTED


class OrderOwnerInvalid(OperatorError):
    """Raised when an order's owner is the zero address."""

    code = "ZKO-INT-006"
    disposition = Disposition.REJECTED


class OrdersMissing(OperatorError):
    """Raised when the contract counts orders that are not among the rows: an endpoint left out their logs."""

    code = "ZKO-INT-007"
    disposition = Disposition.DEGRADED


class OrderEndMissed(OperatorError):
    """Raised when an open order's row differs from the contract: an endpoint left out the log of its cancel or end."""

    code = "ZKO-INT-008"
    disposition = Disposition.DEGRADED


class OrderOutOfTime(OperatorError):
    """Raised when an order's deadline leaves no time to prove and settle it; it is refunded when it expires."""

    code = "ZKO-BAT-001"
    disposition = Disposition.EXPIRED
