"""Failures on demand: each is armed for a number of times and taken when its moment comes."""

from dataclasses import dataclass
from enum import StrEnum

ALWAYS = -1


class Fault(StrEnum):
    """Every way in which the dev server can be told to fail."""

    # Pinned to a request when it is accepted
    NO_BIDS = "no_bids"  # nobody bids: Requested until cancelled or expired
    UNEXECUTABLE = "unexecutable"  # execution halts with a non-zero exit code
    UNFULFILLABLE = "unfulfillable"  # the prover gives up
    REVERTED = "reverted"  # the settlement of the request fails
    EXPIRED = "expired"  # expires at once, whatever its deadline
    STUCK = "stuck"  # assigned for ever
    TRUNCATED_PROOF = "truncated_proof"  # the download is cut in half
    WRONG_PUBLIC_VALUES = "wrong_public_values"  # the download names other public values
    INVALID_PROOF = "invalid_proof"  # well-formed points that do not satisfy the pairing
    NO_PROOF_URI = "no_proof_uri"  # fulfilled, but without an address to fetch from
    MISSING_PROOF = "missing_proof"  # fulfilled, but at its address there is nothing
    UNEXPLAINED = "unexplained"  # Unexecutable without a cause or a charge: workers out of memory
    OLD_PROGRAM = "old_program"  # a valid proof of another version of the program
    OLD_CIRCUIT = "old_circuit"  # the download names an older circuit version
    # Taken by a call
    NONCE_ERROR = "nonce_error"  # a signed call meets a nonce that has moved on
    LOST_REQUEST = "lost_request"  # RequestProof fails before anything has happened
    LOST_ANSWER = "lost_answer"  # RequestProof is accepted, and its answer lost
    STATUS_ERROR = "status_error"  # a status poll fails with Internal
    UNKNOWN_REQUEST = "unknown_request"  # a status poll or a list does not know the request
    CROWDED = (
        "crowded"  # gateway: a list is full of older requests, unless it asks for late deadlines
    )
    CANCEL_IGNORED = "cancel_ignored"  # a cancellation is confirmed, and the work goes on
    FORGOTTEN = "forgotten"  # before the next call all requests are forgotten
    RESTARTED = "restarted"  # before the next call all accounts' nonces begin anew
    LOST_ARTIFACTS = "lost_artifacts"  # before the next call all inputs and proofs are deleted
    DOWN = "down"  # every call fails with Unavailable, every artifact access with 503
    FAR = "far"  # a call or an artifact access takes `delay_s`, there and back
    SLOW_ARTIFACTS = "slow_artifacts"  # artifact access takes `delay_s`
    UPLOAD_REFUSED = "upload_refused"  # an upload is answered with 500
    DOWNLOAD_REFUSED = "download_refused"  # a download is answered with 500


REQUEST_FAULTS = frozenset(
    {
        Fault.NO_BIDS,
        Fault.UNEXECUTABLE,
        Fault.UNFULFILLABLE,
        Fault.REVERTED,
        Fault.EXPIRED,
        Fault.STUCK,
        Fault.TRUNCATED_PROOF,
        Fault.WRONG_PUBLIC_VALUES,
        Fault.INVALID_PROOF,
        Fault.NO_PROOF_URI,
        Fault.MISSING_PROOF,
        Fault.UNEXPLAINED,
        Fault.OLD_PROGRAM,
        Fault.OLD_CIRCUIT,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Armed:
    """How often a fault will still strike; `ALWAYS` until it is cleared. `delay_s` only for slow ones."""

    count: int = 1
    delay_s: float = 0.0


class Faults:
    """The faults that are armed."""

    def __init__(self) -> None:
        self._armed: dict[Fault, Armed] = {}

    def arm(self, fault: Fault, *, count: int = 1, delay_s: float = 0.0) -> None:
        """Let the fault strike `count` times; 0 disarms it."""
        if count == 0:
            self._armed.pop(fault, None)
        else:
            self._armed[fault] = Armed(count=count, delay_s=delay_s)

    def clear(self) -> None:
        """Disarm everything."""
        self._armed.clear()

    def take(self, fault: Fault) -> bool:
        """Whether the fault strikes now; uses up one of its times."""
        armed = self._armed.get(fault)
        if armed is None:
            return False
        if armed.count != ALWAYS:
            self.arm(fault, count=armed.count - 1, delay_s=armed.delay_s)
        return True

    def take_for_request(self) -> frozenset[Fault]:
        """The request faults that strike the request that is being accepted."""
        return frozenset(fault for fault in sorted(REQUEST_FAULTS) if self.take(fault))

    def delay_s(self, fault: Fault) -> float:
        """How long a slow fault takes now; 0 when it is not armed. Uses up one of its times."""
        armed = self._armed.get(fault)
        return armed.delay_s if armed and self.take(fault) else 0.0

    def as_dict(self) -> dict[str, dict[str, float]]:
        """What is armed, for the status page."""
        return {
            fault.value: {"count": armed.count, "delay_s": armed.delay_s}
            for fault, armed in sorted(self._armed.items())
        }
