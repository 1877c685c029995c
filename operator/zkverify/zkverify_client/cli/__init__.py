"""The command `zkverify`, and the verbs that `zk-operator` has of it. Needs the extra `cli`."""


def main() -> None:
    """Entry point of `zkverify`."""
    try:
        from zkverify_client.cli.main import app
    except ModuleNotFoundError as error:
        raise SystemExit(f"{error}: install zkverify-client[cli]") from None
    from zk_acts.cli.output import run_command

    run_command(app)
