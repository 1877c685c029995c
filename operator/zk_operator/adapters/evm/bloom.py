"""The logs bloom of a block header: 2048 bits that prove absence, never presence. Format: Ethereum yellow paper, 4.3.1 (M3:2048)."""

from typing import Final

from zk_acts.domain.hashing import keccak

BLOOM_BYTES: Final = 256
_BITS: Final = 2_047  # mask of a bit's number


def may_hold(bloom: bytes, value: bytes) -> bool:
    """Whether a log of the block can have this address or topic. `bloom` is 256 bytes, big-endian."""
    bits = int.from_bytes(bloom)
    return all(bits >> bit & 1 for bit in _bits_of(value))


def _bits_of(value: bytes) -> list[int]:
    """Three bits, each from a pair of bytes of the hash."""
    digest = keccak(value)
    return [int.from_bytes(digest[at : at + 2]) & _BITS for at in (0, 2, 4)]
