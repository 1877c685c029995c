"""Sending an extrinsic, and what the pool's refusals mean (sc-rpc's author errors 1001 to 1021)."""

from collections.abc import Sequence
from typing import Any, Protocol

from zk_acts.domain.errors import OperatorError
from zk_acts.domain.failures import ActRefused, AmbiguousOutcome, BalanceTooLow
from zk_acts.domain.ids import hex0x
from zk_acts.ports.act import Answer
from zkverify_client.adapters.errors import (
    ExtrinsicExpired,
    ExtrinsicInvalid,
    MalformedChainAnswer,
    NonceStale,
    PoolFull,
    PriorityTooLow,
    SignatureRefused,
    TemporarilyBanned,
    ValidityUnknown,
)
from zkverify_client.adapters.rpc import Rpc, RpcError, result_of

MOST_AT_ONCE = 64  # of a kilobyte each; nodes take messages of at most 15 MB
_SUBMIT = "author_submitExtrinsic"
_INVALID = 1010
_ALREADY_IMPORTED = 1013
_BY_CODE: dict[int, type[OperatorError]] = {
    -32601: ActRefused,  # a gateway without author methods: nothing was called
    1001: ExtrinsicInvalid,  # bad format
    1002: ExtrinsicInvalid,  # verification error
    1011: ValidityUnknown,
    # Nodes also ban what was in a recently imported block, so a ban may mean that it is included.
    1012: TemporarilyBanned,
    1014: PriorityTooLow,
    1015: ExtrinsicInvalid,  # cycle
    1016: PoolFull,
    1018: ExtrinsicInvalid,  # unactionable
    1019: ExtrinsicInvalid,  # no tags provided
    1020: ValidityUnknown,  # invalid block id
    1021: PoolFull,  # the future queue takes no more
}
_BY_TEXT: tuple[tuple[str, type[OperatorError]], ...] = (
    ("outdated", NonceStale),
    ("stale", NonceStale),
    ("inability to pay", BalanceTooLow),
    ("payment", BalanceTooLow),
    ("bad signature", SignatureRefused),
    ("bad proof", SignatureRefused),
    ("badproof", SignatureRefused),
    ("ancient birth block", ExtrinsicExpired),
    ("ancientbirthblock", ExtrinsicExpired),
    ("in the future", ValidityUnknown),
)
"""sp-runtime's texts for InvalidTransaction, in the data of error 1010."""


class BatchRpc(Rpc, Protocol):
    """Also several calls in one message."""

    async def batch(self, method: str, params: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
        """One answer for each list of parameters, in order. RpcError where the node takes no batches."""
        ...


async def submit_many(rpc: BatchRpc, payloads: Sequence[bytes]) -> list[Answer]:
    """Give the pool all of them, in order; what it said of each. What it has already counts as taken.

    Errors: ConnectionLost, MalformedChainAnswer: any of them may have arrived.
    """
    found: list[Answer] = []
    for start in range(0, len(payloads), MOST_AT_ONCE):
        found += await _submit_message(rpc, payloads[start : start + MOST_AT_ONCE])
    return found


async def _submit_message(rpc: BatchRpc, payloads: Sequence[bytes]) -> list[Answer]:
    try:
        answers = await rpc.batch(_SUBMIT, [[hex0x(raw)] for raw in payloads])
    except RpcError:  # a node, or a gateway, that takes no batches: nothing was called
        return [await _submit_alone(rpc, raw) for raw in payloads]
    if len(answers) != len(payloads):
        raise MalformedChainAnswer("a batch was not answered in full")
    return [_answer(answer) for answer in answers]


async def _submit_alone(rpc: Rpc, payload: bytes) -> Answer:
    try:
        await submit(rpc, payload)
    except MalformedChainAnswer:
        raise
    except OperatorError as error:
        return _refused(error)
    return Answer(taken=True)


def _answer(answer: dict[str, Any]) -> Answer:
    try:
        result_of(answer)
    except RpcError as error:
        return Answer(taken=True) if is_known_already(error) else _refused(pool_refusal(error))
    return Answer(taken=True)


def _refused(error: OperatorError) -> Answer:
    """A refusal that proves that nothing was taken, or an outcome that is not known."""
    definite = isinstance(error, (ActRefused, BalanceTooLow))
    return Answer(taken=False if definite else None, code=error.code, text=str(error))


async def submit(rpc: Rpc, payload: bytes) -> None:
    """Give the pool the bytes. Returns also where the pool has them already.

    Errors: the leaves named in this module, ConnectionLost.
    """
    try:
        await rpc.request(_SUBMIT, [hex0x(payload)])
    except RpcError as error:
        if not is_known_already(error):
            raise pool_refusal(error) from error


def is_known_already(error: RpcError) -> bool:
    """Whether the pool says that it holds these very bytes."""
    return error.code == _ALREADY_IMPORTED


def pool_refusal(error: RpcError) -> OperatorError:
    """Our error for the pool's."""
    text = f"{error.message} {error.data}".strip()[:300]
    return _leaf(error)(rpc_code=error.code, text=text)


def _leaf(error: RpcError) -> type[OperatorError]:
    if error.code == _INVALID:
        text = f"{error.message} {error.data}".lower()
        return next((leaf for mark, leaf in _BY_TEXT if mark in text), ExtrinsicInvalid)
    # An error outside the pool's own (a gateway's, an internal one) does not say that the bytes stayed outside.
    return _BY_CODE.get(error.code, AmbiguousOutcome)
