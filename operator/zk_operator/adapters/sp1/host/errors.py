"""What can go wrong with the prover host."""

from typing import ClassVar

from zk_operator.domain.errors import Disposition, OperatorError


class HostError(OperatorError):
    """Raised when the prover host cannot do what it is asked; only its leaves are used."""

    code: ClassVar[str] = "ZKO-HST-000"
    disposition: ClassVar[Disposition] = Disposition.DEGRADED


class HostMissing(HostError):
    """Raised when the prover host is asked for and its binary is not there; `make prover` builds it."""

    code: ClassVar[str] = "ZKO-HST-001"
    exit_code: ClassVar[int] = 69


class HostStartFailed(HostError):
    """Raised when the prover host ends, or says nothing for too long, before it listens."""

    code: ClassVar[str] = "ZKO-HST-002"


class HostMemoryShort(HostError):
    """Raised when the machine has not the memory that the CPU prover needs."""

    code: ClassVar[str] = "ZKO-HST-003"


class HostUnreachable(HostError):
    """Raised when the connection to the prover host breaks, or an answer does not come in time."""

    code: ClassVar[str] = "ZKO-HST-004"
    disposition: ClassVar[Disposition] = Disposition.TRANSIENT


class HostAnswerMalformed(HostError):
    """Raised when the prover host answers something that its protocol does not allow."""

    code: ClassVar[str] = "ZKO-HST-005"


class HostRefused(HostError):
    """Raised when the prover host refuses a program, an input or a proof that does not decode or does not run."""

    code: ClassVar[str] = "ZKO-HST-010"
    disposition: ClassVar[Disposition] = Disposition.REJECTED


class HostIncapable(HostError):
    """Raised when the prover host was started or built without what a request needs, or is too busy."""

    code: ClassVar[str] = "ZKO-HST-011"


class HostProvingFailed(HostError):
    """Raised when proving failed, or SP1 broke off with a panic; the attempt is lost, the operator is not."""

    code: ClassVar[str] = "ZKO-HST-012"
    disposition: ClassVar[Disposition] = Disposition.TRANSIENT
