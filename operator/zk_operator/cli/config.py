"""`zk-operator config`: what would be used, without starting anything."""

from typing import TYPE_CHECKING

import typer

from zk_operator.cli.options import AsJson, ConfigPath, Overrides, load
from zk_operator.cli.output import print_json, print_table

if TYPE_CHECKING:
    from zk_operator.settings import LoadedSettings

app = typer.Typer(no_args_is_help=True)


@app.command()
def check(config: ConfigPath, overrides: Overrides = None, as_json: AsJson = False) -> None:
    """Read the configuration and every file that it names, as `run` does; touch no network."""
    warnings = _checked(load(config, overrides))
    if as_json:
        print_json({"valid": True, "warnings": warnings})
        return
    for warning in warnings:
        typer.echo(f"warning: {warning}")
    typer.echo("configuration is valid")


def _checked(loaded: "LoadedSettings") -> list[str]:
    """What is unwise about it. Errors: those of `read_materials`."""
    import anyio

    from zk_operator.app.materials import read_materials
    from zk_operator.runtime.listening import why_not_free

    settings = loaded.settings
    warnings = list(anyio.run(read_materials, settings).warnings)
    reason = why_not_free(settings.server.host, settings.server.port)
    if reason:
        warnings.append(
            f"server.port: cannot listen on {settings.server.host}:{settings.server.port} now: {reason}"
        )
    if loaded.ignored:
        warnings.append(f"variables of the platform are ignored: {', '.join(loaded.ignored)}")
    return warnings


@app.command()
def show(config: ConfigPath, overrides: Overrides = None, as_json: AsJson = False) -> None:
    """Print the effective configuration, redacted, with the source of each value."""
    from zk_operator.settings import redacted

    loaded = load(config, overrides)
    values = redacted(loaded.settings)
    if as_json:
        print_json(
            {
                key: {"value": value, "source": loaded.provenance[key]}
                for key, value in values.items()
            }
        )
        return
    rows = [(key, value, loaded.provenance[key]) for key, value in values.items()]
    print_table("configuration", ("key", "value", "source"), rows)
