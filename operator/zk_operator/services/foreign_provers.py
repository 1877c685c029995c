"""Foreign provers: configured ones whose proofs are of another system than SP1's.

The router weighs them beside the others, and passes them over with the reason: zkVerify says itself what it verifies.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

import anyio
import structlog

from zk_acts.domain.errors import Disposition, OperatorError
from zk_acts.ports.clock import Clock
from zk_operator.domain.routing import Candidate
from zkverify_client.domain.failures import ZkVerifyUnreachable


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


log = structlog.get_logger("router")
REFRESH_MS = 60_000
NOT_ASKED = ZkVerifyUnreachable("it was not asked yet which proofs it verifies")


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignProver:
    """One of them. `system`: as zkVerify's runtime names it. `cost`: as a `ProverLane`'s."""

    name: str
    system: str
    assumed_ms: int
    cost: int = 0


class ProofSystems(Protocol):
    """As `VerificationReader`."""

    async def proof_systems(self) -> frozenset[str]: ...


def refusal_of(system: str, verified: frozenset[str]) -> OperatorError:
    """Why proofs of that system settle nothing, where zkVerify verifies those."""
    if system not in verified:
        # By the runtime's own word: nothing is known here that an upgrade could make wrong (ADR 0228).
        return ProofSystemUnverified(system=system, verified=sorted(verified))
    return ProofSystemUnsettled(system=system)


class ForeignProvers:
    """A service of its own: it asks again once in a while, as a runtime upgrade may bring a verifier. The router never waits for
    the answer: it goes by what was said last."""

    name = "proof_systems"
    description = "Asks zkVerify which proofs it verifies"

    def __init__(
        self,
        *,
        provers: Sequence[ForeignProver],
        reader: ProofSystems,
        clock: Clock,
        refresh_ms: int = REFRESH_MS,
        timeout_s: float = 10.0,
    ) -> None:
        self.provers = tuple(provers)
        self._reader = reader
        self._clock = clock
        self._refresh_ms = refresh_ms
        self._timeout_s = timeout_s
        self._asked_ms: int | None = None
        self._refusals: dict[str, OperatorError] = {}
        self._asking = anyio.Lock()

    async def wake(self) -> None:
        """A runtime upgrade is nothing that has to be known at once: the interval is enough."""
        await anyio.sleep_forever()

    async def tick(self) -> None:
        """Ask, if it is time to."""
        await self.refusals()

    def candidates(self) -> Sequence[Candidate]:
        """As the router weighs them: by what is assumed, with their refusals as far as they are known."""
        return [
            Candidate(
                name=each.name,
                p50_ms=each.assumed_ms // 2,
                p95_ms=each.assumed_ms,
                cost=each.cost,
                refusal=self._refusals.get(each.name, NOT_ASKED).code,
            )
            for each in self.provers
        ]

    async def refusals(self) -> Mapping[str, OperatorError]:
        """By prover. What was said last counts while zkVerify cannot be asked."""
        async with self._asking:  # whoever comes meanwhile waits for the same answer
            now = self._clock.now_ms()
            due = self._asked_ms is None or now - self._asked_ms >= self._refresh_ms
            if self.provers and due:
                await self._ask()
                self._asked_ms = now
        return self._refusals

    async def _ask(self) -> None:
        found = {}
        try:
            with anyio.fail_after(self._timeout_s):
                verified = await self._reader.proof_systems()
            found = {each.name: refusal_of(each.system, verified) for each in self.provers}
        except TimeoutError:
            self._not_told(ZkVerifyUnreachable("it did not say in time which proofs it verifies"))
        except OperatorError as error:
            self._not_told(error)
        for name, refusal in found.items():
            known = self._refusals.get(name)
            self._refusals[name] = refusal
            if known is None or known.code != refusal.code:
                log.warning("prover.refused", backend=name, code=refusal.code, error=str(refusal))

    def _not_told(self, error: OperatorError) -> None:
        for each in self.provers:
            self._refusals.setdefault(each.name, error)
