"""Where the database is: its file system by the kernel's list of mounts."""

from pathlib import Path

import pytest

from zk_operator.settings.files import database_warnings, file_system_of

MOUNTS = """\
/dev/sda1 / ext4 rw,relatime 0 0
server:/export /mnt/share nfs4 rw 0 0
/dev/sdb1 /mnt/share/local\\040disk xfs rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib", "ext4"),
        ("/mnt/share/a", "nfs4"),
        ("/mnt/shared", "ext4"),
        ("/mnt/share/local disk/x", "xfs"),
    ],
)
def test_file_system_of__the_longest_mount__decides(path: str, kind: str) -> None:
    assert file_system_of(Path(path), MOUNTS) == kind


@pytest.mark.parametrize(
    ("path", "count"), [("/mnt/share/db.sqlite", 1), ("/var/lib/db.sqlite", 0)]
)
def test_database_warnings__on_a_network_file_system__one(path: str, count: int) -> None:
    assert len(list(database_warnings(Path(path), MOUNTS))) == count
