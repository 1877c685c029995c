"""Errors of Kurier's API."""

from zk_acts.domain.errors import Disposition, OperatorError
from zk_acts.domain.failures import ActRefused


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

    What to do: Read Kurier's word. The circuit's key goes along with each proof of the daemon; with other proofs the
    key's hash does, and the key has to be registered through Kurier before.
    """

    code = "ZKO-KUR-003"


class KurierKeyRefused(ActRefused):
    """Raised when Kurier does not accept the API key.

    Meaning: The key is wrong, expired, or of the other network (testnet and mainnet have different keys).

    What you see: The act is `lapsed` with this code; nothing was submitted. After `zkverify.kurier.after_s` proofs go
    through the own account (ZKO-KUR-008), or wait, where that fails as well.

    What to do: Put the right key into `zkverify.kurier.api_key_file` and start again; it is never printed.
    """

    code = "ZKO-KUR-004"
    disposition = Disposition.DEGRADED


class KurierBusy(ActRefused):
    """Raised when Kurier's rate limit for this key is reached; `retry_after_s` is its own word, where it gave one.

    Meaning: Too many calls with this key. The limits are not published.

    What you see: The act is `lapsed` with this code, and tried again later; `retry_after_s` is Kurier's word where it
    gave one.

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


class KurierUnfulfilled(OperatorError):
    """Raised when Kurier took a proof and no finalized block of the act's window has it in our domain.

    Meaning: The job exists and did not fail by Kurier's word, but the chain does not show its proof in
    `zkverify.domain_id`. Either Kurier is very slow, or it puts proofs into another domain.

    What you see: The act is `failed` with this code when `zkverify.kurier.window_blocks` are over; it counts as paid.
    The proof is submitted again, by the route that works.

    What to do: Look the job up at Kurier. If its aggregation is of another domain, `zkverify.kurier.chain_id` does not
    stand for the contract's domain.
    """

    code = "ZKO-KUR-007"
    disposition = Disposition.REJECTED
