"""`zk-operator status`: chains, lag, balances, what is in flight."""

from zk_operator.cli.options import AsJson, ConfigPath, Overrides, load
from zk_operator.cli.output import print_json, print_tree


def status(config: ConfigPath, overrides: Overrides = None, as_json: AsJson = False) -> None:
    """Show chains, lag, the three balances and what is in flight; beside a running daemon or without one."""
    import anyio

    from zk_operator.app.inspect import open_inspector
    from zk_operator.runtime.logs import configure_logs

    configure_logs(level="error", form="auto")
    loaded = load(config, overrides)

    async def report() -> dict[str, object]:
        async with open_inspector(loaded.settings) as inspector:
            return await inspector.overview.report()

    result = anyio.run(report)
    if as_json:
        print_json(result)
    else:
        print_tree("zk-operator", result)
