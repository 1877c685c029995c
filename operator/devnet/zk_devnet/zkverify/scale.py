"""SCALE types as data: one declaration serves the codec and the runtime metadata.

Values: integers, bool, str; `bytes` for sequences and arrays of u8; list for other sequences; tuple for tuples; a
struct with named fields is a dict; a newtype is its content; an option is None or the content; an enum is a `Case`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

INTEGER_SIZES = {"u8": 1, "u16": 2, "u32": 4, "u64": 8, "u128": 16, "u256": 32}


class ScaleError(ValueError):
    """Raised when bytes do not decode as the type, or a value does not encode as it."""


class Case(NamedTuple):
    """A value of an enum: the variant's name and its content (dict, single value, tuple, or None)."""

    name: str
    value: Any = None  # the shape depends on the declared variant


@dataclass(frozen=True, slots=True)
class Primitive:
    """bool, str or an unsigned integer."""

    name: str


@dataclass(frozen=True, slots=True)
class Compact:
    """Variable-length encoding of an unsigned integer."""

    inner: "Type"


@dataclass(frozen=True, slots=True)
class Sequence:
    """Vec<T>."""

    inner: "Type"


@dataclass(frozen=True, slots=True)
class Array:
    """[T; n]."""

    inner: "Type"
    length: int


@dataclass(frozen=True, slots=True)
class Tuple:
    """A tuple; the empty one is the unit."""

    items: "tuple[Type, ...]" = ()


@dataclass(frozen=True, slots=True)
class Option:
    """Option<T>."""

    inner: "Type"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a struct or of an enum variant; `name` None for tuple-like ones."""

    ty: "Type"
    name: str | None = None
    type_name: str | None = None


@dataclass(frozen=True, slots=True)
class Param:
    """A generic parameter as the metadata lists it."""

    name: str
    ty: "Type | None" = None


@dataclass(frozen=True, slots=True)
class Struct:
    """A composite type with a path."""

    path: str
    fields: tuple[Field, ...] = ()
    params: tuple[Param, ...] = ()


@dataclass(frozen=True, slots=True)
class Variant:
    """One variant of an enum."""

    name: str
    index: int
    fields: tuple[Field, ...] = ()
    docs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Enum:
    """A variant type with a path."""

    path: str
    variants: tuple[Variant, ...] = ()
    params: tuple[Param, ...] = ()
    by_name: dict[str, Variant] = field(init=False, compare=False, repr=False)
    by_index: dict[int, Variant] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {v.name: v for v in self.variants})
        object.__setattr__(self, "by_index", {v.index: v for v in self.variants})


@dataclass(frozen=True, slots=True)
class Ref:
    """A type named before it is declared (RuntimeCall holds itself through Utility)."""

    name: str
    resolve: "Callable[[], Type]" = field(compare=False, repr=False)


Type = Primitive | Compact | Sequence | Array | Tuple | Option | Struct | Enum | Ref

BOOL, STR = Primitive("bool"), Primitive("str")
U8, U16, U32, U64, U128 = (Primitive(name) for name in ("u8", "u16", "u32", "u64", "u128"))
BYTES = Sequence(U8)
UNIT = Tuple()


def encode_compact(value: int) -> bytes:
    """The compact integer encoding."""
    if value < 0:
        raise ScaleError("negative compact integer")
    if value < 1 << 6:
        return bytes([value << 2])
    if value < 1 << 14:
        return (value << 2 | 1).to_bytes(2, "little")
    if value < 1 << 30:
        return (value << 2 | 2).to_bytes(4, "little")
    raw = value.to_bytes((value.bit_length() + 7) // 8, "little")
    return bytes([(len(raw) - 4) << 2 | 3]) + raw


CALL_DEPTH = 32  # calls in calls; the real decoder counts every list, up to 256


class Reader:
    """A cursor over bytes that decodes types."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._calls_open = 0
        self.position = 0

    @property
    def remaining(self) -> int:
        """Bytes not read yet."""
        return len(self._data) - self.position

    def take(self, count: int) -> bytes:
        """The next bytes; ScaleError when there are fewer."""
        end = self.position + count
        if end > len(self._data):
            raise ScaleError("Not enough data to fill buffer")
        chunk = self._data[self.position : end]
        self.position = end
        return chunk

    def compact(self) -> int:
        """A compact integer; ScaleError when it is not in its shortest form."""
        first = self.take(1)[0]
        mode = first & 3
        if mode == 3:
            return self._big_compact(first >> 2)
        extra = self.take((1, 2, 4)[mode] - 1)
        value = int.from_bytes(bytes([first]) + extra, "little") >> 2
        if value < (0, 1 << 6, 1 << 14)[mode]:
            raise ScaleError("out of range decoding a compact integer")
        return value

    def _big_compact(self, extra: int) -> int:
        raw = self.take(extra + 4)
        value = int.from_bytes(raw, "little")
        if value < 1 << 30 or (extra > 0 and raw[-1] == 0):
            raise ScaleError("out of range decoding a compact integer")
        return value

    def read(self, ty: Type) -> Any:
        """A value of the type; its shape is in the module's docstring."""
        return _READERS[type(ty)](self, ty)

    def read_call(self, ty: "Ref") -> Any:
        """A call within a call; ScaleError when they hold one another deeper than CALL_DEPTH."""
        if self._calls_open >= CALL_DEPTH:
            raise ScaleError("Maximum recursion depth reached when decoding")
        self._calls_open += 1
        value = self.read(ty.resolve())
        self._calls_open -= 1
        return value


