"""What the dev server answers when it refuses a call, and why a program did not execute."""

from typing import ClassVar

import grpc

from zk_devnet.prover_network.states import FailureCause
from zk_operator.domain.errors import Disposition, OperatorError


class CallRefused(OperatorError):
    """Raised when the prover-network dev server refuses a call; `status` travels to the client."""

    code: ClassVar[str] = "ZKO-DEV-010"
    disposition = Disposition.REJECTED

    def __init__(self, status: grpc.StatusCode, message: str) -> None:
        super().__init__(message)
        self.status = status


class ExecutionFailed(OperatorError):
    """Raised when a program does not run to a clean end; `cause` is what the network reports."""

    code: ClassVar[str] = "ZKO-DEV-011"
    disposition = Disposition.REJECTED

    def __init__(self, cause: FailureCause, message: str) -> None:
        super().__init__(message)
        self.cause = cause


class ProgramUnknown(OperatorError):
    """Raised when the dev prover has no way to run a program's ELF."""

    code: ClassVar[str] = "ZKO-DEV-012"
    disposition = Disposition.REJECTED


class BincodeMalformed(OperatorError):
    """Raised when an uploaded program or input is not the bincode that the network takes."""

    code: ClassVar[str] = "ZKO-DEV-013"
    disposition = Disposition.REJECTED


class HostFailed(OperatorError):
    """Raised when the prover host that the dev server was given fails at what it is there for."""

    code: ClassVar[str] = "ZKO-DEV-015"
    disposition = Disposition.DEGRADED
