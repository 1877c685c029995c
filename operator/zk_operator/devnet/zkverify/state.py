"""Chain state: an immutable map of raw storage per block, and a transactional overlay for execution."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from zk_operator.devnet.zkverify.scale import encode
from zk_operator.devnet.zkverify.schema.runtime import storage_item

State = Mapping[bytes, bytes]


class Overlay:
    """Writes on top of a block's state, in nested layers that can be rolled back."""

    def __init__(self, base: State) -> None:
        self._base = base
        self._layers: list[dict[bytes, bytes | None]] = [{}]

    def raw(self, key: bytes) -> bytes | None:
        """The stored bytes of a key."""
        for layer in reversed(self._layers):
            if key in layer:
                return layer[key]
        return self._base.get(key)

    def put_raw(self, key: bytes, value: bytes | None) -> None:
        """Store bytes; None removes the key."""
        self._layers[-1][key] = value

    def get(self, pallet: str, name: str, *parts: Any) -> Any:
        """The decoded value of `pallet.name` at the key's parts; its default, or None, when absent."""
        item = storage_item(pallet, name)
        return item.decode(self.raw(item.key(*parts)))

    def put(self, pallet: str, name: str, *parts_and_value: Any) -> None:
        """Store the last argument in `pallet.name` at the key's parts before it."""
        *parts, value = parts_and_value
        item = storage_item(pallet, name)
        self.put_raw(item.key(*parts), encode(item.value, value))

    def remove(self, pallet: str, name: str, *parts: Any) -> None:
        """Remove `pallet.name` at the key's parts."""
        self.put_raw(storage_item(pallet, name).key(*parts), None)

    def has(self, pallet: str, name: str, *parts: Any) -> bool:
        """Whether `pallet.name` holds a value at the key's parts."""
        return self.raw(storage_item(pallet, name).key(*parts)) is not None

    def has_prefix(self, prefix: bytes) -> bool:
        """Whether any key starts with the prefix."""
        return any(key.startswith(prefix) for key in self.commit())

    @contextmanager
    def layer(self) -> Iterator[None]:
        """Writes inside are kept, or rolled back when the body raises."""
        self._layers.append({})
        try:
            yield
        except BaseException:
            self._layers.pop()
            raise
        changes = self._layers.pop()
        self._layers[-1].update(changes)

    def changes(self) -> dict[bytes, bytes | None]:
        """What differs from the base, in the order of writing."""
        merged: dict[bytes, bytes | None] = {}
        for layer in self._layers:
            merged.update(layer)
        return merged

    def commit(self) -> dict[bytes, bytes]:
        """The base with all writes applied, as a new map."""
        merged = dict(self._base)
        for key, value in self.changes().items():
            if value is None:
                merged.pop(key, None)
            else:
                merged[key] = value
        return merged


def reader(state: State) -> Callable[..., Any]:
    """A typed reader of a finished block's state: reader(state)("System", "Number")."""
    return Overlay(state).get
