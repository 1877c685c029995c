"""RLP, as much of it as headers and transactions need."""

from collections.abc import Sequence

Item = bytes | Sequence["Item"]
_SHORT = 55


class Malformed(ValueError):
    """Raised when bytes are no RLP."""


def encode(item: Item) -> bytes:
    """Bytes, or a list of items."""
    if isinstance(item, bytes):
        if len(item) == 1 and item[0] < 0x80:
            return item
        return _prefix(len(item), 0x80) + item
    body = b"".join(encode(each) for each in item)
    return _prefix(len(body), 0xC0) + body


def decode_list(raw: bytes) -> list[bytes]:
    """The items of a list; lists in it are given as the bytes within. Raises Malformed."""
    if not raw or raw[0] < 0xC0:
        raise Malformed("no list")
    start, end = _span(raw, 0)
    found, at = [], start
    while at < end:
        if raw[at] < 0x80:
            found.append(raw[at : at + 1])
            at += 1
            continue
        first, last = _span(raw, at)
        found.append(raw[first:last])
        at = last
    if end != len(raw) or at != end:
        raise Malformed("a list has another length")
    return found


def _prefix(size: int, base: int) -> bytes:
    if size <= _SHORT:
        return bytes([base + size])
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([base + _SHORT + len(length)]) + length


def _span(raw: bytes, at: int) -> tuple[int, int]:
    """Where the content of the item at a place begins and ends."""
    base = 0x80 if raw[at] < 0xC0 else 0xC0
    size = raw[at] - base
    start = at + 1
    if size > _SHORT:
        width = size - _SHORT
        size, start = int.from_bytes(raw[start : start + width]), start + width
    return start, start + size
