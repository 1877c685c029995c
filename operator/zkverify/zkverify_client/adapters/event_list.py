"""System.Events of a block, event by event: walked through at once, and each read when somebody asks what it says.

A node may send megabytes of them, and the codec takes some 700 bytes of memory and 30 microseconds for each item, however
small. What nobody reads costs a slice. Source of the layout: frame_system::EventRecord, by the metadata's own types.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from zkverify_client.adapters.errors import MalformedChainAnswer
from zkverify_client.adapters.scale import Reader
from zkverify_client.adapters.type_table import TypeTable

# A full block's events are a few hundred kilobytes.
_MOST_EVENT_BYTES = 2 << 20
Decode = Callable[[bytes], Mapping[str, Any]]
"""From an event's bytes to its fields by name."""


class StoredFields(Mapping[str, Any]):
    """An event's fields, decoded when the first is asked for. MalformedChainAnswer then, where the codec refuses them."""

    __slots__ = ("_decode", "_known", "_raw")

    def __init__(self, raw: bytes, decode: Decode) -> None:
        self._raw = raw
        self._decode = decode
        self._known: Mapping[str, Any] | None = None

    def __getitem__(self, name: str) -> Any:
        return self._fields[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __repr__(self) -> str:
        return f"StoredFields({self._raw.hex()})"

    @property
    def _fields(self) -> Mapping[str, Any]:
        if self._known is None:
            self._known = self._decode(self._raw)
        return self._known


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event; `extrinsic` is None outside the application of an extrinsic.

    `raw`: its bytes, in which hashes and ids stand as they are. What cannot be in it needs no decoding.
    """

    extrinsic: int | None
    pallet: str
    name: str
    fields: Mapping[str, Any]
    raw: bytes = field(default=b"", compare=False, repr=False)


def read_events(types: TypeTable, list_type: int, raw: bytes, decode: Decode) -> tuple[Event, ...]:
    """The events in `raw`, whose type is a list of records. MalformedChainAnswer for bytes that are no such list."""
    if len(raw) > _MOST_EVENT_BYTES:
        raise MalformedChainAnswer("a block's events are too large to be read", size=len(raw))
    record = types.fields(types.item(list_type))
    if list(record) != ["phase", "event", "topics"]:
        raise MalformedChainAnswer("the metadata's events are no records", fields=list(record))
    reader = Reader(raw)
    found = [_next(types, record, reader, decode) for _ in range(_count(reader))]
    reader.finish()
    return tuple(found)


def _count(reader: Reader) -> int:
    """How many follow: each takes more than a byte."""
    count = reader.compact()
    if count > reader.left:
        raise MalformedChainAnswer("more events than bytes", count=count, left=reader.left)
    return count


def _next(types: TypeTable, record: Mapping[str, int], reader: Reader, decode: Decode) -> Event:
    phase, applied = types.variant(record["phase"], reader)
    extrinsic = reader.uint(4) if phase == "ApplyExtrinsic" and applied else None
    begin = reader.at
    pallet, [own] = types.variant(record["event"], reader)
    name, parts = types.variant(own, reader)
    for each in parts:
        types.skip(each, reader)
    content = reader.since(begin)
    types.skip(record["topics"], reader)
    fields = StoredFields(content, decode)
    return Event(extrinsic=extrinsic, pallet=pallet, name=name, fields=fields, raw=content)
