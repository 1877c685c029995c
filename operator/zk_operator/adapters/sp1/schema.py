"""Bincode by schema: a layout is a value that decodes to plain Python and encodes back to the same bytes."""

import struct
import sys
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Protocol

from zk_operator.adapters.sp1.reader import BincodeReader, sized
from zk_operator.domain.failures import ProofMalformed

# What a schema decodes to depends on the schema alone; the types of its users say what they expect.
Value = Any


class Schema(Protocol):
    """A layout. `least_bytes`: the shortest that a value can be, so that counts are bounded by the data."""

    @property
    def least_bytes(self) -> int: ...

    def read(self, reader: BincodeReader) -> Value:
        """Errors: ProofMalformed."""
        ...

    def write(self, value: Value) -> bytes: ...


@dataclass(frozen=True, slots=True)
class U64:
    """An unsigned integer of 8 bytes."""

    least_bytes: int = 8

    def read(self, reader: BincodeReader) -> int:
        """The integer."""
        return reader.integer(8)

    def write(self, value: Value) -> bytes:
        """8 bytes."""
        return int(value).to_bytes(8, "little")


@dataclass(frozen=True, slots=True)
class Text:
    """A UTF-8 text."""

    least_bytes: int = 8

    def read(self, reader: BincodeReader) -> str:
        """The text."""
        return reader.text()

    def write(self, value: Value) -> bytes:
        """With its length."""
        return sized(str(value).encode())


@dataclass(frozen=True, slots=True)
class Words:
    """So many field elements, as canonical u32 below the modulus."""

    size: int
    modulus: int

    @property
    def least_bytes(self) -> int:
        """4 bytes each."""
        return 4 * self.size

    def read(self, reader: BincodeReader) -> tuple[int, ...]:
        """The elements."""
        words = struct.unpack(f"<{self.size}I", reader.take(4 * self.size))
        if words and max(words) >= self.modulus:
            raise ProofMalformed("a field element is not canonical", at=reader.at)
        return words

    def write(self, value: Value) -> bytes:
        """The elements."""
        return struct.pack(f"<{self.size}I", *value)


@dataclass(frozen=True, slots=True)
class Elements:
    """A vector of field elements, or of groups of `width` of them; decodes to one flat array, four bytes each."""

    modulus: int
    width: int = 1
    least_bytes: int = 8

    def read(self, reader: BincodeReader) -> "array[int]":
        """The elements."""
        words = array("I", reader.take(4 * self.width * reader.count(4 * self.width)))
        _as_little_endian(words)
        if words and max(words) >= self.modulus:
            raise ProofMalformed("a field element is not canonical", at=reader.at)
        return words

    def write(self, value: Value) -> bytes:
        """With the number of groups."""
        words = array("I", value)
        _as_little_endian(words)
        return (len(words) // self.width).to_bytes(8, "little") + words.tobytes()


def _as_little_endian(words: "array[int]") -> None:
    if sys.byteorder == "big":
        words.byteswap()


@dataclass(frozen=True, slots=True)
class Vec:
    """A vector."""

    item: Schema
    least_bytes: int = 8

    def read(self, reader: BincodeReader) -> tuple[Value, ...]:
        """The items."""
        count = reader.items(max(self.item.least_bytes, 1))
        return tuple(self.item.read(reader) for _ in range(count))

    def write(self, value: Value) -> bytes:
        """With their number."""
        items: Sequence[Value] = value
        return len(items).to_bytes(8, "little") + b"".join(map(self.item.write, items))


@dataclass(frozen=True, slots=True)
class Struct:
    """Named fields, one after the other; decodes to a dict."""

    fields: Mapping[str, Schema]

    @property
    def least_bytes(self) -> int:
        """Of all fields."""
        return sum(schema.least_bytes for schema in self.fields.values())

    def read(self, reader: BincodeReader) -> dict[str, Value]:
        """The fields."""
        return {name: schema.read(reader) for name, schema in self.fields.items()}

    def write(self, value: Value) -> bytes:
        """The fields."""
        return b"".join(schema.write(value[name]) for name, schema in self.fields.items())


@dataclass(frozen=True, slots=True)
class Maybe:
    """A value or None."""

    item: Schema
    least_bytes: int = 1

    def read(self, reader: BincodeReader) -> Value:
        """The value, or None."""
        tag = reader.integer(1)
        if tag > 1:
            raise ProofMalformed("neither a value nor none", tag=tag, at=reader.at - 1)
        return self.item.read(reader) if tag else None

    def write(self, value: Value) -> bytes:
        """With its tag."""
        return b"\x00" if value is None else b"\x01" + self.item.write(value)


MAX_DIMENSIONS = 3


@dataclass(frozen=True, slots=True)
class Tensor:
    """Elements with their dimensions behind them, whose product is their number."""

    elements: Elements
    least_bytes: int = 16

    def read(self, reader: BincodeReader) -> dict[str, Value]:
        """`storage` and `dimensions`."""
        storage = self.elements.read(reader)
        dimensions = Vec(U64()).read(reader)
        if len(dimensions) > MAX_DIMENSIONS or (
            prod(dimensions) * self.elements.width != len(storage)
        ):
            raise ProofMalformed("a tensor contradicts its dimensions", at=reader.at)
        return {"storage": storage, "dimensions": dimensions}

    def write(self, value: Value) -> bytes:
        """Both."""
        return self.elements.write(value["storage"]) + Vec(U64()).write(value["dimensions"])