def encode(ty: Type, value: Any) -> bytes:
    """The SCALE bytes of a value; ScaleError when it is not of the type."""
    try:
        return _WRITERS[type(ty)](ty, value)
    except (OverflowError, KeyError, TypeError, AttributeError) as error:
        raise ScaleError(f"{value!r:.80} is not a {type(ty).__name__}") from error


def decode(ty: Type, data: bytes) -> Any:
    """The value that the bytes, all of them, encode; ScaleError otherwise."""
    reader = Reader(data)
    value = reader.read(ty)
    if reader.remaining:
        raise ScaleError(f"{reader.remaining} bytes left over")
    return value


def _read_primitive(reader: Reader, ty: Primitive) -> Any:
    if ty.name == "str":
        return reader.take(reader.compact()).decode()
    if ty.name == "bool":
        raw = reader.take(1)[0]
        if raw > 1:
            raise ScaleError("Invalid boolean representation")
        return raw == 1
    return int.from_bytes(reader.take(INTEGER_SIZES[ty.name]), "little")


def _read_compact(reader: Reader, ty: Compact) -> int:
    value = reader.compact()
    if isinstance(ty.inner, Primitive) and value >> (8 * INTEGER_SIZES[ty.inner.name]):
        raise ScaleError("out of range decoding a compact integer")
    return value


def _read_sequence(reader: Reader, ty: Sequence) -> Any:
    count = reader.compact()
    if ty.inner == U8:
        return reader.take(count)
    if count > reader.remaining and not isinstance(ty.inner, Tuple):
        raise ScaleError("Not enough data for the sequence's length")
    return [reader.read(ty.inner) for _ in range(count)]


def _read_array(reader: Reader, ty: Array) -> Any:
    return (
        reader.take(ty.length)
        if ty.inner == U8
        else [reader.read(ty.inner) for _ in range(ty.length)]
    )


def _read_option(reader: Reader, ty: Option) -> Any:
    flag = reader.take(1)[0]
    if flag > 1:
        raise ScaleError("unexpected first byte decoding Option")
    return reader.read(ty.inner) if flag else None


def _read_fields(reader: Reader, fields: tuple[Field, ...]) -> Any:
    if not fields:
        return None
    if fields[0].name is not None:
        return {entry.name: reader.read(entry.ty) for entry in fields}
    values = tuple(reader.read(entry.ty) for entry in fields)
    return values[0] if len(values) == 1 else values


def _read_enum(reader: Reader, ty: Enum) -> Case:
    index = reader.take(1)[0]
    variant = ty.by_index.get(index)
    if variant is None:
        raise ScaleError(
            f"Could not decode `{ty.path.rpartition('::')[2]}`, variant {index} doesn't exist"
        )
    return Case(variant.name, _read_fields(reader, variant.fields))


_READERS: dict[type, Callable[[Reader, Any], Any]] = {
    Primitive: _read_primitive,
    Compact: _read_compact,
    Sequence: _read_sequence,
    Array: _read_array,
    Tuple: lambda reader, ty: tuple(reader.read(item) for item in ty.items),
    Option: _read_option,
    Struct: lambda reader, ty: _read_fields(reader, ty.fields),
    Enum: _read_enum,
    Ref: lambda reader, ty: reader.read_call(ty),
}


def _write_primitive(ty: Primitive, value: Any) -> bytes:
    if ty.name == "str":
        raw = value.encode()
        return encode_compact(len(raw)) + bytes(raw)
    if ty.name == "bool":
        return b"\x01" if value else b"\x00"
    return int(value).to_bytes(INTEGER_SIZES[ty.name], "little")


def _write_sequence(ty: Sequence, value: Any) -> bytes:
    body = bytes(value) if ty.inner == U8 else _join(ty.inner, value)
    return encode_compact(len(value)) + body


def _write_array(ty: Array, value: Any) -> bytes:
    if len(value) != ty.length:
        raise ScaleError(f"expected {ty.length} items, got {len(value)}")
    return bytes(value) if ty.inner == U8 else _join(ty.inner, value)


def _join(inner: Type, values: Iterable[Any]) -> bytes:
    return b"".join(encode(inner, value) for value in values)


def _write_fields(fields: tuple[Field, ...], value: Any) -> bytes:
    if not fields:
        return b""
    if fields[0].name is not None:
        return b"".join(encode(entry.ty, value[entry.name]) for entry in fields)
    values = (value,) if len(fields) == 1 else value
    return b"".join(encode(entry.ty, item) for entry, item in zip(fields, values, strict=True))


def _write_enum(ty: Enum, value: Any) -> bytes:
    case = Case(value) if isinstance(value, str) else value
    variant = ty.by_name[case.name]
    return bytes([variant.index]) + _write_fields(variant.fields, case.value)


_WRITERS: dict[type, Callable[[Any, Any], bytes]] = {
    Primitive: _write_primitive,
    Compact: lambda _ty, value: encode_compact(value),
    Sequence: _write_sequence,
    Array: _write_array,
    Tuple: lambda ty, value: b"".join(encode(t, v) for t, v in zip(ty.items, value, strict=True)),
    Option: lambda ty, value: b"\x00" if value is None else b"\x01" + encode(ty.inner, value),
    Struct: lambda ty, value: _write_fields(ty.fields, value),
    Enum: _write_enum,
    Ref: lambda ty, value: encode(ty.resolve(), value),
}
