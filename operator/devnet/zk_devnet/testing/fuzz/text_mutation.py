"""Alterations of texts with a grammar (TOML, HTTP): tokens of it put in, taken out, doubled; bytes besides."""

from collections.abc import Callable, Sequence
from random import Random

from zk_devnet.testing.fuzz.byte_mutation import mutate_bytes


def mutate_text(tokens: Sequence[bytes]) -> Callable[[Random, Sequence[bytes]], bytes]:
    """Alters lines and words of seeds; `tokens` are what the grammar has, and what it has not."""

    def mutate(dice: Random, seeds: Sequence[bytes]) -> bytes:
        text = dice.choice(seeds)
        for _ in range(dice.choice((1, 1, 2, 4))):
            text = _altered(text, dice, tokens)
        return mutate_bytes(dice, [text, *seeds]) if dice.random() < 0.1 else text

    return mutate


def _altered(text: bytes, dice: Random, tokens: Sequence[bytes]) -> bytes:
    token = dice.choice(tokens)
    lines = text.split(b"\n")
    at = dice.randrange(len(lines))
    match dice.randrange(7):
        case 0:
            del lines[at]
        case 1:
            lines.insert(at, lines[dice.randrange(len(lines))])
        case 2:
            lines.insert(at, token)
        case 3:
            place = dice.randrange(len(lines[at]) + 1)
            lines[at] = lines[at][:place] + token + lines[at][place:]
        case 4:
            lines[at] = lines[at][: dice.randrange(len(lines[at]) + 1)]
        case _:
            lines[at] = _other_word(lines[at], dice, token)
    return b"\n".join(lines)


def _other_word(line: bytes, dice: Random, token: bytes) -> bytes:
    words = line.split(b" ")
    words[dice.randrange(len(words))] = token
    return b" ".join(words)
