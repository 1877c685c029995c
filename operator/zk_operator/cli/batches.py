"""`zk-operator batches`: batches with their stages."""

from zk_acts.cli.output import AsJson, print_json, print_table
from zk_operator.cli.options import ConfigPath, Limit, Overrides, load


def batches(
    config: ConfigPath, limit: Limit = 50, overrides: Overrides = None, as_json: AsJson = False
) -> None:
    """List batches, newest first."""
    import anyio

    from zk_operator.app.rows import open_rows
    from zk_operator.cli.rows import batch_json

    loaded = load(config, overrides)

    async def read() -> list[dict[str, object]]:
        async with open_rows(loaded.settings) as store:
            return [batch_json(batch) for batch in await store.batches.recent(limit)]

    rows = anyio.run(read)
    if as_json:
        print_json(rows)
        return
    columns = ("batch_id", "state", "orders", "sections", "close_reason", "error_code")
    print_table("batches", columns, [tuple(row[name] for name in columns) for row in rows])
