"""What a simulation can end with."""

from typing import ClassVar

from zk_operator.domain.errors import Disposition, OperatorError


class SeedsFailed(OperatorError):
    """Raised when a simulated run broke a rule: an order lost, money spent twice or for nothing, an alert not raised."""

    code: ClassVar[str] = "ZKO-SIM-001"
    disposition = Disposition.FATAL


class MutantSurvived(OperatorError):
    """Raised when a fault that was planted on purpose was not found within the seeds."""

    code: ClassVar[str] = "ZKO-SIM-002"
    disposition = Disposition.FATAL
