"""The files and folders that the configuration names: which they are, and whether they can be used."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from zk_operator.domain.circuit import released_key
from zk_operator.settings.chains import KurierUse
from zk_operator.settings.circuit import Circuit, circuit_of_file
from zk_operator.settings.errors import ConfigFileMissing, FolderUnusable
from zk_operator.settings.model import Settings
from zk_operator.settings.prover import Backend

# File systems whose locks do not hold between machines, or whose memory map SQLite's write-ahead log cannot share.
NETWORK_FILE_SYSTEMS = frozenset(
    {
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "afs",
        "ceph",
        "glusterfs",
        "fuse.glusterfs",
        "fuse.sshfs",
        "fuse.s3fs",
    }
)
LITTLE_DISK = 1 << 30
MOUNTS = Path("/proc/self/mounts")


def named_files(settings: Settings) -> Iterator[tuple[str, Path]]:
    """Each file that `run` reads, by its key."""
    prover = settings.prover
    if prover.program_elf:
        yield "prover.program_elf", prover.program_elf
    if prover.circuit_vk_file:
        yield "prover.circuit_vk_file", prover.circuit_vk_file
    if prover.program_vk_file:
        yield "prover.program_vk_file", prover.program_vk_file
    if prover.gpu.binary and Backend.GPU in prover.backends:
        yield "prover.gpu.binary", prover.gpu.binary
    if prover.cpu.binary and Backend.CPU in prover.backends:
        yield "prover.cpu.binary", prover.cpu.binary
    kurier = settings.zkverify.kurier
    if kurier.api_key_file and kurier.use is not KurierUse.NEVER:
        yield "zkverify.kurier.api_key_file", kurier.api_key_file
    for name, value in settings.keys:
        if isinstance(value, Path):
            yield f"keys.{name}", value


def named_folders(settings: Settings) -> Iterator[tuple[str, Path]]:
    """Each folder that has to be there, by its key."""
    prover = settings.prover
    if prover.cpu.circuits and Backend.CPU in prover.backends:
        yield "prover.cpu.circuits", prover.cpu.circuits
    if prover.gpu.circuits and Backend.GPU in prover.backends:
        yield "prover.gpu.circuits", prover.gpu.circuits


def require_folder(key: str, path: Path) -> None:
    """Error: ConfigFileMissing, where it is absent, no folder, or may not be read."""
    if not os.path.isdir(path):  # noqa: PTH112  # Path.is_dir raises where a folder may not be entered
        raise ConfigFileMissing(problems=(f"{key}: no folder {path}",))
    if not os.access(path, os.R_OK | os.X_OK):
        raise ConfigFileMissing(problems=(f"{key}: {path}: may not be read",))


def require_file(key: str, path: Path) -> None:
    """Error: ConfigFileMissing, where it is absent, no file, or may not be read."""
    try:
        there = path.is_file()
    except OSError as error:  # a folder on the way that may not be entered
        raise ConfigFileMissing(problems=(f"{key}: {path}: {error.strerror}",)) from error
    if not there:
        what = "not a file" if path.exists() else "no file"
        raise ConfigFileMissing(problems=(f"{key}: {what} {path}",))
    if not os.access(path, os.R_OK):
        raise ConfigFileMissing(problems=(f"{key}: {path}: may not be read",))
    if key.endswith(".binary") and not os.access(path, os.X_OK):
        raise ConfigFileMissing(problems=(f"{key}: {path}: may not be executed",))


def written_folders(settings: Settings) -> Iterator[tuple[str, Path]]:
    """Each folder that `run` makes and writes, but for the database's, by the key that it follows from."""
    if settings.prover.cpu.cache and Backend.CPU in settings.prover.backends:
        yield "prover.cpu.cache", settings.prover.cpu.cache


def require_writable(key: str, folder: Path) -> None:
    """That the folder can be written, or made. Error: FolderUnusable."""
    at = folder
    try:
        at = _nearest(folder)
        usable = at.is_dir() and os.access(at, os.W_OK | os.X_OK)
    except OSError as error:
        raise FolderUnusable(problems=(f"{key}: {at}: {error.strerror}",)) from error
    if not usable:
        what = "may not be written" if at.is_dir() else "is no folder"
        raise FolderUnusable(problems=(f"{key}: {at}: {what}",))


def _nearest(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there. Error: OSError."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


def require_database(path: Path) -> None:
    """That the database file is one, if it is there, and may be written. Error: FolderUnusable."""
    require_writable("store.path", path.parent)
    for file in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + ".lock")):
        if file.exists() and not (file.is_file() and os.access(file, os.R_OK | os.W_OK)):
            raise FolderUnusable(problems=(f"store.path: {file}: no file that may be written",))


def load_circuit(settings: Settings) -> Circuit:
    """Read the circuit's key file. Errors: ConfigFileMissing, WrongCircuitFile, DevnetKeyOutsideDevnet."""
    path, name = settings.prover.circuit_vk_file, settings.prover.circuit
    if path is not None:
        return circuit_of_file(name, _read(path, "prover.circuit_vk_file"))
    built_in = released_key(name)
    if built_in is None:
        raise ConfigFileMissing(problems=(f"prover.circuit_vk_file: {name} has no built-in key",))
    return circuit_of_file(name, built_in)


def file_system_of(path: Path, mounts: str) -> str:
    """The type of the file system that a path is on. `mounts`: as Linux lists them; "" where it does not say."""
    best, found = -1, ""
    for line in mounts.splitlines():
        _, point, kind, *_ = line.split(" ", 3)
        place = Path(point.replace("\\040", " "))
        if path.is_relative_to(place) and len(place.parts) >= best:
            best, found = len(place.parts), kind
    return found


def database_warnings(path: Path, mounts: str | None = None) -> Iterator[str]:
    """What is unwise about the database's place, and no error."""
    if mounts is None:
        mounts = MOUNTS.read_text(errors="replace") if MOUNTS.is_file() else ""
    kind = file_system_of(path.parent.resolve(), mounts)
    if kind in NETWORK_FILE_SYSTEMS:
        yield f"store.path: {path.parent} is on {kind}; SQLite wants a local disk"
    free = shutil.disk_usage(_nearest(path.parent)).free
    if free < LITTLE_DISK:
        yield f"store.path: {free >> 20} MB free on the disk of {path.parent}; a full disk stops the operator"


def _read(path: Path, key: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigFileMissing(problems=(f"{key}: {path}: {error.strerror}",)) from error
