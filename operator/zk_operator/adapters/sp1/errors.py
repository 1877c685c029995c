"""What can go wrong with a prover, beyond what its port promises."""

from typing import ClassVar

from zk_operator.domain.errors import Disposition, OperatorError
from zk_operator.domain.failures import ActRefused, ProverUnreachable


class ProverAnswerMalformed(ProverUnreachable):
    """Raised when the prover network answers something that its protocol does not allow."""

    code: ClassVar[str] = "ZKO-PRV-002"


class ArtifactUnavailable(ProverUnreachable):
    """Raised when an input cannot be uploaded, or a proof not downloaded."""

    code: ClassVar[str] = "ZKO-PRV-003"


class ProverRateLimited(ProverUnreachable):
    """Raised when the prover network answers that it is asked too often."""

    code: ClassVar[str] = "ZKO-PRV-004"
    disposition: ClassVar[Disposition] = Disposition.RATE_LIMITED


class NonceRefused(ActRefused):
    """Raised when the prover network refuses a nonce that lies ahead of the account's."""

    code: ClassVar[str] = "ZKO-PRV-020"


class RequestInvalid(ActRefused):
    """Raised when the prover network refuses the terms of a call."""

    code: ClassVar[str] = "ZKO-PRV-021"


class VersionUnsupported(ActRefused):
    """Raised when the prover network does not make proofs of the configured circuit version any more."""

    code: ClassVar[str] = "ZKO-PRV-022"
    disposition: ClassVar[Disposition] = Disposition.DEGRADED


class CallForbidden(ActRefused):
    """Raised when the prover network does not let this account do what it asked for."""

    code: ClassVar[str] = "ZKO-PRV-023"
    disposition: ClassVar[Disposition] = Disposition.DEGRADED


class ProverBalanceRefused(ActRefused):
    """Raised when the prover network refuses a request because the account cannot pay for it."""

    code: ClassVar[str] = "ZKO-PRV-024"
    disposition: ClassVar[Disposition] = Disposition.DEGRADED


class ProgramNotRegistered(ActRefused):
    """Raised when the prover network does not know the program that a request names."""

    code: ClassVar[str] = "ZKO-PRV-025"
    disposition: ClassVar[Disposition] = Disposition.TRANSIENT


class RequestRateLimited(ActRefused):
    """Raised when the prover network refuses a paid act because there are too many."""

    code: ClassVar[str] = "ZKO-PRV-026"
    disposition: ClassVar[Disposition] = Disposition.RATE_LIMITED


class CallNotOffered(ActRefused):
    """Raised when the prover network does not offer a call; the configured tree may be the wrong one."""

    code: ClassVar[str] = "ZKO-PRV-027"
    disposition: ClassVar[Disposition] = Disposition.DEGRADED


class PriceOutOfReach(OperatorError):
    """Raised when the prover network's price or base fee is above what the configuration allows."""

    code: ClassVar[str] = "ZKO-PRV-030"
    disposition: ClassVar[Disposition] = Disposition.DEGRADED


class ProgramKeyMissing(OperatorError):
    """Raised when a program has to be registered and its full verifying key is not configured."""

    code: ClassVar[str] = "ZKO-PRV-031"
    disposition: ClassVar[Disposition] = Disposition.FATAL
    exit_code: ClassVar[int] = 78


class WrongProgram(OperatorError):
    """Raised when a proof of another program than the configured one is asked for, or its vkey is none."""

    code: ClassVar[str] = "ZKO-PRV-032"
    disposition: ClassVar[Disposition] = Disposition.REJECTED


class RequestFailed(OperatorError):
    """Raised when a proof request has ended without a proof; only its leaves are used, as codes of outcomes."""

    code: ClassVar[str] = "ZKO-PRV-040"
    disposition: ClassVar[Disposition] = Disposition.REJECTED


class RequestUnfulfillable(RequestFailed):
    """Raised when the prover that took a request gave it up."""

    code: ClassVar[str] = "ZKO-PRV-042"


class RequestReverted(RequestFailed):
    """Raised when the prover network could not settle a request."""

    code: ClassVar[str] = "ZKO-PRV-043"


class RequestExpired(RequestFailed):
    """Raised when a request's deadline passed without a proof."""

    code: ClassVar[str] = "ZKO-PRV-044"


class AuctionTimedOut(RequestFailed):
    """Raised when no prover took a request in time, and it was cancelled; usually the price cap is too low."""

    code: ClassVar[str] = "ZKO-PRV-045"


class ProofUriMissing(RequestFailed):
    """Raised when a request is fulfilled, but the network never says where the proof is."""

    code: ClassVar[str] = "ZKO-PRV-046"


class ProofKindUnusable(OperatorError):
    """Raised when a prover makes a kind of proof that zkVerify cannot verify on the configured route."""

    code: ClassVar[str] = "ZKO-PRV-013"
    disposition: ClassVar[Disposition] = Disposition.DEGRADED
    exit_code: ClassVar[int] = 78


class RequestDropped(RequestFailed):
    """Raised when a local proof was broken off because it is not needed any more."""

    code: ClassVar[str] = "ZKO-PRV-047"


class GpuServerUnreachable(ProverUnreachable):
    """Raised when sp1-gpu-server does not listen, breaks the connection, or does not answer in time."""

    code: ClassVar[str] = "ZKO-PRV-050"


class GpuServerUnsuitable(OperatorError):
    """Raised when sp1-gpu-server is not there, or is of another version than the one that is spoken here."""

    code: ClassVar[str] = "ZKO-PRV-051"
    disposition: ClassVar[Disposition] = Disposition.DEGRADED
    exit_code: ClassVar[int] = 69


class GpuProvingFailed(OperatorError):
    """Raised when sp1-gpu-server answers that it failed, or answers something that its protocol does not allow."""

    code: ClassVar[str] = "ZKO-PRV-052"
    disposition: ClassVar[Disposition] = Disposition.TRANSIENT


class GpuServerEnded(OperatorError):
    """Raised when sp1-gpu-server ends by itself: no CUDA device, a driver that is too old, or a failure at work."""

    code: ClassVar[str] = "ZKO-PRV-053"
    disposition: ClassVar[Disposition] = Disposition.DEGRADED
    exit_code: ClassVar[int] = 69


class GpuDeviceTaken(OperatorError):
    """Raised when another server than the operator's own listens for the device."""

    code: ClassVar[str] = "ZKO-PRV-054"
    disposition: ClassVar[Disposition] = Disposition.DEGRADED
    exit_code: ClassVar[int] = 69


class GpuCircuitsMissing(OperatorError):
    """Raised when a GPU server of the operator's is to make Groth16 proofs without SP1's circuit files."""

    code: ClassVar[str] = "ZKO-PRV-055"
    disposition: ClassVar[Disposition] = Disposition.DEGRADED
    exit_code: ClassVar[int] = 69


class ZiskMissing(OperatorError):
    """Raised when ZisK is asked for and cargo-zisk is not installed."""

    code: ClassVar[str] = "ZKO-PRV-060"
    disposition: ClassVar[Disposition] = Disposition.DEGRADED
    exit_code: ClassVar[int] = 69


class ZiskFailed(OperatorError):
    """Raised when cargo-zisk ends with an error, takes too long, or leaves no proof behind."""

    code: ClassVar[str] = "ZKO-PRV-061"
    disposition: ClassVar[Disposition] = Disposition.REJECTED
