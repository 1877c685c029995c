"""Why a demo failed."""

from typing import ClassVar

from zk_operator.domain.errors import Disposition, OperatorError


class OrdersUnfinished(OperatorError):
    """Raised when orders are neither settled nor refunded, for good, when the demo's time is up."""

    code: ClassVar[str] = "ZKO-DEM-001"
    disposition = Disposition.EXPIRED


class TokensMissing(OperatorError):
    """Raised when the audit on chain does not find every token accounted for."""

    code: ClassVar[str] = "ZKO-DEM-002"
    disposition = Disposition.FATAL


class PaidTwice(OperatorError):
    """Raised when the audit on chain finds an order that was paid more than once."""

    code: ClassVar[str] = "ZKO-DEM-003"
    disposition = Disposition.FATAL


class OutcomeUnexpected(OperatorError):
    """Raised when an order ended otherwise than its kind must end."""

    code: ClassVar[str] = "ZKO-DEM-004"
    disposition = Disposition.FATAL


class DaemonFailed(OperatorError):
    """Raised when the daemon ends by itself during the demo, or does not end cleanly when asked to."""

    code: ClassVar[str] = "ZKO-DEM-005"
    disposition = Disposition.FATAL


class CircuitFilesMissing(OperatorError):
    """Raised when the folder given to the demo does not hold SP1's Groth16 circuit files."""

    code: ClassVar[str] = "ZKO-DEM-006"
    disposition = Disposition.REJECTED
    exit_code: ClassVar[int] = 66
