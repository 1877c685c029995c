"""Alterations of JSON by its structure: other types, numbers without end, texts that are none, keys twice, lists in lists."""

import json
from collections.abc import Sequence
from functools import lru_cache
from random import Random
from typing import Any

from zk_devnet.testing.fuzz.byte_mutation import mutate_bytes

_DESCEND = 0.85
_LARGEST, _MOST_RAW = 2 << 20, 3  # more of the same finds no more
# Written as they stand: Python's own writer makes none of these.
_RAW = {
    "@huge@": "1e999",
    "@minus@": "-1e999",
    "@exact@": "0.1e-400",
    "@long@": "9" * 5_000,
    "@digits@": "9" * 400,
    "@deep@": "[" * 300 + "]" * 300,
    "@deeper@": "[" * 5_000 + "]" * 5_000,
    "@bottomless@": "[" * 100_000,
    "@objects@": '{"data":' * 400 + "1" + "}" * 400,
    "@twice@": '{"error":null,"error":{"code":1},"result":1,"result":2}',
    "@zero@": "-0",
    "@nan@": "NaN",
    "@infinity@": "-Infinity",
}
_TEXTS = (
    *(
        "",
        " ",
        "0",
        "0x",
        "0x0",
        "0x1",
        "0X1",
        "-0x1",
        "0x_1",
        " 0x1",
        "0x1\n",
        "x",
        "null",
        "true",
        "NaN",
        "inf",
    ),
    *(
        "1e999",
        "1_000",
        "-1",
        "+1",
        "0x" + "f" * 64,
        "0x" + "f" * 65,
        "0x" + "0" * 63,
        "0x" + "f" * 5_000,
    ),
    *(
        "9" * 5_000,
        "1.5",
        "\uff11\uff12",
        "\u0661",
        "\ud800",
        "\udfff\ud800",
        "\x00",
        "\x1b[2J",
        "\n",
        "a b\nc",
    ),
    *(
        "\U0001f600",
        "e\u0301" * 40,
        "\u202e",
        "{}",
        "[]",
        "0x" + "ab" * 20,
        "0x" + "Ab" * 32,
        "~nobody/x",
        "http://[",
    ),
)
_NUMBERS = (
    *(
        0,
        1,
        -1,
        2,
        3,
        31,
        32,
        255,
        256,
        2**31 - 1,
        2**31,
        2**32,
        2**53,
        2**63 - 1,
        2**63,
        2**64,
        2**128,
        2**256,
    ),
    *(-(2**31), -(2**63), 10**80, 0.0, 0.5, -0.5, 1e-300, 1e18, 1e300, 1.0),
)


def mutate_json(dice: Random, seeds: Sequence[bytes]) -> bytes:
    """One of the seeds, altered in one to three places of its structure, and seldom in its text besides."""
    value = _parsed(dice.choice(seeds))
    for _ in range(dice.choice((1, 1, 2, 3))):
        value = _edited(value, dice, seeds)
    text = _written(value, dice)
    return mutate_bytes(dice, [text]) if dice.random() < 0.08 else text


@lru_cache(maxsize=4_096)
def _parsed(seed: bytes) -> Any:
    return json.loads(seed)


def _written(value: Any, dice: Random) -> bytes:
    text = json.dumps(value, ensure_ascii=dice.random() < 0.9)
    if "@" in text:
        for mark, raw in _RAW.items():
            text = text.replace(f'"{mark}"', raw, _MOST_RAW)
    return text.encode("utf-8", "surrogatepass")[:_LARGEST]


def _edited(value: Any, dice: Random, seeds: Sequence[bytes]) -> Any:
    """A copy in which one place is another; what is not on the way to it is shared."""
    if isinstance(value, dict) and value and dice.random() < _DESCEND:
        if dice.random() < 0.12:
            return _other_keys(dict(value), dice)
        key = dice.choice(list(value))
        return {**value, key: _edited(value[key], dice, seeds)}
    if isinstance(value, list) and value and dice.random() < _DESCEND:
        if dice.random() < 0.15:
            return _other_items(list(value), dice)
        at = dice.randrange(len(value))
        return [*value[:at], _edited(value[at], dice, seeds), *value[at + 1 :]]
    return _another(value, dice, seeds)


def _other_keys(value: dict[str, Any], dice: Random) -> dict[str, Any]:
    key = dice.choice(list(value))
    match dice.randrange(4):
        case 0:
            del value[key]
        case 1:
            value[dice.choice(_TEXTS)] = value.pop(key)
        case 2:
            value[dice.choice(_TEXTS)] = dice.choice(_NUMBERS)
        case _:
            other = dice.choice(list(value))
            value[key], value[other] = value[other], value[key]
    return value


def _other_items(value: list[Any], dice: Random) -> list[Any]:
    match dice.randrange(5):
        case 0:
            del value[dice.randrange(len(value))]
        case 1:
            dice.shuffle(value)
        case 2:
            value.insert(0, value[dice.randrange(len(value))])
        case 3:
            value *= 300 if dice.random() < 0.02 else dice.choice((2, 2, 3, 9))
        case _:
            value.clear()
    return value


def _another(value: Any, dice: Random, seeds: Sequence[bytes]) -> Any:
    match dice.randrange(9):
        case 0 | 1:
            return dice.choice((None, True, False, *_NUMBERS))
        case 2:
            return dice.choice(_TEXTS)
        case 3:
            return (
                dice.choice(list(_RAW)) if dice.random() < 0.5 else dice.choice(([], {}, "@nan@"))
            )
        case 4:
            return dice.choice(([value], {"data": value}, [[value]], {"": value}))
        case 5:
            return _part_of(_parsed(dice.choice(seeds)), dice)
        case _:
            return _near(value, dice)


def _near(value: Any, dice: Random) -> Any:
    """Of the same type mostly, and almost the same."""
    if isinstance(value, str):
        return _near_text(value, dice)
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, float):
        return dice.choice((-value, str(value), 1.5, 1e17))
    if isinstance(value, int):
        float_too = float(value % 2**60)
        return dice.choice((value + 1, -value, value << 40, float_too, str(value), hex(value)))
    return dice.choice((str(value)[:100], len(value), None))


def _near_text(text: str, dice: Random) -> object:
    at = dice.randrange(len(text) + 1)
    match dice.randrange(9):
        case 0:
            return text[:at]
        case 1:
            return text[:at] + dice.choice("0f_ xG\u00e9\x00") + text[at:]
        case 2:
            return text[:at] + dice.choice("0123456789abcdef") + text[at + 1 :]
        case 3:
            return text.upper() if dice.random() < 0.5 else text + text
        case 4:
            return text.removeprefix("0x")
        case 5:
            return text + "00" * dice.choice((1, 32, 32, 50_000 if dice.random() < 0.1 else 500))
        case 6:
            return len(text)
        case 7:
            return f" {text} "
        case _:
            return text[at:]


def _part_of(value: Any, dice: Random) -> Any:
    while isinstance(value, dict | list) and value and dice.random() < 0.7:
        value = dice.choice(list(value.values()) if isinstance(value, dict) else value)
    return value
