"""Reads bincode (1.x defaults: little-endian, fixed width), bounded by what is there."""

from zk_operator.domain.failures import ProofMalformed

MAX_TEXT = 4_096
MAX_ITEMS = 100_000  # of vectors in one blob; each costs some hundred bytes, however little it took to write


class BincodeReader:
    """Goes through a blob once. Errors: ProofMalformed, with the place."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._items = 0
        self.at = 0

    def take(self, size: int) -> bytes:
        """The next bytes."""
        end = self.at + size
        if end > len(self._raw):
            raise ProofMalformed(
                "the data ends too early", size=len(self._raw), needed=end, at=self.at
            )
        piece = self._raw[self.at : end]
        self.at = end
        return piece

    def integer(self, size: int) -> int:
        """An unsigned integer of so many bytes."""
        return int.from_bytes(self.take(size), "little")

    def count(self, least_item_bytes: int) -> int:
        """The length of a vector; never more than what is left can hold."""
        count = self.integer(8)
        if count * least_item_bytes > self.left:
            raise ProofMalformed("a vector is longer than its data", count=count, at=self.at - 8)
        return count

    def items(self, least_item_bytes: int) -> int:
        """The length of a vector whose items become objects; so many of them in all that memory stays bounded."""
        count = self.count(least_item_bytes)
        self._items += count
        if self._items > MAX_ITEMS:
            raise ProofMalformed("more parts than a proof has", most=MAX_ITEMS, at=self.at - 8)
        return count

    def blob(self, limit: int) -> bytes:
        """Bytes with their length before them."""
        size = self.integer(8)
        if size > limit:
            raise ProofMalformed("a part of the proof is too long", size=size, at=self.at - 8)
        return self.take(size)

    def text(self, limit: int = MAX_TEXT) -> str:
        """A text with its length before it."""
        try:
            return self.blob(limit).decode()
        except UnicodeDecodeError as error:
            raise ProofMalformed("a text of the proof is not UTF-8", at=self.at) from error

    @property
    def left(self) -> int:
        """How many bytes have not been read."""
        return len(self._raw) - self.at

    def rest(self) -> bytes:
        """All that has not been read."""
        return self._raw[self.at :]


def sized(raw: bytes) -> bytes:
    """Bytes with their length before them."""
    return len(raw).to_bytes(8, "little") + raw
