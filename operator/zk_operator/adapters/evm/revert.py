"""Reverts in JSON-RPC errors: every node wraps the revert data differently."""

import re
from typing import Final

from zk_operator.adapters.evm.abi import readable_revert
from zk_operator.adapters.evm.errors import RpcError

# 3: geth, reth, anvil, erigon. -32015: Nethermind, OpenEthereum. Besu answers -32000 with the word.
_REVERT_CODES: Final = frozenset({3, -32015})
_MOST_WRAPPERS: Final = 4  # of objects in objects around the data; nodes have one or two
_HEX: Final = re.compile(r"0x[0-9a-fA-F]*")


def revert_data(error: RpcError) -> bytes | None:
    """The revert data that the error carries (empty if it names none), or None if it is no revert."""
    if error.number not in _REVERT_CODES and "revert" not in error.text.lower():
        return None
    return _hex_in(error.data) or b""


def revert_reason(error: RpcError) -> str | None:
    """The revert in words, or None if the error is no revert."""
    raw = revert_data(error)
    if raw is None:
        return None
    return readable_revert(raw) if raw else error.text


def _hex_in(value: object) -> bytes | None:
    for _ in range(_MOST_WRAPPERS):
        if isinstance(value, dict):
            value = value.get("data") or value.get("result")
    found = _HEX.search(value) if isinstance(value, str) else None
    digits = found.group()[2:] if found else ""
    return bytes.fromhex(digits) if digits and len(digits) % 2 == 0 else None
