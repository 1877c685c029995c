"""What a verb is told on the command line reaches what is signed."""

from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from zkverify_client.adapters.channel import SubmissionPolicy
from zkverify_client.cli import verbs
from zkverify_client.session import Target

ALICE = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"
SUBMITTER = ("--submitter", ALICE)


def _options(command: Any, name: str = "") -> Iterator[tuple[str, set[str]]]:
    """Of every verb. Untyped: whose Click it is depends on typer's version."""
    yield name, {option for parameter in command.params for option in parameter.opts}
    for own, child in getattr(command, "commands", {}).items():
        yield from _options(child, f"{name} {own}".strip())


def test_verbs__those_that_pay__all_take_a_tip_and_a_trial() -> None:
    options = dict(_options(get_command(verbs.app)))
    paying = {name for name, taken in options.items() if "--account" in taken}
    assert paying == {
        *("submit", "aggregate", "vk register", "vk unregister"),
        *("domain register", "domain hold", "domain unregister", "domain fees"),
        *("domain allow", "domain disallow"),
    }
    assert {name for name in paying if options[name] >= {"--tip", "--dry-run"}} == paying


@pytest.mark.parametrize(
    "verb",
    [
        ("hold", "3"),
        ("unregister", "3"),
        ("fees", "3", "--delivery-fee", "0.1"),
        ("allow", "3", *SUBMITTER),
        ("disallow", "3", *SUBMITTER),
    ],
)
@pytest.mark.parametrize("dry_run", [True, False])
def test_domain__tip_and_trial__are_what_the_act_is_sent_with(
    verb: tuple[str, ...], dry_run: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Target] = []

    def act(target: Target, *_: object, **__: object) -> None:
        asked.append(target)

    monkeypatch.setattr("zkverify_client.cli.domain.act", act)
    common = ("--account", "//Alice", "--dev", "--endpoint", "ws://nowhere", "--tip", "7")
    flags = ("--dry-run",) if dry_run else ()

    result = CliRunner().invoke(verbs.app, ["domain", *verb, *common, *flags])

    assert result.exit_code == 0, result.output
    assert [target.policy for target in asked] == [SubmissionPolicy(tip=7, dry_run=dry_run)]
