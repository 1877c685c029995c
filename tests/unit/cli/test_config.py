"""`config check` without a network: what it prints, and how it ends."""

import json
import sys
from pathlib import Path

import pytest

from zk_devnet.testing.site import Site, furnish
from zk_operator.cli import main

EXAMPLE = Path(__file__).parents[3] / "config" / "operator.example.toml"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setattr("zk_operator.runtime.listening.why_not_free", lambda *_: None)
    site = Site(tmp_path)
    furnish(site, EXAMPLE)
    return site


def check(monkeypatch: pytest.MonkeyPatch, site: Site, *more: str) -> int:
    monkeypatch.setattr(
        sys, "argv", ["zk-operator", "config", "check", "-c", str(site.config), *more]
    )
    with pytest.raises(SystemExit) as ended:
        main.main()
    return int(ended.value.code or 0)


def test_check__all_as_it_should_be__valid(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(monkeypatch, site) == 0
    assert capsys.readouterr().out == "configuration is valid\n"


def test_check__as_json__with_the_platforms_variables_as_a_warning(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ZKO_SERVER_PORT", "tcp://10.96.12.7:80")

    assert check(monkeypatch, site, "--json") == 0

    said = json.loads(capsys.readouterr().out)
    assert said["valid"] is True
    assert "ZKO_SERVER_PORT" in said["warnings"][0]


def test_check__a_wrong_password__what_run_would_say(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    site.write("keys/sp1.password", b"wrong\n", 0o600)

    assert check(monkeypatch, site, "--json") == 78

    said = capsys.readouterr()
    assert said.out == ""
    assert json.loads(said.err)["error"]["code"] == "ZKO-KEY-004"
    assert "keys.sp1_keystore" in said.err
