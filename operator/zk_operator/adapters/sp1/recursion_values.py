"""What a STARK proof says of the program it proves: its circuit's public values.

Layouts: `RecursionPublicValues` of SP1 6 (187 KoalaBear words, behind the recursion key's 104 bytes) and of SP1 5 (231
BabyBear words at the end of the shard proof); `PublicValues` of a core shard of SP1 6 (187 words). Field elements are
canonical u32. Nothing here verifies a STARK.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from zk_acts.domain.ids import Hash32

BABYBEAR = 0x78000001
KOALABEAR = 0x7F000001
WORD_BITS = 31


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where things stand among the words of one generation."""

    generation: int
    size: int
    field: int
    digest: int
    vkey: int
    root: int
    exit_code: int
    is_complete: int


V5 = Layout(
    generation=5,
    size=231,
    field=BABYBEAR,
    digest=0,
    vkey=190,
    root=198,
    exit_code=222,
    is_complete=220,
)
V6 = Layout(
    generation=6,
    size=187,
    field=KOALABEAR,
    digest=32,
    vkey=136,
    root=144,
    exit_code=170,
    is_complete=168,
)
_V6_AT = 4 + 104  # tag and recursion key come first
_V5_TAIL = 16_384  # what follows the words in SP1 5: container and recursion key


@dataclass(frozen=True, slots=True, kw_only=True)
class RecursionValues:
    """The claims of a recursion proof. Hashes of keys in bytes32 form; `digest` is not masked."""

    generation: int
    digest: bytes
    vkey: Hash32
    root: Hash32
    exit_code: int
    is_complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreValues:
    """The claims of a core proof's last shard. Which program it is of stands in no shard. `digest` is not masked."""

    digest: bytes
    exit_code: int


_CORE_DIGEST = slice(32, 64)
_CORE_EXIT_CODE = 87


def fold(words: Sequence[int]) -> Hash32:
    """Eight field words in bytes32 form."""
    value = 0
    for word in words:
        value = (value << WORD_BITS) + word
    return Hash32(value.to_bytes(32))


def read_recursion_values(words: Sequence[int], layout: Layout) -> RecursionValues | None:
    """Of the circuit's words; None where they are none."""
    words = tuple(words)
    if len(words) != layout.size:
        return None
    digest = words[layout.digest : layout.digest + 32]
    plausible = all(word < layout.field for word in words) and all(word < 256 for word in digest)
    if not plausible or words[layout.is_complete] > 1:
        return None
    return RecursionValues(
        generation=layout.generation,
        digest=bytes(digest),
        vkey=fold(words[layout.vkey : layout.vkey + 8]),
        root=fold(words[layout.root : layout.root + 8]),
        exit_code=words[layout.exit_code],
        is_complete=words[layout.is_complete] == 1,
    )


def read_core_values(words: Sequence[int]) -> CoreValues | None:
    """Of a core shard's words; None where they are none."""
    digest = tuple(words[_CORE_DIGEST])
    if len(words) != V6.size or any(word > 255 for word in digest):
        return None
    return CoreValues(digest=bytes(digest), exit_code=words[_CORE_EXIT_CODE])


def find_recursion_values(raw: bytes) -> RecursionValues | None:
    """Of a container with a compressed proof; None where they are not found."""
    found = _at(raw, _V6_AT, V6)
    if found is not None:
        return found
    count, at = struct.pack("<Q", V5.size), len(raw)
    while (at := raw.rfind(count, max(len(raw) - _V5_TAIL, 0), at)) >= 0:
        found = _at(raw, at, V5)
        if found is not None:
            return found
    return None


def _at(raw: bytes, at: int, layout: Layout) -> RecursionValues | None:
    words = raw[at + 8 : at + 8 + 4 * layout.size]
    if raw[at : at + 8] != struct.pack("<Q", layout.size) or len(words) != 4 * layout.size:
        return None
    return read_recursion_values(struct.unpack(f"<{layout.size}I", words), layout)
