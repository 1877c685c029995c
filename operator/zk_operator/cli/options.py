"""Options that several verbs share, and what they load."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from zk_operator.settings import LoadedSettings

ConfigPath = Annotated[
    Path, typer.Option("--config", "-c", help="The operator's TOML file.", envvar="ZKO_CONFIG_FILE")
]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", help="Override one key, as section.key=value; may be repeated."),
]
Limit = Annotated[int, typer.Option("--limit", min=1, max=10_000, help="At most so many rows.")]


def load(config: Path, overrides: list[str] | None = None) -> "LoadedSettings":
    """The settings from file, environment and flags. Errors: those of `load_settings`."""
    from zk_operator.settings import load_settings

    flags: dict[str, object] = {}
    for item in overrides or []:
        key, separator, value = item.partition("=")
        if not separator:
            raise typer.BadParameter(f"{item!r} is not section.key=value", param_hint="--set")
        flags[key] = value
    return load_settings(config, os.environ, flags)
