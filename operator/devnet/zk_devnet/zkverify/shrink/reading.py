"""Reads bincode's legacy form: integers of fixed width, little-endian; lengths as u64."""

import struct
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Malformed(ValueError):
    """Raised when bytes end early, hold a length that cannot be, or a text that is none."""


class Reader:
    """A place in bytes. Every method raises Malformed rather than reading past the end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def u64(self) -> int:
        """An integer of eight bytes."""
        return int.from_bytes(self._take(8), "little")

    def words(self, count: int) -> tuple[int, ...]:
        """Field elements, as four bytes each."""
        return struct.unpack(f"<{count}I", self._take(4 * count))

    def skip_words(self, count: int) -> None:
        """Pass over field elements."""
        self._take(4 * count)

    def count(self, item_bytes: int) -> int:
        """A length of a sequence whose items take at least that many bytes."""
        found = self.u64()
        if found * item_bytes > len(self._data) - self.at:
            raise Malformed("a length exceeds the bytes that are left")
        return found

    def rows(self, words_each: int) -> int:
        """Pass over a sequence of fixed rows; how many there were."""
        found = self.count(4 * words_each)
        self.skip_words(found * words_each)
        return found

    def text(self) -> str:
        """A text."""
        try:
            return self._take(self.count(1)).decode()
        except UnicodeDecodeError as error:
            raise Malformed("a name is not UTF-8") from error

    def sequence(self, item_bytes: int, read: Callable[[], T]) -> tuple[T, ...]:
        """A sequence of items that take at least `item_bytes` each."""
        return tuple(read() for _ in range(self.count(item_bytes)))

    def _take(self, size: int) -> bytes:
        end = self.at + size
        if end > len(self._data):
            raise Malformed("the bytes end early")
        piece = self._data[self.at : end]
        self.at = end
        return piece
