"""Errors of Kurier's API."""

from zk_operator.domain.errors import Disposition, OperatorError
from zk_operator.domain.failures import ActRefused


class KurierUnreachable(OperatorError):
    """Raised when Kurier does not answer in time, or answers with a server error."""

    code = "ZKO-KUR-001"
    disposition = Disposition.TRANSIENT
    exit_code = 69


class KurierMalformed(OperatorError):
    """Raised when an answer of Kurier's is not what its documentation says."""

    code = "ZKO-KUR-002"
    disposition = Disposition.TRANSIENT


class KurierRefused(ActRefused):
    """Raised when Kurier refuses a proof: malformed, or found false by its own check. Nothing was submitted."""

    code = "ZKO-KUR-003"


class KurierKeyRefused(ActRefused):
    """Raised when Kurier does not accept the API key."""

    code = "ZKO-KUR-004"
    disposition = Disposition.DEGRADED


class KurierBusy(ActRefused):
    """Raised when Kurier's rate limit for this key is reached; `retry_after_s` is its own word, where it gave one."""

    code = "ZKO-KUR-005"
    disposition = Disposition.RATE_LIMITED


class KurierJobFailed(OperatorError):
    """Raised when a job at Kurier ended as failed: the proof was not verified."""

    code = "ZKO-KUR-006"
    disposition = Disposition.REJECTED


class KurierUnfulfilled(OperatorError):
    """Raised when Kurier took a proof and no finalized block of the act's window has it in our domain."""

    code = "ZKO-KUR-007"
    disposition = Disposition.REJECTED
