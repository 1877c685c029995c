"""The command line: verbs are registered here, each lives in its own file, and heavy imports wait until one runs."""

from importlib.metadata import entry_points, version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from zk_acts.cli.output import run_command
from zk_operator.cli import (
    backup,
    batches,
    config,
    history,
    keys,
    ledger,
    orders,
    proof,
    prover,
    run,
    status,
)
from zk_operator.cli.errors import VerbNotInstalled
from zkverify_client.cli import verbs as zkverify

# Packages beside the daemon's, and the verbs that they bring by the entry point group `zk_operator.verbs`.
PACKAGE_OF = {
    "demo": "zk-devnet",
    "devnet": "zk-devnet",
    "simulate": "zk-devnet",
    "order": "zk-trader",
}


class Verbs(TyperGroup):
    """The verbs; knows which package brings one that is not installed."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The verb, or None if there is none of that name. Raises VerbNotInstalled."""
        found = super().get_command(ctx, cmd_name)
        if found is None and cmd_name in PACKAGE_OF:
            package = PACKAGE_OF[cmd_name]
            raise VerbNotInstalled(
                "install the package that brings this verb", verb=cmd_name, package=package
            )
        return found


app = typer.Typer(
    name="zk-operator",
    cls=Verbs,
    help="Operator daemon of a dark-pool AVS, with everything to run and watch it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("run")(run.run)
app.command("status")(status.status)
app.command("orders")(orders.orders)
app.command("batches")(batches.batches)
app.command("ledger")(ledger.ledger)
app.command("history")(history.history)
app.command("backup")(backup.backup)
app.add_typer(zkverify.app, name="zkverify", help="Use any zkVerify chain: keys, proofs, domains.")
app.add_typer(keys.app, name="keys", help="Create key files and show their addresses.")
app.add_typer(config.app, name="config", help="Check and show a configuration.")
app.add_typer(prover.app, name="prover", help="The provers: state, prices, proofs on demand.")
app.add_typer(proof.app, name="proof", help="Inspect and verify proof files.")
for verbs in entry_points(group="zk_operator.verbs"):
    verbs.load()(app)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(version("zk-operator"))
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[  # a flag
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """See `zk-operator VERB --help`."""


def main() -> None:
    """Entry point."""
    run_command(app)


if __name__ == "__main__":
    main()
