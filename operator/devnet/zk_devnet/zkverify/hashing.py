"""The hash functions of a Substrate chain and its storage keys."""

import hashlib

import xxhash
from Crypto.Hash import keccak


def blake2_256(data: bytes) -> bytes:
    """BLAKE2b with 32 bytes of output."""
    return hashlib.blake2b(data, digest_size=32).digest()


def blake2_128_concat(data: bytes) -> bytes:
    """BLAKE2b-128 of the key, then the key."""
    return hashlib.blake2b(data, digest_size=16).digest() + data


def keccak_256(data: bytes) -> bytes:
    """Keccak-256 as Ethereum uses it."""
    return keccak.new(digest_bits=256, data=data).digest()


def twox_64(data: bytes) -> bytes:
    """xxHash64 with seed 0, little-endian."""
    return xxhash.xxh64(data, seed=0).intdigest().to_bytes(8, "little")


def twox_64_concat(data: bytes) -> bytes:
    """twox_64 of the key, then the key."""
    return twox_64(data) + data


def twox_128(data: bytes) -> bytes:
    """xxHash64 with seeds 0 and 1, little-endian."""
    return b"".join(xxhash.xxh64(data, seed=s).intdigest().to_bytes(8, "little") for s in (0, 1))


def identity(data: bytes) -> bytes:
    """The key itself."""
    return data
