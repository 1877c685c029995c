"""What can go wrong with the HTTP server."""

from typing import ClassVar

from zk_operator.domain.errors import Disposition, OperatorError


class PortUnavailable(OperatorError):
    """Raised when the configured address cannot be listened on."""

    code: ClassVar[str] = "ZKO-WEB-001"
    disposition = Disposition.FATAL
    exit_code = 78
