"""Keys of the configuration as dotted paths, and the closest real key to a mistyped one."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache

from pydantic.fields import FieldInfo

from zk_operator.settings.base import Section
from zk_operator.settings.model import Settings

_DEEPEST, _LONGEST = 8, 80


def leaves(section: type[Section] = Settings, prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every key with its field, in declaration order."""
    for name, field in section.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, Section):
            yield from leaves(inner, f"{prefix}{name}.")
        else:
            yield prefix + name, field


@cache
def _known_paths() -> tuple[str, ...]:
    return tuple(path for path, _ in leaves())


def suggestion(key: str) -> str:
    """' (did you mean ...?)' for a key that does not exist, or nothing."""
    if len(key) > _LONGEST:
        return ""
    known = _known_paths()
    sections = {path.rpartition(".")[0] for path in known} - {""}
    close = get_close_matches(key, [*known, *sorted(sections)], n=1, cutoff=0.6)
    if not close:  # right name, wrong section
        close = [path for path in known if path.rpartition(".")[2] == key.rpartition(".")[2]][:1]
    return f" (did you mean {close[0]}?)" if close else ""


def put(tree: dict[str, object], key: str, value: object) -> None:
    """Set a dotted key, replacing whatever stands in the way."""
    *parents, leaf = key.split(".")
    for parent in parents:
        inner = tree.get(parent)
        tree[parent] = tree = dict(inner) if isinstance(inner, Mapping) else {}
    tree[leaf] = value


def paths(tree: Mapping[str, object], prefix: str = "", depth: int = 0) -> Iterator[str]:
    """The dotted keys that a tree sets; tables that lie deeper than any key are not looked into."""
    for name, value in tree.items():
        if isinstance(value, Mapping) and depth < _DEEPEST:
            yield from paths(value, f"{prefix}{name}.", depth + 1)
        else:
            yield prefix + name
