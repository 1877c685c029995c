"""JSON that somebody else wrote: read by one rule, so that what comes out can be used anywhere."""

import json
import math
import re
import reprlib
from typing import Any, Final, NoReturn

# An escape that may be half of a pair. A lone half is no text: neither a database nor a terminal takes it.
_HALF_PAIR: Final = re.compile(r"\\u[dD][89a-fA-F]")

_SHORT: Final = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 300


class JsonInvalid(ValueError):
    """Raised when a text is no JSON of UTF-8, finite numbers and whole characters, or nested too deeply to be read."""


def parse_json(raw: bytes | bytearray | str) -> Any:
    """What a document says, as plain Python values. Of equal keys the last counts. Error: JsonInvalid, nothing else.

    Without NaN and infinities (which no integer can be made of), without halves of surrogate pairs.
    """
    try:
        text = raw if isinstance(raw, str) else raw.decode()
        value = _DECODER.decode(text)
        if _HALF_PAIR.search(text):
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise JsonInvalid("no JSON: nested too deeply") from None
    except ValueError as error:
        raise JsonInvalid(f"no JSON: {_reason(error)}") from error
    return value


def brief(value: object, limit: int = 500) -> str:
    """Any value of a document in at most `limit` characters, in little time however large or deep it is."""
    text = value if isinstance(value, str) else _SHORT.repr(value)
    return text[:limit]


def _refused(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("a number is out of range")
    return value


def _reason(error: ValueError) -> str:
    """Without what the text says: it may be a secret's."""
    return "not UTF-8" if isinstance(error, UnicodeError) else str(error)[:200]


_DECODER: Final = json.JSONDecoder(parse_constant=_refused, parse_float=_finite)
