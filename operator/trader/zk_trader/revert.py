"""Why a swap that was to become an order reverted. Uniswap v4 wraps what a hook reverts with."""

from typing import Final

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

from zk_acts.domain.hashing import keccak
from zk_acts.domain.ids import hex0x
from zk_operator.adapters.evm.abi import readable_revert
from zk_operator.domain.failures import CallReverted
from zk_trader.errors import OrderRejectedOnChain
from zk_trader.reject_code import reject_meaning

_WRAPPED_TYPES: Final = ("address", "bytes4", "bytes", "bytes")
_WRAPPED: Final = keccak(f"WrappedError({','.join(_WRAPPED_TYPES)})".encode())[:4]
_REFUSED_TYPES: Final = ("bytes32", "uint8")
_REFUSED: Final = keccak(f"OrderRefused({','.join(_REFUSED_TYPES)})".encode())[:4]


def swap_refusal(raw: bytes) -> OrderRejectedOnChain | CallReverted | None:
    """The hook's own reason inside revert data; None where the data is not a hook's."""
    reason = _unwrapped(raw)
    if reason is None:
        return None
    if reason[:4] == _REFUSED:
        try:
            order_id, code = decode(_REFUSED_TYPES, reason[4:])
        except (DecodingError, OverflowError):
            return CallReverted(reason=hex0x(reason))
        return OrderRejectedOnChain(order_id=hex0x(order_id), reason=reject_meaning(code))
    return CallReverted(reason=readable_revert(reason))


def _unwrapped(raw: bytes) -> bytes | None:
    if raw[:4] == _REFUSED:
        return raw
    if raw[:4] != _WRAPPED:
        return None
    try:
        _, _, reason, _ = decode(_WRAPPED_TYPES, raw[4:])
    except (DecodingError, OverflowError):
        return None
    return bytes(reason)
