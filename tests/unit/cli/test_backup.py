"""`zk-operator backup`: a whole copy of a database in use, and never over a file that is there."""

import sys
from pathlib import Path

import anyio
import pytest

from zk_devnet.testing.manual_clock import ManualClock
from zk_devnet.testing.store_builders import a_block, a_log, placed, scanned
from zk_operator.adapters.storage import open_store
from zk_operator.cli import main

EXAMPLE = Path(__file__).parents[3] / "config" / "operator.example.toml"


def run(monkeypatch: pytest.MonkeyPatch, database: Path, target: Path) -> int:
    flags = ["--config", str(EXAMPLE), "--set", f"store.path={database}"]
    monkeypatch.setattr(sys, "argv", ["zk-operator", "backup", str(target), *flags])
    with pytest.raises(SystemExit) as caught:
        main.main()
    return int(caught.value.code or 0)


async def cursor_of(path: Path) -> object:
    async with open_store(path, clock=ManualClock()) as store:
        return await store.chain.cursor()


async def fill(path: Path) -> None:
    async with open_store(path, clock=ManualClock()) as store:
        await store.chain.apply([scanned(1, placed("o", a_log(1)))])


def test_backup__of_a_database__is_a_database_with_its_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, target = tmp_path / "operator.sqlite", tmp_path / "copy.sqlite"
    anyio.run(fill, database)
    assert run(monkeypatch, database, target) == 0
    assert anyio.run(cursor_of, target) == a_block(1)


def test_backup__the_file_is_there__ends_with_its_code_and_leaves_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    database, target = tmp_path / "operator.sqlite", tmp_path / "copy.sqlite"
    anyio.run(fill, database)
    target.write_text("precious")
    assert run(monkeypatch, database, target) != 0
    assert "ZKO-STO-" in capsys.readouterr().err
    assert target.read_text() == "precious"
