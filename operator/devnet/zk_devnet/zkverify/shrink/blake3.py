"""BLAKE3, unkeyed, 32-byte output, for inputs of any length: public values may be committed with it."""

import struct

CHUNK_BYTES, BLOCK_BYTES = 1024, 64
_IV = (
    *(0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A),
    *(0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19),
)
_ORDER = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
_CHUNK_START, _CHUNK_END, _PARENT, _ROOT = 1, 2, 4, 8
_MIXES = (
    *((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15)),
    *((0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)),
)
_ROUNDS = 7


def blake3(data: bytes) -> bytes:
    """The hash of `data`."""
    return struct.pack("<8I", *_tree(data, 0, _ROOT))


def _tree(data: bytes, first_chunk: int, flag: int) -> tuple[int, ...]:
    if len(data) <= CHUNK_BYTES:
        return _chunk(data, first_chunk, flag)
    chunks = (len(data) + CHUNK_BYTES - 1) // CHUNK_BYTES
    left = 1 << ((chunks - 1).bit_length() - 1)
    split = left * CHUNK_BYTES
    children = (*_tree(data[:split], first_chunk, 0), *_tree(data[split:], first_chunk + left, 0))
    return _compress(_IV, children, 0, BLOCK_BYTES, _PARENT | flag)


def _chunk(data: bytes, number: int, flag: int) -> tuple[int, ...]:
    value: tuple[int, ...] = _IV
    last = max(0, (len(data) - 1) // BLOCK_BYTES)
    for index in range(last + 1):
        block = data[index * BLOCK_BYTES : (index + 1) * BLOCK_BYTES]
        flags = (_CHUNK_START if index == 0 else 0) | (_CHUNK_END | flag if index == last else 0)
        words = struct.unpack("<16I", block.ljust(BLOCK_BYTES, b"\x00"))
        value = _compress(value, words, number, len(block), flags)
    return value


def _compress(
    value: tuple[int, ...], words: tuple[int, ...], counter: int, length: int, flags: int
) -> tuple[int, ...]:
    state = [*value, *_IV[:4], counter & 0xFFFFFFFF, counter >> 32, length, flags]
    message = list(words)
    for _ in range(_ROUNDS):
        for index, place in enumerate(_MIXES):
            _mix(state, place, message[2 * index], message[2 * index + 1])
        message = [message[source] for source in _ORDER]
    return tuple(state[index] ^ state[index + 8] for index in range(8))


def _mix(state: list[int], place: tuple[int, int, int, int], x: int, y: int) -> None:
    a, b, c, d = place
    for word, turn_d, turn_b in ((x, 16, 12), (y, 8, 7)):
        state[a] = (state[a] + state[b] + word) & 0xFFFFFFFF
        state[d] = _rotated(state[d] ^ state[a], turn_d)
        state[c] = (state[c] + state[d]) & 0xFFFFFFFF
        state[b] = _rotated(state[b] ^ state[c], turn_b)


def _rotated(word: int, bits: int) -> int:
    return (word >> bits | word << (32 - bits)) & 0xFFFFFFFF
