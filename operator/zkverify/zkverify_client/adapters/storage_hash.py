"""The hashes of which a runtime's storage keys are made, by their names in the metadata (Substrate's `sp-core`, hashing)."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Final

from xxhash import xxh64_intdigest


def twox_128(data: bytes) -> bytes:
    """16 bytes: two xxHash64 of it, with the seeds 0 and 1, little-endian. Pallets and items are named by it."""
    return b"".join(xxh64_intdigest(data, seed).to_bytes(8, "little") for seed in (0, 1))


EVENTS_KEY: Final = "0x" + (twox_128(b"System") + twox_128(b"Events")).hex()
"""0x-hex key of System.Events, under any runtime: it can be asked for before the metadata is known."""


def _blake2_128_concat(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest() + data


KEY_HASHERS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "Identity": bytes,
    "Blake2_128Concat": _blake2_128_concat,
}
"""Of the keys of maps; those from which the key itself can be read."""
