"""`zkverify`: a tool for any zkVerify chain, without an operator."""

from importlib.metadata import version
from typing import Annotated

import typer

from zkverify_client.cli import keys, verbs

app = typer.Typer(
    name="zkverify",
    help="Use any zkVerify chain: keys, proofs, domains.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(verbs.app)
app.add_typer(keys.app, name="keys", help="Create key files and show their addresses.")


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(version("zkverify-client"))
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
    """See `zkverify VERB --help`."""
