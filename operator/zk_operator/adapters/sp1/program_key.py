"""The two ways to write the hash of an SP1 program's verifying key.

Contracts and proofs use `bytes32` (eight words of 31 bits, folded); the network uses `hash_bytes` (each word as a
big-endian u32). The conversion is exact.
"""

from zk_acts.domain.ids import Hash32, hex0x
from zk_operator.adapters.sp1.errors import WrongProgram

WORDS = 8
WORD_BITS = 31
_MASK = (1 << WORD_BITS) - 1


def hash_bytes(bytes32: Hash32) -> bytes:
    """The network's form of a vkey; WrongProgram unless it is one (248 bits)."""
    value = int.from_bytes(bytes32, "big")
    if len(bytes32) != 32 or value >> (WORDS * WORD_BITS):
        raise WrongProgram("not a program's vkey", vkey=hex0x(bytes32))
    shifts = range((WORDS - 1) * WORD_BITS, -1, -WORD_BITS)
    return b"".join(((value >> shift) & _MASK).to_bytes(4, "big") for shift in shifts)
