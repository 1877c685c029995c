"""Many submissions at little cost: calls composed without the codec, and JSON-RPC batches.

For programs that keep their nonces themselves. What the pool says of each is returned, not raised: one refusal says
nothing about the others. The daemon does not use this: its acts are stored and sent one by one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from zk_operator.adapters.zkverify.calls import submit_proof_call
from zk_operator.adapters.zkverify.errors import MalformedChainAnswer
from zk_operator.adapters.zkverify.rpc import RpcError, result_of
from zk_operator.adapters.zkverify.runtime import GROTH16, Runtime
from zk_operator.adapters.zkverify.scale import compact
from zk_operator.adapters.zkverify.submission import is_known_already, pool_refusal
from zk_operator.domain.groth16 import Groth16Proof, g1_to_le, g2_to_le
from zk_operator.domain.ids import Hash32, hex0x

MOST_AT_ONCE = 64  # of a kilobyte each; nodes take messages of at most 15 MB


class ProofCalls:
    """submit_proof calls under one Groth16 key, as `submit_proof_call` composes them and forty times as fast.

    The first call with each number of inputs is composed by the chain's metadata; only where our own bytes equal it are
    the following ones composed here.
    """

    def __init__(self, runtime: Runtime, *, vk_hash: Hash32, domain_id: int | None) -> None:
        self._runtime = runtime
        self._vk_hash = vk_hash
        self._domain_id = domain_id
        self._prefix = runtime.call_prefix(GROTH16, "submit_proof")
        self._trusted: set[int] = set()

    def call(self, proof: Groth16Proof, public_inputs: Sequence[bytes]) -> bytes:
        """One call; inputs are 32-byte little-endian scalars. Errors: those of `submit_proof_call`."""
        count = len(public_inputs)
        own = self._composed(proof, public_inputs)
        if count in self._trusted:
            return own
        by_metadata = submit_proof_call(
            self._runtime,
            vk_hash=self._vk_hash,
            proof=proof,
            public_inputs=public_inputs,
            domain_id=self._domain_id,
        )
        if own == by_metadata:
            self._trusted.add(count)
        return by_metadata

    def _composed(self, proof: Groth16Proof, public_inputs: Sequence[bytes]) -> bytes:
        points = (g1_to_le(proof.a), g2_to_le(proof.b), g1_to_le(proof.c))
        domain = self._domain_id
        return b"".join(
            (
                *(self._prefix, b"\x00", self._vk_hash, b"\x00"),  # by hash; curve BN254
                *(compact(len(point)) + point for point in points),
                compact(len(public_inputs)),
                *(compact(len(scalar)) + scalar for scalar in public_inputs),
                b"\x00" if domain is None else b"\x01" + domain.to_bytes(4, "little"),
            )
        )


class BatchRpc(Protocol):
    """Calls in one message. Errors: ConnectionLost, MalformedChainAnswer."""

    async def batch(self, method: str, params: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
        """One answer for each list of parameters, in order."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the pool said of one extrinsic: taken, or refused with one of our error codes."""

    taken: bool
    code: str | None = None
    text: str = ""


async def submit_many(rpc: BatchRpc, payloads: Sequence[bytes]) -> list[Verdict]:
    """Give the pool all of them, in order; what it has already counts as taken.

    Errors: ConnectionLost (any of them may have arrived), MalformedChainAnswer.
    """
    found: list[Verdict] = []
    for start in range(0, len(payloads), MOST_AT_ONCE):
        part = payloads[start : start + MOST_AT_ONCE]
        answers = await rpc.batch("author_submitExtrinsic", [[hex0x(raw)] for raw in part])
        if len(answers) != len(part):
            raise MalformedChainAnswer("a batch was not answered in full")
        found += [_verdict(answer) for answer in answers]
    return found


def _verdict(answer: dict[str, Any]) -> Verdict:
    try:
        result_of(answer)
    except RpcError as error:
        if is_known_already(error):
            return Verdict(taken=True)
        refusal = pool_refusal(error)
        return Verdict(taken=False, code=refusal.code, text=str(error))
    return Verdict(taken=True)
