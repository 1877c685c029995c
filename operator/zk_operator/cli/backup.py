"""`zk-operator backup`: a copy of the database."""

from pathlib import Path
from typing import Annotated

import typer

from zk_acts.cli.output import AsJson, print_result
from zk_operator.cli.options import ConfigPath, Overrides, load


def backup(
    target: Annotated[Path, typer.Argument(help="Where the copy goes; must not exist.")],
    config: ConfigPath,
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Copy the database, also beside a running daemon. The copy is one file, and is there only when it is whole."""
    import anyio

    from zk_operator.app.rows import open_rows

    loaded = load(config, overrides)

    async def copy() -> None:
        async with open_rows(loaded.settings) as store:
            await store.backup(target)

    anyio.run(copy)
    facts = {"file": str(target), "size_bytes": target.stat().st_size}
    print_result("backup", facts, as_json=as_json)
