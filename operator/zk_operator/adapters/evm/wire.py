"""JSON-RPC values, strictly read. Format: the Ethereum execution API (quantities without leading zeros are not
enforced: nodes differ)."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from zk_acts.domain.ids import Hash32
from zk_acts.domain.json_text import brief
from zk_operator.domain.failures import MalformedAnswer

_ROW_BITS: Final = 63
_HEX: Final = re.compile(r"0x([0-9a-fA-F]*)")


def quantity(value: object, what: str, bits: int = 256) -> int:
    """The integer of a 0x-hex quantity, of no more than so many bits. Error: MalformedAnswer."""
    digits = _digits(value)
    if not digits or 4 * len(digits.lstrip("0")) > bits + 3:
        raise MalformedAnswer(f"{what} is no quantity", value=brief(value, 80))
    found = int(digits, 16)
    if found >> bits:
        raise MalformedAnswer(f"{what} is out of range", value=brief(value, 80))
    return found


def place(value: object, what: str) -> int:
    """The number of a block, a place in one, or a time: as large as a row can hold. Error: MalformedAnswer."""
    return quantity(value, what, _ROW_BITS)


def data(value: object, what: str, size: int | None = None) -> bytes:
    """The bytes of 0x-hex data, of exactly `size` where given. Error: MalformedAnswer."""
    digits = _digits(value)
    if digits is None or len(digits) % 2:
        raise MalformedAnswer(f"{what} is no data", value=brief(value, 80))
    raw = bytes.fromhex(digits)
    if size is not None and len(raw) != size:
        raise MalformedAnswer(f"{what} has a wrong length", size=len(raw), wanted=size)
    return raw


def hash32(value: object, what: str) -> Hash32:
    """A 32-byte hash. Error: MalformedAnswer."""
    return Hash32(data(value, what, 32))


def members(value: object, what: str) -> Mapping[str, object]:
    """A JSON object. Error: MalformedAnswer."""
    if not isinstance(value, Mapping):
        raise MalformedAnswer(f"{what} is no object", value=brief(value, 80))
    return value


def items(value: object, what: str) -> Sequence[object]:
    """A JSON array. Error: MalformedAnswer."""
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        raise MalformedAnswer(f"{what} is no array", value=brief(value, 80))
    return value


def as_hex(value: int) -> str:
    """A quantity as parameters carry it."""
    return hex(value)


def _digits(value: object) -> str | None:
    """The hex digits; None where there is anything else (int() would take signs, blanks and underscores)."""
    found = _HEX.fullmatch(value) if isinstance(value, str) else None
    return found.group(1) if found else None
