"""`zk-operator run`: the daemon."""

from zk_operator.cli.options import ConfigPath, Overrides, load


def run(config: ConfigPath, overrides: Overrides = None) -> None:
    """Run the operator until SIGTERM or SIGINT, then drain and end."""
    import anyio

    from zk_operator.app import run_operator
    from zk_operator.runtime.logs import configure_logs

    loaded = load(config, overrides)
    configure_logs(level=loaded.settings.log.level, form=loaded.settings.log.format)
    anyio.run(run_operator, loaded)
