"""Poseidon2 over BabyBear, width 16, as SP1 5 hashes with it: sponge of rate 8 without padding, and 2-to-1 compression.

Eight full and thirteen partial rounds, power 7. The round constants are SP1's (reduced); checked by the tests against a
real proof's digests and Merkle path.
"""

from collections.abc import Iterable, Sequence

P = 0x78000001
WIDTH, RATE, DIGEST_WORDS = 16, 8, 8
_HALF = 4  # full rounds before and after the partial ones
_UNMONTGOMERY = pow(1 << 32, -1, P)  # the partial rounds' matrix carries this factor
_DIAGONAL = (P - 2, *(1 << shift for shift in (*range(14), 15)))


def _constants(text: str) -> tuple[int, ...]:
    return tuple(int(text[start : start + 8], 16) for start in range(0, len(text), 8))


_FULL = _constants(
    "05c4430474548efc0a92dc752ae63782263157ef52e360ff664898b95fc45609681b1d0757619f03"
    "594e61523189b8353d585060756a60ff04f8c79471f37c2d64f22fef2d3f4a4644cebd2543761839"
    "406b02dc03319b3b3542fef10061d4bc427ab78b229bded74b5c8423323e1dc820b73dec5f162cd9"
    "5d200eab04e090d20fa643355d37bc6655d50d1d0afe686122e445df533f25f25dedfd224ceccd58"
    "082c5e5c2d9920e425c5205b017669622162d00370fe8a272046e05f6a4c434f257787e33cf1c46d"
    "62ea6ca50ea49b8f00ba12cf0c0451e9110f53bf03fd7ae91e2d9ed53f9fbfdd2ca0cda74a29c2b8"
    "241f68b745b4c55e045a02962150b87807c26dfd2c4468fc20576d412fda526d7324b86401dc2637"
    "65eb202d3723f41260fc174c51ecc05f0a9a4a6b2534fd810c823e361074d7fd6c7c8fd13a16665c"
    "4d179d280d348f3446db60e10d56a7bc0e0cb85611ac8a1c009aa89a4b6fb2e4008761242252cbcf"
    "601db98c720c07a74dcd09f0227cb37d0b36522b0b655c035d3bf2f1086673861a9bd874331a67f8"
    "51f508515b29a0e9123f56123234aaba4a53ab2f3c43230a7228b4db489cf3241bc754633a3526aa"
    "308a6e3c00ca16af4574c57447c355b96b605040726b2f2423c6f0572e17264f1d023a020d8fa228"
    "54578bcd1df8bb260bde46e41e694b6709ebbf1255477325520bf85e69d9f379"
)
_PARTIAL = _constants(
    "47556cf20226080a58eebefe6f28f3eb34abd7e26940a1de5492eac753b52e36333d64165c4796ba"
    "064119970aa5e397608d4abe"
)


def hash_words(words: Sequence[int]) -> tuple[int, ...]:
    """The eight-word digest of field elements."""
    state = [0] * WIDTH
    for start in range(0, len(words), RATE):
        chunk = [word % P for word in words[start : start + RATE]]
        state = permute(chunk + state[len(chunk) :])
    return tuple(state[:DIGEST_WORDS])


def compress(left: Sequence[int], right: Sequence[int]) -> tuple[int, ...]:
    """The digest of two digests."""
    return tuple(permute([word % P for word in (*left, *right)])[:DIGEST_WORDS])


def permute(state: list[int]) -> list[int]:
    """The permutation of sixteen canonical field elements."""
    state = _mix_full(state)
    for number in range(_HALF):
        state = _full_round(state, number)
    for constant in _PARTIAL:
        state = _mix_partial([pow(state[0] + constant, 7, P), *state[1:]])
    for number in range(_HALF, 2 * _HALF):
        state = _full_round(state, number)
    return state


def _full_round(state: list[int], number: int) -> list[int]:
    constants = _FULL[number * WIDTH : (number + 1) * WIDTH]
    return _mix_full([pow(word + c, 7, P) for word, c in zip(state, constants, strict=True)])


def _mix_full(state: list[int]) -> list[int]:
    blocks = [word for start in range(0, WIDTH, 4) for word in _mix_four(state[start : start + 4])]
    columns = [sum(blocks[column::4]) for column in range(4)]
    return [(word + columns[index % 4]) % P for index, word in enumerate(blocks)]


def _mix_four(words: list[int]) -> Iterable[int]:
    a, b, c, d = words
    total = a + b + c + d
    return total + a + 2 * b, total + b + 2 * c, total + c + 2 * d, total + d + 2 * a


def _mix_partial(state: list[int]) -> list[int]:
    total = sum(state)
    return [
        (total + factor * word) * _UNMONTGOMERY % P
        for factor, word in zip(_DIAGONAL, state, strict=True)
    ]
