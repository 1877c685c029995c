"""Why the proofs of a prover could not be settled."""

from typing import ClassVar

from zk_acts.domain.errors import Disposition, OperatorError


class ProofSystemUnverified(OperatorError):
    """Raised when zkVerify has no verifier for the proofs that a prover makes.

    Meaning: The prover makes proofs of a system for which zkVerify's runtime has no verifier, by its own metadata.
    Nothing that it proves could be settled, so the router passes it over.

    What you see: `prover.refused` in the log, `refused` in `zk-operator status` and `zk-operator prover status`, and in
    every `route.chosen` line. The other backends are asked as if it were not there.

    What to do: Nothing, as long as another backend is configured. zkVerify is asked again every minute: a runtime
    upgrade that brings the verifier changes the reason.
    """

    code: ClassVar[str] = "ZKO-PRV-062"
    disposition: ClassVar[Disposition] = Disposition.REJECTED


class ProofSystemUnsettled(OperatorError):
    """Raised when zkVerify verifies a prover's proofs, but the settlement contract has no route for them.

    Meaning: zkVerify has a verifier for the prover's proofs now, but the settlement contract recomputes the statement
    of an SP1 proof: another system's statement is not one that it believes.

    What you see: As with ZKO-PRV-062, with this code.

    What to do: Nothing. It needs contracts and an operator that know the system.
    """

    code: ClassVar[str] = "ZKO-PRV-063"
    disposition: ClassVar[Disposition] = Disposition.REJECTED
