"""Errors of Kurier's API."""

from zk_operator.domain.errors import Disposition, OperatorError
from zk_operator.domain.failures import ActRefused


class KurierUnreachable(OperatorError):
    """Raised when Kurier does not answer in time, or answers with a server error.

    Meaning: Kurier's API was not reached, did not answer in time, or answered with a server error.

    What you see: A submission in that state is ambiguous (ZKO-ACT-001): the chain is watched for its statement, and
    nothing is submitted again before the act's window is over.

    What to do: Check the network and Kurier's own status. Submitting through one's own account does not depend on
    Kurier.
    """

    code = "ZKO-KUR-001"
    disposition = Disposition.TRANSIENT
    exit_code = 69


class KurierMalformed(OperatorError):
    """Raised when an answer of Kurier's is not what its documentation says.

    Meaning: Kurier answered something else than its documentation says; perhaps the API changed.

    What you see: The job is asked for again; a submission is treated as ambiguous.

    What to do: Compare with the Swagger page of the API, and report it with the endpoint named in the error.
    """

    code = "ZKO-KUR-002"
    disposition = Disposition.TRANSIENT


class KurierRefused(ActRefused):
    """Raised when Kurier refuses a proof: malformed, or found false by its own check. Nothing was submitted.

    Meaning: Kurier refused the request (a client error), or its own check found the proof false. Nothing was
    submitted to zkVerify.

    What you see: The act is `lapsed`, with this code; `text` or `verdict` is Kurier's own word.

    What to do: If the key is not registered yet, register it. If the proof is false here and true elsewhere, the
    key's hash is the wrong one.
    """

    code = "ZKO-KUR-003"


class KurierKeyRefused(OperatorError):
    """Raised when Kurier does not accept the API key.

    Meaning: The key is wrong, expired, or of the other network (testnet and mainnet have different keys).

    What you see: The process ends with exit code 78.

    What to do: Put the right key into the key file; it is never printed.
    """

    code = "ZKO-KUR-004"
    disposition = Disposition.FATAL
    exit_code = 78


class KurierBusy(OperatorError):
    """Raised when Kurier's rate limit for this key is reached; `retry_after_s` is its own word, where it gave one.

    Meaning: Too many calls with this key. The limits are not published.

    What you see: The call is repeated later; `retry_after_s` is Kurier's word where it gave one.

    What to do: Ask for a higher limit, use fewer proofs, or submit through one's own account.
    """

    code = "ZKO-KUR-005"
    disposition = Disposition.RATE_LIMITED


class KurierJobFailed(OperatorError):
    """Raised when a job at Kurier ended as failed: the proof was not verified.

    Meaning: Kurier accepted the proof, but its job ended as failed: it was not verified on zkVerify.

    What you see: The act is `failed` with this code; `detail` is the job's id.

    What to do: Look the job up at Kurier. The same proof may be submitted again, there or through one's own
    account.
    """

    code = "ZKO-KUR-006"
    disposition = Disposition.REJECTED
