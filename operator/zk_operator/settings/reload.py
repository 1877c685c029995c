"""What a reload may change: the live keys. The static ones keep their values until a restart."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from pydantic.fields import FieldInfo

from zk_operator.settings.base import Section
from zk_operator.settings.check import require_consistent
from zk_operator.settings.field import Reload
from zk_operator.settings.key_path import leaves
from zk_operator.settings.model import Settings
from zk_operator.settings.show import value_of

SectionT = TypeVar("SectionT", bound=Section)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReloadPlan:
    """The settings from now on, the keys that changed, and those that changed in the file but need a restart."""

    settings: Settings
    applied: tuple[str, ...]
    refused: tuple[str, ...]


def plan_reload(old: Settings, new: Settings) -> ReloadPlan:
    """The old settings with the new values of the live keys.

    Error: ContradictoryConfig, where the new live values contradict static ones that stay.
    """
    applied, refused = [], []
    settings = old
    for key, field in leaves():
        value = value_of(new, key)
        if value == value_of(old, key):
            continue
        if _is_live(field):
            applied.append(key)
            settings = _with(settings, key, value)
        else:
            refused.append(key)
    require_consistent(settings)
    return ReloadPlan(settings=settings, applied=tuple(applied), refused=tuple(refused))


def _is_live(field: FieldInfo) -> bool:
    extra = field.json_schema_extra
    return isinstance(extra, Mapping) and extra.get("reload") == Reload.LIVE


def _with(section: SectionT, key: str, value: object) -> SectionT:
    """A copy with one dotted key changed; the value was validated as part of another tree."""
    name, _, rest = key.partition(".")
    if rest:
        value = _with(getattr(section, name), rest, value)
    return section.model_copy(update={name: value})
