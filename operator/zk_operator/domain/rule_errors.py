"""Violations of the batch rule, one leaf per clause of docs/reference/batch-rule.md."""

from zk_operator.domain.errors import Disposition, OperatorError


class RuleViolation(OperatorError):
    """Raised when a batch breaks the batch rule."""

    code = "ZKO-RUL-001"
    disposition = Disposition.REJECTED


class BatchShapeError(RuleViolation):
    """Raised when a batch has no section, an empty section, pools out of order or a wrong order count."""

    code = "ZKO-RUL-002"


class OrderIdMismatchError(RuleViolation):
    """Raised when an order's terms do not hash to the id at its place."""

    code = "ZKO-RUL-003"


class OrderSequenceError(RuleViolation):
    """Raised when the ids of a section are not strictly ascending."""

    code = "ZKO-RUL-004"


class OrderPoolError(RuleViolation):
    """Raised when an order stands in the section of another pool."""

    code = "ZKO-RUL-005"


class OrderDeadlineError(RuleViolation):
    """Raised when an order's deadline is before the batch's validUntil."""

    code = "ZKO-RUL-006"


class RangeError(RuleViolation):
    """Raised when a value is outside the range that the rule allows."""

    code = "ZKO-RUL-007"


class HeavySideError(RuleViolation):
    """Raised when remainderZeroForOne does not name the heavy side."""

    code = "ZKO-RUL-008"


class RemainderError(RuleViolation):
    """Raised when remainderIn is not the heavy input less what the light side receives."""

    code = "ZKO-RUL-009"


class MinOutError(RuleViolation):
    """Raised when a swap's output is below the section's minOut, or there is one without a swap."""

    code = "ZKO-RUL-010"


class LimitError(RuleViolation):
    """Raised when a payout after the fee is below its order's minOut."""

    code = "ZKO-RUL-011"
