"""What can go wrong while traffic is made."""

from typing import ClassVar

from zk_operator.domain.errors import Disposition, OperatorError


class TrafficFailed(OperatorError):
    """Raised when a transaction that places orders on the devnet reverts or is not mined."""

    code: ClassVar[str] = "ZKO-DEV-030"
    disposition = Disposition.FATAL
