"""The prover host's messages: `u32 LE size ‖ u32 LE header size ‖ header (JSON) ‖ parts`.

Format: docs/reference/prover-host.md. One request per connection: closing it cancels the request.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zk_acts.domain.json_text import JsonInvalid, brief, parse_json
from zk_operator.adapters.sp1.host.errors import (
    HostAnswerMalformed,
    HostError,
    HostIncapable,
    HostMemoryShort,
    HostProvingFailed,
    HostRefused,
    HostUnreachable,
)

MAX_MESSAGE = 64 << 20
SIZE_BYTES = 4
REQUEST_ID = 1
_SAYS = 2_000  # as long as the host lets its messages be

_ERRORS: Mapping[str, type[HostError]] = {
    "malformed": HostRefused,
    "program": HostRefused,
    "execution": HostRefused,
    "proof": HostRefused,
    "proving": HostProvingFailed,
    "internal": HostProvingFailed,
    "unavailable": HostIncapable,
    "busy": HostIncapable,
    "memory": HostMemoryShort,
    "cancelled": HostUnreachable,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the host answered: JSON fields, and byte strings."""

    fields: Mapping[str, Any]
    parts: tuple[bytes, ...]


def encode_request(op: str, terms: Mapping[str, object] | None, parts: Sequence[bytes]) -> bytes:
    """One framed request. `terms`: the operation's arguments, where it has any."""
    named: object = op if terms is None else {op: dict(terms)}
    header = {"id": REQUEST_ID, "op": named, "parts": [len(part) for part in parts]}
    text = json.dumps(header).encode()
    message = _u32(len(text)) + text + b"".join(parts)
    return _u32(len(message)) + message


def message_size(prefix: bytes) -> int:
    """Bytes that follow the first four. Errors: HostAnswerMalformed."""
    size = int.from_bytes(prefix, "little")
    if not SIZE_BYTES <= size <= MAX_MESSAGE:
        raise HostAnswerMalformed(size=size)
    return size


def decode_answer(message: bytes) -> Answer:
    """A message without its size. Errors: HostAnswerMalformed, or the leaf that the host's error stands for."""
    header_end = SIZE_BYTES + int.from_bytes(message[:SIZE_BYTES], "little")
    header = _header(message[SIZE_BYTES:header_end])
    error = header.get("error")
    if isinstance(error, dict):
        raise _error(error)
    fields, sizes = header.get("answer"), header.get("parts")
    if header.get("id") != REQUEST_ID or not isinstance(fields, dict):
        raise HostAnswerMalformed("the prover host answers another request")
    return Answer(fields=fields, parts=_split(message[header_end:], sizes))


def _header(text: bytes) -> dict[str, Any]:
    try:
        header = parse_json(text)
    except JsonInvalid as error:
        raise HostAnswerMalformed("the prover host's header is no JSON") from error
    if not isinstance(header, dict):
        raise HostAnswerMalformed("the prover host's header is no object")
    return header


def _error(error: Mapping[str, Any]) -> HostError:
    kind, message = brief(error.get("code"), _SAYS), brief(error.get("message"), _SAYS)
    leaf = _ERRORS.get(kind, HostAnswerMalformed)
    return leaf(kind=kind, host_says=message)


def _split(rest: bytes, sizes: object) -> tuple[bytes, ...]:
    if not isinstance(sizes, list) or not all(type(size) is int and size >= 0 for size in sizes):
        raise HostAnswerMalformed("the prover host's parts have no sizes")
    if sum(sizes) != len(rest):
        raise HostAnswerMalformed("the prover host's parts do not fill the message")
    parts, start = [], 0
    for size in sizes:
        parts.append(rest[start : start + size])
        start += size
    return tuple(parts)


def _u32(value: int) -> bytes:
    return value.to_bytes(SIZE_BYTES, "little")
