"""One process at a time on a file. The kernel lets go when the process dies, so a crash never blocks the restart."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from zk_acts.domain.failures import LeaseHeld, StoreUnavailable


def lock_folder() -> Path:
    """Where this user's locks on keys are, for every process on the machine. Error: StoreUnavailable without any."""
    try:
        return Path(tempfile.gettempdir()) / f"zk-operator-{os.getuid()}"
    except OSError as error:  # a read-only root and nothing mounted
        raise StoreUnavailable("no folder for temporary files", reason=error.strerror) from error


def key_lock(kind: str, name: str, shown: str) -> AbstractContextManager[None]:
    """Hold a key of this user: two programs must not share a nonce sequence. Errors as `exclusive`, and of `lock_folder`.

    `name`: of the sequence among those of its `kind`, the same in every program and version. `shown`: for people.
    """
    return exclusive(lock_folder() / f"{kind}-{name}.lock", f"key ({kind} {shown})")


@contextmanager
def exclusive(path: Path, what: str) -> Iterator[None]:
    """Hold the lock file. Errors: LeaseHeld, naming the process that has it; StoreUnavailable where it cannot be made."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreUnavailable(path=str(path), reason=error.strerror) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(handle, 32, 0).decode(errors="replace").strip()
            raise LeaseHeld(
                f"another program uses this {what}", lock=str(path), pid=holder
            ) from error
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)
