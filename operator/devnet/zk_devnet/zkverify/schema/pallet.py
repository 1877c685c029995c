"""The shape of a pallet's declaration, from which metadata, storage keys and codecs are made."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from zk_devnet.zkverify.hashing import (
    blake2_128_concat,
    identity,
    twox_64_concat,
    twox_128,
)
from zk_devnet.zkverify.scale import Enum, Field, Type, Variant, decode, encode

HASHERS: dict[
    str, tuple[int, Callable[[bytes], bytes]]
] = {  # index in the metadata's StorageHasher
    "Blake2_128Concat": (2, blake2_128_concat),
    "Twox64Concat": (5, twox_64_concat),
    "Identity": (6, identity),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageItem:
    """One storage entry. `default` None means Optional, otherwise the value of an absent key."""

    pallet: str
    name: str
    value: Type
    hashers: tuple[str, ...] = ()
    keys: tuple[Type, ...] = ()
    default: bytes | None = None

    def prefix(self) -> bytes:
        """The first 32 bytes of every key of this entry."""
        return twox_128(self.pallet.encode()) + twox_128(self.name.encode())

    def key(self, *parts: Any) -> bytes:
        """The storage key, of all or of the first parts of the map's key."""
        hashed = (
            HASHERS[hasher][1](encode(ty, part))
            for hasher, ty, part in zip(self.hashers, self.keys, parts, strict=False)
        )
        return self.prefix() + b"".join(hashed)

    def encode(self, value: Any) -> bytes:
        """The bytes of a value."""
        return encode(self.value, value)

    def decode(self, raw: bytes | None) -> Any:
        """The value of a stored item; the default, or None, for an absent one."""
        raw = self.default if raw is None else raw
        return None if raw is None else decode(self.value, raw)


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """A pallet constant as the metadata lists it."""

    name: str
    ty: Type
    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Pallet:
    """A pallet: its index in the runtime and what it exposes."""

    name: str
    index: int
    storage: tuple[StorageItem, ...] = ()
    calls: Enum | None = None
    events: Enum | None = None
    errors: Enum | None = None
    constants: tuple[Constant, ...] = ()

    def item(self, name: str) -> StorageItem:
        """The storage entry of that name."""
        return next(entry for entry in self.storage if entry.name == name)


def named(name: str, index: int, *fields: tuple[str, Type] | tuple[str, Type, str]) -> Variant:
    """A variant with named fields: (name, type[, type name])."""
    entries = (Field(f[1], f[0], f[2] if len(f) == 3 else None) for f in fields)
    return Variant(name, index, tuple(entries))


def units(path: str, *names: str, first: int = 0) -> Enum:
    """An enum whose variants have no content, numbered from `first`."""
    variants = (Variant(name, index) for index, name in enumerate(names, start=first))
    return Enum(path, tuple(variants))


def wrapping(path: str, entries: list[tuple[str, int, Type]]) -> Enum:
    """An enum whose variants each wrap one type, as RuntimeCall and RuntimeEvent do."""
    return Enum(path, tuple(Variant(name, index, (Field(ty),)) for name, index, ty in entries))
