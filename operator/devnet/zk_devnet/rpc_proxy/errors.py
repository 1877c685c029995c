"""What the RPC proxy refuses."""

from typing import ClassVar

from zk_operator.domain.errors import Disposition, OperatorError


class FaultUnknown(OperatorError):
    """Raised when the RPC proxy is told of a fault that it does not have, or of an option or value that makes no sense."""

    code: ClassVar[str] = "ZKO-DEV-040"
    disposition = Disposition.REJECTED
    exit_code = 65
