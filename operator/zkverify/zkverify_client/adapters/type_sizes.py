"""Types of a runtime that take no bytes. A sequence of them has any length in five bytes: decoding it would not end."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_MOST_EMPTY_ITEMS = 1 << 10  # of an array, whose length the metadata says
Definition = Mapping[str, Any]


def require_finite(types: Sequence[Mapping[str, Any]]) -> None:
    """ValueError where a type of the registry can be decoded for ever."""
    definitions = {entry["id"]: entry["type"]["def"] for entry in types}
    empty = _empty(definitions)
    for definition in definitions.values():
        inner = _items_of(definition)
        if inner in empty and _count(definition) > _MOST_EMPTY_ITEMS:
            raise ValueError(f"a list of type {inner}, which takes no bytes")


def _empty(definitions: Mapping[int, Definition]) -> set[int]:
    """By what is empty already, until nothing is added."""
    empty: set[int] = set()
    while True:
        found = {
            number
            for number, definition in definitions.items()
            if number not in empty and _is_empty(definition, empty)
        }
        if not found:
            return empty
        empty |= found


def _is_empty(definition: Definition, empty: set[int]) -> bool:
    if "array" in definition:
        return definition["array"]["len"] == 0 or definition["array"]["type"] in empty
    if "tuple" in definition:
        return _all(definition["tuple"], empty)
    if "composite" in definition:
        return _all((field["type"] for field in definition["composite"]["fields"]), empty)
    return False


def _all(numbers: Iterable[int], empty: set[int]) -> bool:
    return all(number in empty for number in numbers)


def _items_of(definition: Definition) -> int | None:
    for kind in ("sequence", "array"):
        if kind in definition:
            return int(definition[kind]["type"])
    return None


def _count(definition: Definition) -> float:
    """The most items that a list can have."""
    return float(definition["array"]["len"]) if "array" in definition else float("inf")
