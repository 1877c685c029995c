"""What makes proofs on a machine of one's own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from zk_operator.adapters.sp1.saved_proof import Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofJob:
    """A program's run to prove. `stdin`: bincode of an SP1Stdin; `nonce`: the proof's, four 32-bit words."""

    elf: bytes
    stdin: bytes
    mode: Mode
    timeout_s: float
    nonce: int = 0


class Engine(Protocol):
    """A local prover. Errors are OperatorErrors; cancelling a call ends its work."""

    @property
    def capacity(self) -> int:
        """Proofs that it can make at the same time."""
        ...

    async def require_ready(self) -> None:
        """Raises the reason why it could not prove now; cheap."""
        ...

    async def prove(self, job: ProofJob) -> bytes:
        """The proof in SP1's container, as it was made; nothing in it has been checked."""
        ...

    async def status(self) -> Mapping[str, object]:
        """For people: version, memory, work in hand."""
        ...
