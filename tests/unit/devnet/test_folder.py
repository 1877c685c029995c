"""A devnet empties only folders that are its own."""

from pathlib import Path

import pytest

from zk_devnet.errors import DevnetFolderForeign
from zk_devnet.folder import MARKER, claim_folder, remove_folder


def test_claim_folder__new__is_made_and_marked(tmp_path: Path) -> None:
    claim_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b" / MARKER).is_file()


def test_claim_folder__of_an_earlier_run__is_emptied(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    claim_folder(folder)
    (folder / "old").write_text("old")
    claim_folder(folder)
    assert [path.name for path in folder.iterdir()] == [MARKER]


def test_claim_folder__somebody_elses__is_refused_untouched(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    with pytest.raises(DevnetFolderForeign):
        claim_folder(tmp_path)
    with pytest.raises(DevnetFolderForeign):
        remove_folder(tmp_path)
    assert (tmp_path / "precious").read_text() == "mine"


def test_remove_folder__absent__is_fine(tmp_path: Path) -> None:
    remove_folder(tmp_path / "absent")
