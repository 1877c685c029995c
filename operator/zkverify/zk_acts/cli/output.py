"""How every verb prints: JSON with --json, otherwise tables for people; and how a command ends."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated

import typer

from zk_acts.domain.errors import OperatorError

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def print_json(value: object) -> None:
    """One JSON document on standard output. Amounts are strings already: they exceed a double's 53 bits."""
    typer.echo(json.dumps(value, indent=2))


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table; says so when there is nothing in it."""
    if not rows:
        typer.echo(f"{title}: none")
        return
    from rich.console import Console  # a tenth of a second
    from rich.table import Table

    # Piped output has no width of its own.
    console = Console() if sys.stdout.isatty() else Console(width=200)
    table = Table(title=title, title_justify="left", show_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*("-" if cell is None else str(cell) for cell in row))
    console.print(table)


def print_tree(title: str, values: Mapping[str, object], indent: int = 0) -> None:
    """Nested key-value lines."""
    pad = "  " * indent
    if title:
        typer.echo(f"{pad}{title}")
    for key, value in values.items():
        if isinstance(value, Mapping):
            print_tree(f"{key}:", value, indent + 1)
        elif isinstance(value, list):
            print_tree(
                f"{key}:", {str(number): each for number, each in enumerate(value, 1)}, indent + 1
            )
        else:
            typer.echo(f"{pad}  {key}: {'-' if value is None else value}")


def print_result(title: str, values: Mapping[str, object], *, as_json: bool) -> None:
    """One JSON document, or key-value lines."""
    if as_json:
        print_json(values)
    else:
        print_tree(title, values)


def run_command(app: Callable[[], object]) -> None:
    """The command line. An error of ours ends it with its code on standard error and its exit code; never a traceback."""
    try:
        app()
    except OperatorError as error:
        if "--json" in sys.argv:
            problem = {"code": error.code, "message": str(error)}
            sys.stderr.write(json.dumps({"error": problem}) + "\n")
        else:
            sys.stderr.write(f"error: {error}\n")
        sys.exit(error.exit_code)
