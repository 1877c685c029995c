"""`zk-operator config`: what would be used, without starting anything."""

import typer

from zk_operator.cli.options import AsJson, ConfigPath, Overrides, load
from zk_operator.cli.output import print_json, print_table

app = typer.Typer(no_args_is_help=True)


@app.command()
def check(config: ConfigPath, overrides: Overrides = None) -> None:
    """Read the configuration and every file that it names; touch no network."""
    from zk_operator.settings import require_files

    require_files(load(config, overrides).settings)
    typer.echo("configuration is valid")


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
