"""`zk-operator status`: chains, lag, balances, what is in flight."""

from zk_acts.cli.output import AsJson, print_json, print_tree
from zk_operator.cli.options import ConfigPath, Overrides, load


def status(config: ConfigPath, overrides: Overrides = None, as_json: AsJson = False) -> None:
    """Show chains, lag, the three balances and what is in flight; beside a running daemon or without one."""
    import anyio

    from zk_acts.runtime.logs import configure_logs
    from zk_operator.app.inspect import open_inspector

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
