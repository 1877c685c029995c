"""The command line: verbs are registered here, each lives in its own file, and heavy imports wait until one runs."""

import json
import sys
from typing import Annotated

import typer

from zk_operator.cli import (
    batches,
    config,
    demo,
    devnet,
    keys,
    ledger,
    order,
    orders,
    proof,
    prover,
    run,
    simulate,
    status,
    zkverify,
)
from zk_operator.domain.errors import OperatorError

app = typer.Typer(
    name="zk-operator",
    help="Operator daemon of a dark-pool AVS, with everything to run, watch and try it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("run")(run.run)
app.command("status")(status.status)
app.command("orders")(orders.orders)
app.command("batches")(batches.batches)
app.command("ledger")(ledger.ledger)
app.command("demo")(demo.demo)
app.command("simulate")(simulate.simulate)
app.add_typer(order.app, name="order", help="Place, watch, cancel and refund orders.")
app.add_typer(zkverify.app, name="zkverify", help="Use any zkVerify chain: keys, proofs, domains.")
app.add_typer(keys.app, name="keys", help="Create key files and show their addresses.")
app.add_typer(config.app, name="config", help="Check and show a configuration.")
app.add_typer(prover.app, name="prover", help="The provers: state, prices, proofs on demand.")
app.add_typer(proof.app, name="proof", help="Inspect and verify proof files.")
app.add_typer(devnet.app, name="devnet", help="The local devnet, whole or in parts.")


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

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
    """Entry point. An error of ours ends with its code on standard error and its exit code; never a traceback."""
    try:
        app()
    except OperatorError as error:
        if "--json" in sys.argv:
            problem = {"code": error.code, "message": str(error)}
            sys.stderr.write(json.dumps({"error": problem}) + "\n")
        else:
            sys.stderr.write(f"error: {error}\n")
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
