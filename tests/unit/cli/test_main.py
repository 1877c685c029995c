"""The command line as a whole: quick to answer, helpful everywhere, clear about what is wrong."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from zk_operator.cli import main

HEAVY = {
    *("web3", "eth_account", "eth_abi", "aiohttp", "anyio", "pydantic", "substrateinterface"),
    *("grpc", "rich", "structlog", "coincurve", "sqlite3", "prometheus_client"),
}


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every verb with its path. Untyped: whose Click it is depends on typer's version."""
    yield path, command
    for name, child in getattr(command, "commands", {}).items():
        yield from commands(child, (*path, name))


VERBS = dict(commands(typer.main.get_command(main.app)))


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """The exit code of the entry point."""
    monkeypatch.setattr(sys, "argv", ["zk-operator", *arguments])
    with pytest.raises(SystemExit) as ended:
        main.main()
    code = ended.value.code
    assert isinstance(code, int)
    return code


# What rows are read with; the rest talks to chains and provers.
LOOKING = {"anyio", "pydantic", "rich", "structlog", "sqlite3"}


def loaded_by(modules: str) -> set[str]:
    code = f"import sys, {modules}; print(*{{m.partition('.')[0] for m in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_import__of_the_command_line__loads_nothing_heavy() -> None:
    assert HEAVY.isdisjoint(loaded_by("zk_operator.cli.main"))


def test_import__of_a_verb_that_shows_rows__loads_what_it_shows_and_no_client() -> None:
    loaded = loaded_by("zk_operator.cli.main, zk_operator.settings, zk_operator.app.rows")
    assert (HEAVY - LOOKING).isdisjoint(loaded)


def test_version__asked__prints_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from importlib.metadata import version

    assert run(monkeypatch, "--version") == 0
    assert capsys.readouterr().out == version("zk-operator") + "\n"


@pytest.mark.parametrize("path", VERBS, ids=" ".join)
def test_help__of_every_verb__says_what_it_does(path: tuple[str, ...]) -> None:
    result = CliRunner().invoke(main.app, [*path, "--help"])
    assert result.exit_code == 0
    assert VERBS[path].help or not path


@pytest.mark.parametrize("path", VERBS, ids=" ".join)
def test_options__of_every_verb__are_explained(path: tuple[str, ...]) -> None:
    options = [each for each in VERBS[path].params if each.param_type_name == "option"]
    assert [each.name for each in options if not each.help] == []


def test_verbs__of_the_issue__are_there() -> None:
    wanted = "run|status|orders|batches|demo|devnet up|devnet evm|devnet zkverify"
    wanted += "|devnet prover-network|order place|order watch|order cancel|order refund"
    assert {tuple(verb.split()) for verb in wanted.split("|")} <= VERBS.keys()


@pytest.mark.parametrize("verb", ["status", "orders", "batches", "order place", "order watch"])
def test_json__on_each_looking_verb__is_an_option(verb: str) -> None:
    options = {opt for each in VERBS[tuple(verb.split())].params for opt in each.opts}
    assert "--json" in options


@pytest.mark.parametrize("arguments", [("nonsense",), ("run", "--nonsense"), ("order", "nonsense")])
def test_arguments__unknown__end_with_two(
    monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    assert run(monkeypatch, *arguments) == 2


@pytest.mark.parametrize("verb", ["run", "status", "orders", "batches", "ledger"])
def test_config__missing__ends_with_78_and_its_code(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    verb: str,
) -> None:
    assert run(monkeypatch, verb, "--config", str(tmp_path / "absent.toml")) == 78
    assert "[ZKO-CFG-003]" in capsys.readouterr().err


def test_config__unknown_key__ends_with_78_and_says_which(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "operator.toml"
    path.write_text("[evm]\nchain_idd = 1\n")
    assert run(monkeypatch, "config", "check", "--config", str(path)) == 78
    told = capsys.readouterr().err
    assert "[ZKO-CFG-001]" in told
    assert "evm.chain_idd" in told


def test_error__with_json__is_json_on_standard_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(monkeypatch, "status", "--json", "--config", str(tmp_path / "absent.toml")) == 78
    told = capsys.readouterr()
    assert json.loads(told.err)["error"]["code"] == "ZKO-CFG-003"
    assert told.out == ""


def test_set__without_a_value__ends_with_two(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "operator.toml"
    path.write_text("")
    assert run(monkeypatch, "config", "check", "-c", str(path), "--set", "evm.chain_id") == 2
