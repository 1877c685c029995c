"""What the command line itself refuses."""

from zk_operator.domain.errors import Disposition, OperatorError


class VerbNotInstalled(OperatorError):
    """Raised when a verb is asked for whose package is not installed."""

    code = "ZKO-CLI-001"
    disposition = Disposition.FATAL
