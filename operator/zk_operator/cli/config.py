"""`zk-operator config`: what would be used, without starting anything."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from zk_acts.cli.output import AsJson, print_json, print_table
from zk_operator.cli.options import ConfigPath, Overrides, load

if TYPE_CHECKING:
    from zk_operator.app.materials import Materials
    from zk_operator.settings import LoadedSettings

app = typer.Typer(no_args_is_help=True)


Online = Annotated[
    bool,
    typer.Option(
        "--online",
        help="Ask every configured endpoint as well what it can do; pays and sends nothing.",
    ),
]


@app.command()
def check(
    config: ConfigPath, overrides: Overrides = None, online: Online = False, as_json: AsJson = False
) -> None:
    """Read the configuration and every file that it names, as `run` does. Touches no network without --online."""
    import anyio

    from zk_operator.app.materials import read_materials

    loaded = load(config, overrides)
    materials = anyio.run(read_materials, loaded.settings)
    warnings = [*materials.warnings, *_of_the_moment(loaded)]
    if online:
        _examine(loaded, materials, warnings, as_json=as_json)
    elif as_json:
        print_json({"valid": True, "warnings": warnings})
    else:
        _say_valid(warnings)


def _say_valid(warnings: list[str]) -> None:
    for warning in warnings:
        typer.echo(f"warning: {warning}")
    typer.echo("configuration is valid")


def _of_the_moment(loaded: "LoadedSettings") -> list[str]:
    """What is no fault of the files, and keeps `run` from starting now, or may surprise."""
    from zk_operator.runtime.listening import why_not_free

    server = loaded.settings.server
    warnings = []
    reason = why_not_free(server.host, server.port)
    if reason:
        warnings.append(f"server.port: cannot listen on {server.host}:{server.port} now: {reason}")
    if loaded.ignored:
        warnings.append(f"variables of the platform are ignored: {', '.join(loaded.ignored)}")
    return warnings


def _examine(
    loaded: "LoadedSettings", materials: "Materials", warnings: list[str], *, as_json: bool
) -> None:
    """Ask the endpoints, and print what was found. Error: EndpointsUnfit, after that."""
    import anyio

    from zk_acts.runtime.logs import configure_logs
    from zk_operator.app.doctor import diagnose, require_fit

    configure_logs(level="error", form="auto")
    findings = anyio.run(diagnose, loaded.settings, materials)
    if as_json:
        print_json({"valid": True, "warnings": warnings, "findings": [asdict(f) for f in findings]})
    else:
        _say_valid(warnings)
        columns = ("where", "what", "is", "found", "cost", "what to do")
        rows = [(f.target, f.check, f.severity.value, f.found, f.cost, f.remedy) for f in findings]
        print_table("endpoints", columns, rows)
    require_fit(findings)


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
