"""JSON-RPC values, strictly read. Format: the Ethereum execution API (quantities without leading zeros are not
enforced: nodes differ)."""

from collections.abc import Mapping, Sequence

from zk_operator.domain.failures import MalformedAnswer
from zk_operator.domain.ids import Hash32


def quantity(value: object, what: str) -> int:
    """The integer of a 0x-hex quantity. Error: MalformedAnswer."""
    if not isinstance(value, str) or not value.startswith("0x"):
        raise MalformedAnswer(f"{what} is no quantity", value=_shown(value))
    try:
        return int(value, 16)
    except ValueError:
        raise MalformedAnswer(f"{what} is no quantity", value=_shown(value)) from None


def data(value: object, what: str, size: int | None = None) -> bytes:
    """The bytes of 0x-hex data, of exactly `size` where given. Error: MalformedAnswer."""
    if not isinstance(value, str) or not value.startswith("0x"):
        raise MalformedAnswer(f"{what} is no data", value=_shown(value))
    try:
        raw = bytes.fromhex(value[2:])
    except ValueError:
        raise MalformedAnswer(f"{what} is no data", value=_shown(value)) from None
    if size is not None and len(raw) != size:
        raise MalformedAnswer(f"{what} has a wrong length", size=len(raw), wanted=size)
    return raw


def hash32(value: object, what: str) -> Hash32:
    """A 32-byte hash. Error: MalformedAnswer."""
    return Hash32(data(value, what, 32))


def members(value: object, what: str) -> Mapping[str, object]:
    """A JSON object. Error: MalformedAnswer."""
    if not isinstance(value, Mapping):
        raise MalformedAnswer(f"{what} is no object", value=_shown(value))
    return value


def items(value: object, what: str) -> Sequence[object]:
    """A JSON array. Error: MalformedAnswer."""
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        raise MalformedAnswer(f"{what} is no array", value=_shown(value))
    return value


def as_hex(value: int) -> str:
    """A quantity as parameters carry it."""
    return hex(value)


def _shown(value: object) -> str:
    return repr(value)[:80]
