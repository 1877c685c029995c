"""The forms that configured values take: hashes, amounts, URLs, paths, lists."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from zk_acts.domain.ids import Hash32, parse_hex
from zk_acts.domain.money import parse_tokens
from zk_operator.domain.address import parse_address
from zk_operator.domain.chain_event import BlockTag
from zk_operator.domain.ids import Address

TOKEN = 10**18  # PROVE, VFY and ether have 18 decimals


class Reload(StrEnum):
    """Whether a changed value takes effect on reload, or only at the next start."""

    STATIC = "static"
    LIVE = "live"


def setting(default: Any = ..., *, about: str, live: bool = False, **limits: Any) -> Any:
    """A field with its description and whether it can be changed while running."""
    reload = Reload.LIVE if live else Reload.STATIC
    return Field(default, description=about, json_schema_extra={"reload": reload.value}, **limits)


def _hex_of(size: int) -> BeforeValidator:
    def parse(value: object) -> bytes:
        if not isinstance(value, str):
            raise ValueError(f"expected 0x and {2 * size} hex digits in quotes")  # noqa: TRY004  # pydantic collects ValueErrors
        try:
            return parse_hex(value.strip(), size)
        except ValueError as error:
            raise ValueError(f"expected 0x and {2 * size} hex digits ({error})") from error

    return BeforeValidator(parse)


def _address(value: object) -> Address:
    if not isinstance(value, str):
        raise ValueError("expected 0x and 40 hex digits in quotes")  # noqa: TRY004  # pydantic collects ValueErrors
    try:
        return parse_address(value.strip())
    except ValueError as error:
        raise ValueError(f"expected 0x and 40 hex digits ({error})") from error


def split_texts(value: object) -> object:
    """A list, or one comma-separated text."""
    return _split(value)


def split_numbers(value: object) -> object:
    """A list of whole numbers, or one comma-separated text."""
    parts = _split(value)
    if not isinstance(parts, tuple):
        return parts
    return tuple(int(part) if str(part).isdecimal() else part for part in parts)


def _split(value: object) -> object:
    """Environment and flags give lists as one comma-separated text."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return tuple(value) if isinstance(value, Sequence) else value


def _url_with(*schemes: str) -> AfterValidator:
    def check(value: str) -> str:
        parts = urlsplit(value)
        if parts.port == 0 or not value.isprintable() or " " in value:
            raise ValueError("expected a URL without blanks, and a port from 1 to 65535")
        if parts.scheme not in schemes or not parts.hostname:
            raise ValueError(f"expected a URL that begins with {' or '.join(schemes)}://")
        return value

    return AfterValidator(check)


def _path_text(value: object) -> object:
    """An empty text would be the folder of the configuration; a zero byte is in no name."""
    if isinstance(value, str) and (not value.strip() or "\0" in value):
        raise ValueError("expected a path")
    return value


def _resolve(value: Path, info: ValidationInfo) -> Path:
    base = (info.context or {}).get("folder")
    try:
        expanded = value.expanduser()
    except RuntimeError as error:  # ~somebody, who is not there
        raise ValueError(f"expected a path ({error})") from error
    return expanded if base is None or expanded.is_absolute() else Path(base) / expanded


def _spend_at(value: object) -> object:
    return int(value) if isinstance(value, str) and value.isdecimal() else value


AddressField = Annotated[Address, BeforeValidator(_address)]
Hash32Field = Annotated[Hash32, _hex_of(32)]
TokenAmount = Annotated[int, BeforeValidator(parse_tokens)]
HttpUrl = Annotated[str, _url_with("http", "https")]
WsUrl = Annotated[str, _url_with("ws", "wss")]
FilePath = Annotated[Path, BeforeValidator(_path_text), AfterValidator(_resolve)]
Confirmations = Annotated[int, Field(ge=0, le=10_000)]
SpendAt = Annotated[BlockTag | Confirmations, BeforeValidator(_spend_at)]
HttpUrls = Annotated[tuple[HttpUrl, ...], BeforeValidator(_split)]
WsUrls = Annotated[tuple[WsUrl, ...], BeforeValidator(_split)]
# An empty list would mean "nobody" to whoever wrote it, and "anyone" to a prover network.
Addresses = Annotated[tuple[AddressField, ...], BeforeValidator(_split), Field(min_length=1)]
Port = Annotated[int, Field(ge=0, le=65_535)]
Seconds = Annotated[float, Field(gt=0, le=7 * 86_400)]
Bps = Annotated[int, Field(ge=0, le=10_000)]
