"""What the dev server answers when it refuses a call, and why a program did not execute."""

from typing import ClassVar

import grpc

from zk_acts.domain.errors import Disposition, OperatorError
from zk_devnet.prover_network.states import FailureCause


class CallRefused(OperatorError):
    """Raised when the prover-network dev server refuses a call; `status` travels to the client.

    Meaning: The devnet's prover network answered a gRPC call with an error status, as the real network would: bad
    terms (InvalidArgument), wrong nonce (Unavailable), too low a balance or an unregistered program
    (FailedPrecondition), a signature that does not recover (Unauthenticated), an unknown request or program
    (NotFound).

    What you see: `call.refused` in the dev server's log with the RPC, the status and the reason; the client gets
    the same text.

    What to do: Nothing on the server. Read the reason; `/dev/status` shows accounts, nonces and armed faults.
    """

    code: ClassVar[str] = "ZKO-DEV-010"
    disposition = Disposition.REJECTED

    def __init__(self, status: grpc.StatusCode, message: str) -> None:
        super().__init__(message)
        self.status = status


class ExecutionFailed(OperatorError):
    """Raised when a program does not run to a clean end; `cause` is what the network reports.

    Meaning: The dev prover ran a batch and it broke the batch rule, its input did not decode, or it passed the
    requested cycle or gas limit. The request ends as unexecutable, and the requester is charged the maximum, as on
    the real network.

    What you see: `request.unexecutable` with the clause of the rule that was broken.

    What to do: The operator proposed a bad batch: that is a bug, or a fault that was injected. Compare the input
    with `docs/reference/batch-rule.md`; raise the limits if one of them was the cause.
    """

    code: ClassVar[str] = "ZKO-DEV-011"
    disposition = Disposition.REJECTED

    def __init__(self, cause: FailureCause, message: str) -> None:
        super().__init__(message)
        self.cause = cause


class ProgramUnknown(OperatorError):
    """Raised when the dev prover has no way to run a program's ELF.

    Meaning: The uploaded ELF is not one that the devnet's prover knows. It runs no machine code: it recognises the
    devnet's marker program and runs the batch rule in its place.

    What you see: The request ends as unfulfillable with error "unknown failure".

    What to do: Configure the devnet's marker program (`zk_devnet.prover_network.program`), or use a real prover.
    """

    code: ClassVar[str] = "ZKO-DEV-012"
    disposition = Disposition.REJECTED


class BincodeMalformed(OperatorError):
    """Raised when an uploaded program or input is not the bincode that the network takes.

    Meaning: A program or an input that was uploaded to the devnet's artifact store is not valid bincode, or its
    zstd frame is damaged or too large.

    What you see: An upload answered with status 400, or a request that ends as unexecutable or unfulfillable.

    What to do: Check the client's encoding against `docs/reference/devnet-prover-network.md`.
    """

    code: ClassVar[str] = "ZKO-DEV-013"
    disposition = Disposition.REJECTED


class HostFailed(OperatorError):
    """Raised when the prover host that the dev server was given fails at what it is there for.

    Meaning: The prover-network dev server was given a prover host (`make prover`), and it did not start, ended, or
    made no proof that SP1's own verifier accepts.

    What you see: At the start: the devnet does not come up. Later: the request is given up as unfulfillable, with
    `request.failed` in the devnet's log.

    What to do: Look for the host's own line in the devnet's output: `memory` means that less than 16 GiB is free.
    Without `--prover-host`, the devnet runs the batch rule natively and needs no host.
    """

    code: ClassVar[str] = "ZKO-DEV-015"
    disposition = Disposition.DEGRADED
