"""`zk-operator run`: the daemon."""

from zk_operator.cli.options import ConfigPath, Overrides, load


def run(config: ConfigPath, overrides: Overrides = None) -> None:
    """Run the operator until SIGTERM or SIGINT, then drain and end. SIGHUP reads the configuration again."""
    from functools import partial

    import anyio

    from zk_operator.app.daemon import run_operator

    anyio.run(run_operator, partial(load, config, overrides))
