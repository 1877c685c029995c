"""Chain state: an immutable map of raw storage per block, and a transactional overlay for execution."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from zk_devnet.zkverify.schema.pallet import StorageItem
from zk_devnet.zkverify.schema.runtime import SPEC_VERSION, storage_item

State = Mapping[bytes, bytes]
CODE_KEY = b":code"


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
        item = self._item(pallet, name)
        return item.decode(self.raw(item.key(*parts)))

    def put(self, pallet: str, name: str, *parts_and_value: Any) -> None:
        """Store the last argument in `pallet.name` at the key's parts before it."""
        *parts, value = parts_and_value
        item = self._item(pallet, name)
        self.put_raw(item.key(*parts), item.encode(value))

    def remove(self, pallet: str, name: str, *parts: Any) -> None:
        """Remove `pallet.name` at the key's parts."""
        self.put_raw(self._item(pallet, name).key(*parts), None)

    def has(self, pallet: str, name: str, *parts: Any) -> bool:
        """Whether `pallet.name` holds a value at the key's parts."""
        return self.raw(self._item(pallet, name).key(*parts)) is not None

    def spec_version(self) -> int:
        """Under which the next block on this state runs; the default until genesis has installed one."""
        code = self.raw(CODE_KEY)
        return SPEC_VERSION if code is None else int.from_bytes(code[-4:], "little")

    def _item(self, pallet: str, name: str) -> StorageItem:
        return storage_item(pallet, name, self.spec_version())

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
