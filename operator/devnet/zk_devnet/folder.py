"""The folder of a devnet: whose it is, and what of it is made anew at each start."""

import shutil
from pathlib import Path

from zk_devnet.errors import DevnetFolderForeign

MARKER = ".zk-operator-devnet"
_NOTE = "A devnet's folder: everything here is written anew by the next `zk-operator devnet up` or `demo`.\n"


def claim_folder(folder: Path) -> None:
    """Empty the folder, if it is a devnet's or new; its chains begin anew, so nothing in it is of use any more.

    Raises DevnetFolderForeign for a folder that holds anything else.
    """
    remove_folder(folder)
    folder.mkdir(parents=True)
    (folder / MARKER).write_text(_NOTE)


def remove_folder(folder: Path) -> None:
    """Remove a devnet's folder, or an empty one, or nothing. Raises DevnetFolderForeign."""
    if not folder.exists():
        return
    if not (folder / MARKER).is_file() and any(folder.iterdir()):
        raise DevnetFolderForeign(folder=str(folder))
    shutil.rmtree(folder)
