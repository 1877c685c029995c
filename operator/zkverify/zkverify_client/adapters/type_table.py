"""Values of any type that a runtime's metadata describes: from Python's or JSON's to SCALE, and taken apart again.

Source of the encodings: SCALE, and scale-info's portable registry, as decoded from metadata V14. Stricter than the codec
of the library: a value that is not exactly of its type is an error that says where, as what is encoded here is paid for.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from zk_acts.domain.json_text import brief
from zkverify_client.adapters.errors import MalformedChainAnswer
from zkverify_client.adapters.scale import Reader, compact
from zkverify_client.domain.proof_errors import ProofFormatError
from zkverify_client.domain.verifier import Encoded

_INTEGERS = {"u8": 1, "u16": 2, "u32": 4, "u64": 8, "u128": 16, "u256": 32}
_WIDTHS = _INTEGERS | {name.replace("u", "i"): size for name, size in _INTEGERS.items()}
_WIDTHS |= {"bool": 1, "char": 4}
# Four words of 64 bits, the lowest first: one little-endian integer.
_U256 = ["primitive_types", "U256"]
_OPTION = ["Option"]
Type = Mapping[str, Any]


@contextmanager
def _registry() -> Iterator[None]:
    """What a hostile registry does to whoever follows it: types that are not there, or that hold themselves."""
    try:
        yield
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        RecursionError,
        TypeError,
        ValueError,
    ) as error:
        raise MalformedChainAnswer("the metadata's types are none") from error


class TypeTable:
    """The types of one runtime, by number."""

    def __init__(self, types: Sequence[Mapping[str, Any]]) -> None:
        self._types: dict[int, Type] = {entry["id"]: entry["type"] for entry in types}
        self._widths: dict[int, int | None] = {}

    def encode(self, number: int, value: Any, where: str) -> bytes:
        """The SCALE bytes of a value: bytes or 0x-hex for bytes, numbers or their decimal text, lists, mappings by field
        name (`alphaG1` is `alpha_g1`), a variant's name or `{name: content}`, None for an option that is empty.

        ProofFormatError, with the path from `where`, for what is not of the type; MalformedChainAnswer for a type that is none.
        """
        with _registry():
            return self._encode(number, value, where)

    def _encode(self, number: int, value: Any, where: str) -> bytes:
        kind, inner = self._definition(number)
        match kind:
            case "primitive":
                return _primitive(inner, value, where)
            case "composite" if self._types[number]["path"] == _U256:
                return _integer(value, 32, where)
            case "composite":
                return self._fields(inner["fields"], value, where)
            case "variant" if self._types[number]["path"] == _OPTION:
                return self._option(inner["variants"], value, where)
            case "variant":
                return self._variant(inner["variants"], value, where)
            case "sequence":
                count, items = self._items(inner["type"], value, where)
                return compact(count) + items
            case "array":
                count, items = self._items(inner["type"], value, where)
                if count != inner["len"]:
                    raise _wrong(where, f"{inner['len']} items or bytes", count)
                return items
            case "tuple":
                return self._tuple(inner, value, where)
            case _:
                raise _wrong(where, f"a type that can be written here, not {kind}", value)

    def read(self, number: int, reader: Reader) -> Encoded:
        """The next value, taken apart. MalformedChainAnswer where the bytes are not of the type."""
        begin = reader.at
        variant = None
        pieces: list[bytes] = []
        with _registry():
            kind, inner = self._definition(number)
            if kind == "variant":
                variant = str(self._variant_at(inner["variants"], reader.peek())["name"])
            self._walk(number, reader, pieces)
        return Encoded(scale=reader.since(begin), content=b"".join(pieces), variant=variant)

    def item(self, number: int) -> int:
        """The type of a list's items. MalformedChainAnswer where it is no list."""
        with _registry():
            return int(self._types[number]["def"]["sequence"]["type"])

    def fields(self, number: int) -> dict[str, int]:
        """The types of a structure's fields by name, in order. MalformedChainAnswer where it is none."""
        with _registry():
            fields = self._types[number]["def"]["composite"]["fields"]
            return {str(field["name"]): int(field["type"]) for field in fields}

    def variant(self, number: int, reader: Reader) -> tuple[str, list[int]]:
        """The name of the next value's variant, and the types of the fields that follow. MalformedChainAnswer as `read`."""
        with _registry():
            variants = self._types[number]["def"]["variant"]["variants"]
            found = self._variant_at(variants, reader.uint(1))
            return str(found["name"]), [int(field["type"]) for field in found["fields"]]

    def skip(self, number: int, reader: Reader) -> None:
        """Pass over the next value, which costs no memory. MalformedChainAnswer as `read`."""
        with _registry():
            self._skip(number, reader)

    def largest(
        self, number: int, lists: Mapping[str, tuple[int, int]], sizes: Mapping[str, int]
    ) -> int:
        """The most bytes that a value takes. By the fields that have them: `lists` says how many items a list has, and how
        many any such list may have, for which the codec keeps room in its length; `sizes` the bytes of what is known.

        MalformedChainAnswer for a list without bounds, and for a type that is none.
        """
        with _registry():
            return self._largest(number, lists, sizes, "")

    def _largest(
        self,
        number: int,
        lists: Mapping[str, tuple[int, int]],
        sizes: Mapping[str, int],
        field: str,
    ) -> int:
        kind, inner = self._definition(number)

        def of_fields(fields: Sequence[Any]) -> int:
            return sum(
                sizes.get(f["name"]) or self._largest(f["type"], lists, sizes, f["name"] or field)
                for f in fields
            )

        match kind:
            case "primitive" if inner in _INTEGERS:
                return _INTEGERS[inner]
            case "composite":
                return of_fields(inner["fields"])
            case "variant":
                return 1 + max(of_fields(variant["fields"]) for variant in inner["variants"])
            case "tuple":
                return sum(self._largest(each, lists, sizes, field) for each in inner)
            case "array":
                return int(inner["len"]) * self._largest(inner["type"], lists, sizes, "")
            case "sequence" if field in lists:
                count, most = lists[field]
                return len(compact(most)) + count * self._largest(inner["type"], lists, sizes, "")
            case _:
                raise MalformedChainAnswer(
                    "a stored type has no largest size", kind=kind, field=field
                )

    def _skip(self, number: int, reader: Reader) -> None:
        width = self._width(number)
        if width is not None:
            reader.take(width)
            return
        kind, inner = self._definition(number)
        match kind:
            case "composite":
                self._skip_each((field["type"] for field in inner["fields"]), reader)
            case "variant":
                fields = self._variant_at(inner["variants"], reader.uint(1))["fields"]
                self._skip_each((field["type"] for field in fields), reader)
            case "tuple":
                self._skip_each(inner, reader)
            case "sequence":
                self._skip_items(inner["type"], reader.compact(), reader)
            case "array":
                self._skip_items(inner["type"], inner["len"], reader)
            case "compact":
                reader.compact()
            case "primitive" if inner == "str":
                reader.byte_vector()
            case _:
                raise MalformedChainAnswer("an event has a type that is not known", kind=kind)

    def _skip_each(self, numbers: Iterable[int], reader: Reader) -> None:
        for number in numbers:
            self._skip(number, reader)

    def _skip_items(self, number: int, count: int, reader: Reader) -> None:
        width = self._width(number)
        if width is not None:
            reader.take(width * count)
            return
        for _ in range(count):  # each takes a byte at least: its width is not always the same
            self._skip(number, reader)

    def _width(self, number: int) -> int | None:
        """The bytes that every value of the type takes; None where they differ."""
        if number not in self._widths:
            self._widths[number] = self._width_of(*self._definition(number))
        return self._widths[number]

    def _width_of(self, kind: str, inner: Any) -> int | None:
        match kind:
            case "primitive":
                return _WIDTHS.get(inner)
            case "composite":
                return self._sum(field["type"] for field in inner["fields"])
            case "tuple":
                return self._sum(inner)
            case "array":
                width = self._width(inner["type"])
                return None if width is None else width * int(inner["len"])
            case _:
                return None

    def _sum(self, numbers: Iterable[int]) -> int | None:
        widths = [self._width(number) for number in numbers]
        return None if None in widths else sum(width or 0 for width in widths)

    def _definition(self, number: int) -> tuple[str, Any]:
        [(kind, inner)] = self._types[number]["def"].items()
        return kind, inner

    def _walk(self, number: int, reader: Reader, pieces: list[bytes]) -> None:
        kind, inner = self._definition(number)
        match kind:
            case "primitive" if inner in _INTEGERS:
                pieces.append(reader.take(_INTEGERS[inner]))
            case "composite":
                for field in inner["fields"]:
                    self._walk(field["type"], reader, pieces)
            case "variant":
                for field in self._variant_at(inner["variants"], reader.uint(1))["fields"]:
                    self._walk(field["type"], reader, pieces)
            case "sequence":
                self._walk_items(inner["type"], reader.compact(), reader, pieces)
            case "array":
                self._walk_items(inner["type"], inner["len"], reader, pieces)
            case "tuple":
                for item in inner:
                    self._walk(item, reader, pieces)
            case _:
                raise MalformedChainAnswer("a verifier takes a type that is not known", kind=kind)

    def _walk_items(self, item: int, count: int, reader: Reader, pieces: list[bytes]) -> None:
        if self._is_byte(item):
            pieces.append(reader.take(count))
            return
        for _ in range(count):
            begin = reader.at
            self._walk(item, reader, pieces)
            if reader.at == begin:
                return  # of a type that takes no bytes, they are all the same

    def _variant_at(self, variants: Sequence[Any], index: int) -> Any:
        for variant in variants:
            if variant["index"] == index:
                return variant
        raise MalformedChainAnswer("a variant that the metadata does not have", index=index)

    def _is_byte(self, number: int) -> bool:
        return self._definition(number) == ("primitive", "u8")

    def _items(self, item: int, value: Any, where: str) -> tuple[int, bytes]:
        """How many, and their bytes."""
        if self._is_byte(item):
            raw = _bytes(value, where)
            return len(raw), raw
        if not isinstance(value, (list, tuple)):
            raise _wrong(where, "a list", value)
        items = [self._encode(item, each, f"{where}[{n}]") for n, each in enumerate(value)]
        return len(items), b"".join(items)

    def _fields(self, fields: Sequence[Any], value: Any, where: str) -> bytes:
        if not fields:
            return b""
        if fields[0]["name"] is None:
            return self._unnamed(fields, value, where)
        if not isinstance(value, Mapping):
            raise _wrong(where, "a mapping of " + ", ".join(f["name"] for f in fields), value)
        given = {_plain(str(name)): each for name, each in value.items()}
        wanted = {_plain(field["name"]) for field in fields}
        if len(given) != len(value) or given.keys() != wanted:
            raise _wrong(where, "exactly " + ", ".join(f["name"] for f in fields), list(value))
        return b"".join(
            self._encode(field["type"], given[_plain(field["name"])], f"{where}.{field['name']}")
            for field in fields
        )

    def _unnamed(self, fields: Sequence[Any], value: Any, where: str) -> bytes:
        if len(fields) == 1:
            return self._encode(fields[0]["type"], value, where)
        return self._tuple([field["type"] for field in fields], value, where)

    def _tuple(self, types: Sequence[int], value: Any, where: str) -> bytes:
        if not types and value is None:
            return b""
        if not isinstance(value, (list, tuple)) or len(value) != len(types):
            raise _wrong(where, f"a list of {len(types)}", value)
        return b"".join(
            self._encode(kind, each, f"{where}[{n}]")
            for n, (kind, each) in enumerate(zip(types, value, strict=True))
        )

    def _option(self, variants: Sequence[Any], value: Any, where: str) -> bytes:
        if value is None:
            return b"\x00"
        [some] = [v for v in variants if v["name"] == "Some"]
        return b"\x01" + self._unnamed(some["fields"], value, where)

    def _variant(self, variants: Sequence[Any], value: Any, where: str) -> bytes:
        known = "one of " + ", ".join(str(v["name"]) for v in variants)
        if isinstance(value, Mapping) and len(value) == 1:
            [(name, content)] = value.items()
        elif isinstance(value, str):
            name, content = value, None
        else:
            raise _wrong(where, known, value)
        found = [v for v in variants if _plain(v["name"]) == _plain(str(name))]
        if not found:
            raise _wrong(where, known, name)
        [variant] = found
        body = self._fields(variant["fields"], content, f"{where}.{variant['name']}")
        return bytes([variant["index"]]) + body


def _plain(name: str) -> str:
    """As names compare: the RPC writes alphaG1 what the metadata calls alpha_g1, and snarkjs X_2 what it calls x2."""
    return name.replace("_", "").lower()


def _primitive(name: str, value: Any, where: str) -> bytes:
    if name not in _INTEGERS:
        raise _wrong(where, f"a type that can be written here, not {name}", value)
    return _integer(value, _INTEGERS[name], where)


def _integer(value: Any, size: int, where: str) -> bytes:
    number = value
    if isinstance(value, str):
        try:
            number = int(value, 0)
        except ValueError:
            raise _wrong(where, "a number", value) from None
    if type(number) is not int or not 0 <= number < 1 << (8 * size):
        raise _wrong(where, f"a number of {8 * size} bits", value)
    return number.to_bytes(size, "little")


def _bytes(value: Any, where: str) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, str) and value.startswith("0x"):
        try:
            return bytes.fromhex(value[2:])
        except ValueError:
            pass
    raise _wrong(where, "bytes, or hex that begins with 0x", value)


def _wrong(where: str, wanted: str, value: Any) -> ProofFormatError:
    return ProofFormatError(
        "a part is not what the chain's metadata says",
        part=where,
        wanted=wanted,
        got=brief(value, 80),
    )
