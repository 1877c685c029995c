"""The devnet's verbs. `zk-operator` finds them by the entry point group `zk_operator.verbs`."""

import typer

from zk_devnet.cli import demo, devnet, simulate


def add_verbs(app: typer.Typer) -> None:
    """Give the command line what this package is for."""
    app.command("demo")(demo.demo)
    app.command("simulate")(simulate.simulate)
    app.add_typer(devnet.app, name="devnet", help="The local devnet, whole or in parts.")
