"""The end of an examination that found something severe."""

from typing import ClassVar

from zk_operator.domain.errors import Disposition, OperatorError


class EndpointsUnfit(OperatorError):
    """Raised when an examination found something with which the operator cannot work, or loses money."""

    code: ClassVar[str] = "ZKO-DOC-001"
    disposition: ClassVar[Disposition] = Disposition.DEGRADED
