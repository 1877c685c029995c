"""Settings as they may be shown: endpoints without credentials, amounts in tokens, hashes in hex."""

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from zk_operator.domain.ids import hex0x
from zk_operator.settings.field import TOKEN, Reload
from zk_operator.settings.key_path import leaves
from zk_operator.settings.model import LimitSettings, Settings

HIDDEN = "***"
_LOOKS_LIKE_A_KEY = re.compile(r"^(?=.*\d)[A-Za-z0-9_-]{16,}$|^[A-Za-z0-9_-]{24,}$")
_IN_TOKENS = {f"limits.{name}" for name in LimitSettings.model_fields}


def redact_url(url: str) -> str:
    """The URL without credentials, query, fragment, and path parts that look like API keys."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    if parts.port is not None:
        host = f"{host}:{parts.port}"
    if parts.username is not None or parts.password is not None:
        host = f"{HIDDEN}@{host}"
    path = "/".join(
        HIDDEN if _LOOKS_LIKE_A_KEY.match(part) else part for part in parts.path.split("/")
    )
    return urlunsplit((parts.scheme, host, path, HIDDEN if parts.query else "", ""))


def redacted(settings: Settings) -> dict[str, object]:
    """Every key with its effective value, fit for a terminal or a log."""
    return {key: _shown(key, _value(settings, key)) for key, _ in leaves()}


def changes(old: Settings, new: Settings) -> tuple[dict[str, object], tuple[str, ...]]:
    """What a reload would do: the live keys that changed (new values), and the static ones that need a restart."""
    live, static = {}, []
    for key, field in leaves():
        value = _value(new, key)
        if value == _value(old, key):
            continue
        extra = field.json_schema_extra
        if isinstance(extra, Mapping) and extra.get("reload") == Reload.LIVE:
            live[key] = value
        else:
            static.append(key)
    return live, tuple(static)


def _value(settings: Settings, key: str) -> object:
    value: object = settings
    for name in key.split("."):
        value = getattr(value, name)
    return value


def _shown(key: str, value: object) -> object:
    if key in _IN_TOKENS and isinstance(value, int):
        return _tokens(value)
    if isinstance(value, bytes):
        return hex0x(value)
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, tuple):
        return [_shown(key, item) for item in value]
    if isinstance(value, str) and "://" in value:
        return redact_url(value)
    return value


def _tokens(amount: int) -> str:
    whole, rest = divmod(amount, TOKEN)
    return f"{whole}.{rest:018d}".rstrip("0").rstrip(".")
