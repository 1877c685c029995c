"""One process at a time on a file. The kernel lets go when the process dies, so a crash never blocks the restart."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from zk_operator.domain.failures import LeaseHeld


@contextmanager
def exclusive(path: Path, what: str) -> Iterator[None]:
    """Hold the lock file. Error: LeaseHeld, naming the process that has it; OSError where it cannot be created."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(handle, 32, 0).decode(errors="replace").strip()
            raise LeaseHeld(
                f"another daemon runs on this {what}", lock=str(path), pid=holder
            ) from error
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)
