"""Alterations of binary formats: bits, lengths in every notation, words, and pieces of other inputs."""

from collections.abc import Callable, Sequence
from random import Random

_LENGTHS = (
    0,
    1,
    4,
    31,
    32,
    33,
    64,
    255,
    2**16,
    2**20,
    2**31 - 1,
    2**31,
    2**32 - 1,
    2**63,
    2**64 - 1,
)
_WORDS = (0, 1, 2, 31, 32, 33, 64, 2**31, 2**64, 2**127, 2**160, 2**255, 2**256 - 32, 2**256 - 1)
_LARGE = 100_000
Alteration = Callable[[bytearray, Random, Sequence[bytes]], None]


def mutate_bytes(dice: Random, seeds: Sequence[bytes]) -> bytes:
    """One of the seeds, altered in one to four places."""
    raw = bytearray(dice.choice(seeds))
    for _ in range(dice.choice((1, 1, 1, 2, 4))):
        dice.choice(ALTERATIONS)(raw, dice, seeds)
    return bytes(raw)


def mutate_words(dice: Random, seeds: Sequence[bytes]) -> bytes:
    """As `mutate_bytes`, most alterations being of words of 32 bytes, which is what the ABI is made of."""
    raw = bytearray(dice.choice(seeds))
    for _ in range(dice.choice((1, 1, 2, 3))):
        dice.choice((_word, _word, _swap, _bit, _cut, _extend, _splice))(raw, dice, seeds)
    return bytes(raw)


def _place(raw: bytearray, dice: Random) -> int:
    return dice.randrange(len(raw) + 1)


def _bit(raw: bytearray, dice: Random, _: Sequence[bytes]) -> None:
    if raw:
        raw[dice.randrange(len(raw))] ^= 1 << dice.randrange(8)


def _byte(raw: bytearray, dice: Random, _: Sequence[bytes]) -> None:
    if raw:
        raw[dice.randrange(min(len(raw), 16))] = dice.choice((0, 1, 2, 3, 127, 128, 254, 255))


def _cut(raw: bytearray, dice: Random, _: Sequence[bytes]) -> None:
    del raw[_place(raw, dice) :]


def _remove(raw: bytearray, dice: Random, _: Sequence[bytes]) -> None:
    at = _place(raw, dice)
    del raw[at : at + dice.choice((1, 2, 4, 8, 32, 1000))]


def _repeat(raw: bytearray, dice: Random, _: Sequence[bytes]) -> None:
    at = _place(raw, dice)
    piece = raw[at : at + dice.choice((1, 8, 100, 4000))]
    raw[at:at] = piece * dice.choice((1, 1, 1, 8))


def _length(raw: bytearray, dice: Random, _: Sequence[bytes]) -> None:
    """A number that may be read as a length: little or big endian, or SCALE's compact form."""
    value = dice.choice((*_LENGTHS, len(raw), len(raw) // 8))
    size = dice.choice((1, 2, 4, 4, 8, 8, 16))
    number = (value % 256**size).to_bytes(size, dice.choice(("little", "little", "big")))
    if dice.random() < 0.2:
        size = max(4, (value.bit_length() + 7) // 8)
        number = bytes([(size - 4) << 2 | 3]) + value.to_bytes(size, "little")
    at = _place(raw, dice)
    raw[at : at + len(number)] = number


def _word(raw: bytearray, dice: Random, _: Sequence[bytes]) -> None:
    at = dice.randrange(len(raw) // 32 + 1) * 32 + dice.choice((0, 0, 0, 4))
    value = dice.choice((*_WORDS, len(raw), dice.getrandbits(256)))
    raw[at : at + 32] = value.to_bytes(32)


def _swap(raw: bytearray, dice: Random, _: Sequence[bytes]) -> None:
    words = len(raw) // 32
    if words:
        one, other = (dice.randrange(words) * 32 for _ in range(2))
        raw[one : one + 32], raw[other : other + 32] = (
            raw[other : other + 32],
            raw[one : one + 32],
        )


def _splice(raw: bytearray, dice: Random, seeds: Sequence[bytes]) -> None:
    other = dice.choice(seeds)
    raw[_place(raw, dice) :] = other[dice.randrange(len(other) + 1) :]


def _blank(raw: bytearray, dice: Random, _: Sequence[bytes]) -> None:
    at = _place(raw, dice)
    end = min(at + dice.choice((4, 8, 64, _LARGE)), len(raw))
    raw[at:end] = dice.choice((b"\x00", b"\xff", b" ", b"[")) * (end - at)


def _extend(raw: bytearray, dice: Random, _: Sequence[bytes]) -> None:
    raw += dice.randbytes(dice.choice((1, 8, 32, 500)))


def _swell(raw: bytearray, dice: Random, _: Sequence[bytes]) -> None:
    if dice.random() < 0.05:
        raw += bytes([dice.choice((0, 1, 4, 255))]) * _LARGE


ALTERATIONS: tuple[Alteration, ...] = (
    *(
        _bit,
        _bit,
        _byte,
        _cut,
        _remove,
        _repeat,
        _length,
        _length,
        _splice,
        _blank,
        _extend,
        _swell,
    ),
)
