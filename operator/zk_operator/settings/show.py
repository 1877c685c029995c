"""Settings as they may be shown: endpoints without credentials, amounts in tokens, hashes in hex."""

from collections.abc import Mapping
from pathlib import Path

from zk_acts.domain.ids import hex0x
from zk_acts.domain.money import tokens
from zk_acts.domain.redaction import redact_url
from zk_operator.settings.base import Section
from zk_operator.settings.key_path import leaves
from zk_operator.settings.model import LimitSettings, Settings

_IN_TOKENS = {f"limits.{name}" for name in LimitSettings.model_fields} | {
    "batching.priorities.min_fee"
}


def redacted(settings: Settings) -> dict[str, object]:
    """Every key with its effective value, fit for a terminal or a log."""
    return {key: shown(key, value_of(settings, key)) for key, _ in leaves()}


def value_of(settings: Settings, key: str) -> object:
    """The value of a dotted key."""
    value: object = settings
    for name in key.split("."):
        value = getattr(value, name)
    return value


def shown(key: str, value: object) -> object:
    """One value, fit for a terminal or a log."""
    if key in _IN_TOKENS and isinstance(value, int):
        return tokens(value)
    if isinstance(value, bytes):
        return hex0x(value)
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Section):  # one of a list of tables: what it sets
        return {
            name: shown(f"{key}.{name}", getattr(value, name))
            for name in sorted(value.model_fields_set)
        }
    if isinstance(value, Mapping):
        return {str(shown(key, name)): shown(key, each) for name, each in value.items()}
    if isinstance(value, tuple):
        return [shown(key, item) for item in value]
    if isinstance(value, str) and "://" in value:
        return redact_url(value)
    return value
