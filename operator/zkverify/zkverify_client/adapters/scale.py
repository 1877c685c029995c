"""The few SCALE forms that we write and read ourselves: compact integers, byte vectors, eras."""

from zkverify_client.adapters.errors import MalformedChainAnswer


def compact(value: int) -> bytes:
    """SCALE compact integer of any size. ValueError for a negative one."""
    if value < 0:
        raise ValueError("a compact integer is not negative")
    if value < 1 << 6:
        return (value << 2).to_bytes(1, "little")
    if value < 1 << 14:
        return (value << 2 | 1).to_bytes(2, "little")
    if value < 1 << 30:
        return (value << 2 | 2).to_bytes(4, "little")
    size = max(4, (value.bit_length() + 7) // 8)
    return bytes([(size - 4) << 2 | 3]) + value.to_bytes(size, "little")


class Reader:
    """Reads SCALE from front to back. MalformedChainAnswer where the bytes run out."""

    __slots__ = ("_at", "_raw")

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._at = 0

    @property
    def at(self) -> int:
        """How many bytes were read."""
        return self._at

    @property
    def left(self) -> int:
        """How many bytes were not."""
        return len(self._raw) - self._at

    def since(self, begin: int) -> bytes:
        """What was read from there on."""
        return self._raw[begin : self._at]

    def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        end = self._at + size
        if end > len(self._raw):
            raise MalformedChainAnswer("SCALE bytes end too early", at=self._at, wanted=size)
        piece = self._raw[self._at : end]
        self._at = end
        return piece

    def uint(self, size: int) -> int:
        """A fixed-width little-endian integer."""
        return int.from_bytes(self.take(size), "little")

    def peek(self) -> int:
        """The next byte, which stays."""
        byte = self.uint(1)
        self._at -= 1
        return byte

    def compact(self) -> int:
        """A compact integer."""
        first = self.uint(1)
        mode = first & 3
        if mode == 3:
            return self.uint((first >> 2) + 4)
        rest = self.uint((1, 2, 4)[mode] - 1)
        return (rest << 8 | first) >> 2

    def byte_vector(self) -> bytes:
        """A Vec<u8>."""
        return self.take(self.compact())

    def rest(self) -> bytes:
        """Everything that is left."""
        return self.take(self.left)

    def finish(self) -> None:
        """MalformedChainAnswer unless everything was read."""
        if self.left:
            raise MalformedChainAnswer("SCALE bytes are left over", left=self.left)


def mortal_era(period: int, birth: int) -> bytes:
    """The two bytes of an era of `period` blocks (a power of two, 4 to 65536) born at block `birth`.

    ValueError where the birth cannot be expressed: eras of more than 4096 blocks have a coarser phase.
    """
    if period.bit_count() != 1 or not 4 <= period <= 65536:
        raise ValueError("an era's period is a power of two between 4 and 65536")
    factor = max(period >> 12, 1)
    phase = birth % period
    if phase % factor:
        raise ValueError("this era cannot start at that block")
    return ((period.bit_length() - 2) | (phase // factor) << 4).to_bytes(2, "little")
