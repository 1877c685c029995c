"""The failures that the ports promise: what services decide on."""

from typing import ClassVar

from zk_acts.domain.errors import Disposition, OperatorError


class ZkVerifyUnreachable(OperatorError):
    """Raised when no zkVerify endpoint answers in time.

    Meaning: Every configured zkVerify endpoint refused the connection, stayed silent past its deadline, or is
    waiting to be tried again.

    What you see: `zkverify_endpoint.failed` with address and cause; proofs wait for verification. `status` shows
    each endpoint's failures and latency.

    What to do: Check the endpoints and the network in between; add a second endpoint of another provider. Nothing
    is lost: what was sent is looked up by its hash as soon as a node answers. At start-up the exit code is 69.
    """

    code: ClassVar[str] = "ZKO-ZKV-001"
    disposition = Disposition.TRANSIENT
    exit_code = 69


class ProofInvalid(OperatorError):
    """Raised when a returned proof fails its pairing check.

    Meaning: A proof fails its pairing check under the circuit's key for the program and public values that it
    should be of.

    What you see: An error; the proof is not used and nothing was paid to zkVerify.

    What to do: Check `prover.program_vkey` against the program. If that is right, the prover delivered a bad proof;
    report it with the request id.
    """

    code: ClassVar[str] = "ZKO-PRV-012"
    disposition = Disposition.REJECTED
