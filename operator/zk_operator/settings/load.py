"""Reading the configuration: file, then environment, then flags; where each value came from is kept."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from zk_operator.settings.check import require_consistent
from zk_operator.settings.environment import Sorted, sort_environment
from zk_operator.settings.errors import ConfigFileMissing, MalformedConfig, UnknownKey
from zk_operator.settings.key_path import leaves, paths, put, suggestion
from zk_operator.settings.model import Settings

DEFAULT = "default"
_MOST_PROBLEMS = 100  # of a file that is something else altogether


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedSettings:
    """The settings, and per dotted key the source of its value ("default", a file, a variable, a flag).

    `ignored`: variables that look like ours, but that a platform made to describe a service.
    """

    settings: Settings
    provenance: dict[str, str]
    ignored: tuple[str, ...] = ()


def load_settings(
    path: Path | None,
    env: Mapping[str, str],
    overrides: Mapping[str, object] | None = None,
) -> LoadedSettings:
    """Read and check a configuration; opens the file and nothing else.

    `overrides`: dotted keys ("evm.chain_id"), as given by flags. Relative paths are taken from the file's folder,
    wherever they are set.
    Errors: ConfigFileMissing, MalformedConfig, UnknownKey, ContradictoryConfig, DevnetKeyOutsideDevnet; each lists every problem with its key.
    """
    tree = _read(path) if path else {}
    provenance = dict.fromkeys(paths(tree), f"file {path.name}") if path else {}
    variables = _checked_environment(env)
    from_env = [(key, env[name], f"env {name}") for name, key in variables.keys.items()]
    for key, value, source in [*from_env, *_from_flags(overrides or {})]:
        put(tree, key, value)
        provenance[key] = source
    settings = _validated(tree, provenance, path.parent if path else Path())
    require_consistent(settings)
    known = {key: provenance.get(key, DEFAULT) for key, _ in leaves()}
    return LoadedSettings(settings=settings, provenance=known, ignored=variables.foreign)


def _read(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigFileMissing(problems=(f"{path}: {error.strerror or error}",)) from error
    # ValueError: also for what is no UTF-8, and for an integer of thousands of digits. RecursionError: lists in lists.
    except (RecursionError, ValueError) as error:
        raise MalformedConfig("not valid TOML", problems=(f"{path}: {error}",)) from error


def _checked_environment(env: Mapping[str, str]) -> Sorted:
    """`ZKO_EVM__CHAIN_ID` sets evm.chain_id. `ZKO_EVM_CHAIN_ID` is refused: it would be lost silently.

    An empty variable is refused, too: a template that did not expand must not become a default, nor "anyone".
    """
    found = sort_environment(
        env,
        known=frozenset(key for key, _ in leaves()),
        sections=frozenset(Settings.model_fields),
    )
    if found.slips:
        raise UnknownKey(
            problems=tuple(f"env {name}: sections end in two underscores" for name in found.slips)
        )
    empty = [name for name in found.keys if not env[name].strip()]
    if empty:
        raise MalformedConfig(
            "variables without a value",
            problems=tuple(f"env {name}: is empty; give it a value, or unset it" for name in empty),
        )
    return found


def _from_flags(overrides: Mapping[str, object]) -> Iterator[tuple[str, object, str]]:
    for key, value in overrides.items():
        yield key, value, f"flag {key}"


def _validated(tree: dict[str, object], provenance: Mapping[str, str], folder: Path) -> Settings:
    try:
        return Settings.model_validate(tree, context={"folder": folder})
    except ValidationError as error:
        raise _explained(error, provenance) from error


def _explained(
    error: ValidationError, provenance: Mapping[str, str]
) -> MalformedConfig | UnknownKey:
    """Every problem with its key and source; what a union's branches say of one key becomes one line."""
    unknown: dict[str, str] = {}
    said: dict[str, list[str]] = {}
    errors = error.errors(include_url=False)
    for item in errors[:_MOST_PROBLEMS]:
        if item["type"] == "extra_forbidden":
            key = ".".join(map(str, item["loc"]))
            unknown[key] = f"no such key{suggestion(key)}"
        elif item["type"] == "missing":
            said[_key(item["loc"])] = ["missing"]
        else:
            said.setdefault(_key(item["loc"]), []).append(item["msg"].removeprefix("Value error, "))
    lines = unknown | {key: "; or: ".join(texts) for key, texts in said.items()}
    problems = tuple(f"{key}: {text}{_source(key, provenance)}" for key, text in lines.items())
    if len(errors) > _MOST_PROBLEMS:
        problems += (f"and {len(errors) - _MOST_PROBLEMS} more",)
    return (UnknownKey if unknown else MalformedConfig)(problems=problems)


def _key(location: tuple[int | str, ...]) -> str:
    """The dotted key of a location, without the names that pydantic gives to branches of unions."""
    return ".".join(
        str(part) for part in location if str(part).isidentifier() or str(part).isdecimal()
    )


def _source(key: str, provenance: Mapping[str, str]) -> str:
    """Where the key, or what is in it, was set."""
    for path, name in provenance.items():
        if f"{key}.".startswith(f"{path}.") or path.startswith(f"{key}."):
            return f" [{name}]"
    return ""
