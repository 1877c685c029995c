"""The trader's verbs. `zk-operator` finds them by the entry point group `zk_operator.verbs`."""

import typer

from zk_trader.cli import order


def add_verbs(app: typer.Typer) -> None:
    """Give the command line what this package is for."""
    app.add_typer(order.app, name="order", help="Place, watch, cancel and refund orders.")
