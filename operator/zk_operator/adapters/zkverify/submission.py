"""Sending an extrinsic, and what the pool's refusals mean (sc-rpc's author errors 1001 to 1021)."""

from zk_operator.adapters.zkverify.errors import (
    ExtrinsicExpired,
    ExtrinsicInvalid,
    NonceStale,
    PoolFull,
    PriorityTooLow,
    SignatureRefused,
    TemporarilyBanned,
    ValidityUnknown,
)
from zk_operator.adapters.zkverify.rpc import Rpc, RpcError
from zk_operator.domain.errors import OperatorError
from zk_operator.domain.failures import ActRefused, AmbiguousOutcome, BalanceTooLow
from zk_operator.domain.ids import hex0x

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


async def submit(rpc: Rpc, payload: bytes) -> None:
    """Give the pool the bytes. Returns also where the pool has them already.

    Errors: the leaves named in this module, ConnectionLost.
    """
    try:
        await rpc.request("author_submitExtrinsic", [hex0x(payload)])
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
