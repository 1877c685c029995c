"""`zk-operator ledger`: quoted against paid, per act."""

from typing import Annotated

import typer

from zk_acts.cli.output import AsJson, print_json, print_table
from zk_operator.cli.options import ConfigPath, Overrides, load


def ledger(
    config: ConfigPath,
    hours: Annotated[float, typer.Option("--hours", min=0.01, help="How far back.")] = 24.0,
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """List paid acts, oldest first, with what was quoted and what was paid (in 1e-18 of the token)."""
    import time

    import anyio

    from zk_operator.app.rows import open_rows
    from zk_operator.cli.rows import ledger_json

    loaded = load(config, overrides)
    since_ms = int((time.time() - hours * 3600) * 1000)

    async def read() -> list[dict[str, object]]:
        async with open_rows(loaded.settings) as store:
            return [ledger_json(entry) for entry in await store.intents.ledger(since_ms)]

    rows = anyio.run(read)
    if as_json:
        print_json(rows)
        return
    columns = ("intent_id", "resource", "quoted", "paid")
    print_table("ledger", columns, [tuple(row[name] for name in columns) for row in rows])
