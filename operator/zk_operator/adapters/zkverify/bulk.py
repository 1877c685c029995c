"""Many extrinsics in one message: JSON-RPC batches, for programs that sign ahead under nonces of their own.

What the pool says of each is returned, not raised: one refusal says nothing about the others. The daemon does not use
this: its acts are stored and sent one by one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from zk_operator.adapters.zkverify.errors import MalformedChainAnswer
from zk_operator.adapters.zkverify.rpc import RpcError, result_of
from zk_operator.adapters.zkverify.submission import is_known_already, pool_refusal
from zk_operator.domain.ids import hex0x

MOST_AT_ONCE = 64  # of a kilobyte each; nodes take messages of at most 15 MB


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
