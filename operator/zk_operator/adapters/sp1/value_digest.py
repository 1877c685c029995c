"""The digests that SP1 makes of a program's public values: sha256, or blake3 where the program asks for it.

Source: `SP1PublicValues` of sp1-primitives (`hash`, `blake3_hash`, `hash_bn254`). SP1's verifiers try both; its contracts,
and so the batch rule, take sha256 only.
"""

import hashlib
from enum import StrEnum

from blake3 import blake3


class Hasher(StrEnum):
    """How public values are hashed."""

    SHA256 = "sha256"
    BLAKE3 = "blake3"


_TOP_BITS = 0x1F


def value_digest(public_values: bytes, hasher: Hasher, *, masked: bool) -> bytes:
    """32 bytes; `masked`: without the top three bits, as Groth16 and Plonk circuits take it."""
    if hasher is Hasher.SHA256:
        digest = hashlib.sha256(public_values).digest()
    else:
        digest = blake3(public_values).digest()
    return bytes([digest[0] & _TOP_BITS]) + digest[1:] if masked else digest


def hasher_of(public_values: bytes, digest: bytes, *, masked: bool) -> Hasher | None:
    """By which hash these values give this digest; None if by neither."""
    return next(
        (one for one in Hasher if value_digest(public_values, one, masked=masked) == digest), None
    )
