"""One SQLite connection: transactions in a worker thread, durable at commit, failures mapped to StoreUnavailable."""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

import anyio
from anyio import CapacityLimiter, to_thread

from zk_acts.adapters.storage.schema import Schema, check_fits, migrate, missing
from zk_acts.domain.failures import StoreUnavailable

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

BUSY_TIMEOUT_MS = 10_000


class Database:
    """Runs one transaction at a time. A transaction that has begun ends, whatever happens to its caller."""

    def __init__(self, *, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        self._limiter = CapacityLimiter(1)
        # A caller cancelled from outside anyio gives the limiter back while its thread still works.
        self._lock = threading.Lock()

    async def read(self, work: Work[T]) -> T:
        """The work's result, from one snapshot."""
        return await self._in_thread(partial(self._transact, "BEGIN", work))

    async def write(self, work: Work[T]) -> T:
        """The work's result, once it is on disk; nothing of the work if it raises."""
        return await self._in_thread(partial(self._transact, "BEGIN IMMEDIATE", work))

    async def close(self) -> None:
        """Close after the running transaction, folding the write-ahead log into the file."""
        with anyio.CancelScope(shield=True):
            await self._in_thread(self._close)

    async def backup(self, target: Path) -> None:
        """A consistent copy, taken while the database is in use; appears under its name only when complete."""
        await to_thread.run_sync(partial(copy_database, self.path, target))

    async def _in_thread(self, job: Callable[[], T]) -> T:
        return await to_thread.run_sync(job, limiter=self._limiter)

    def _transact(self, begin: str, work: Work[T]) -> T:
        with self._lock, storage_failures(self.path):
            # In a thread's own lock as well: a caller that is cancelled leaves its transaction running (ADR 0052).
            self._connection.execute(begin)
            try:
                result = work(self._connection)
                self._connection.execute("COMMIT")
            except BaseException:
                # SQLite has rolled back by itself where the disk was full.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            return result

    def _close(self) -> None:
        with self._lock, storage_failures(self.path):
            self._connection.close()


async def open_database(path: Path, *, schema: Schema, now_ms: int, read_only: bool) -> Database:
    """Open the file, creating or migrating it unless it is only to be read.

    Errors: StoreUnavailable; SchemaTooNew.
    """
    with anyio.CancelScope(shield=True):
        connection = await to_thread.run_sync(
            partial(_open_read_only, path, schema)
            if read_only
            else partial(_open, path, schema, now_ms)
        )
    return Database(path=path, connection=connection)


@contextmanager
def storage_failures(path: Path) -> Iterator[None]:
    """Map what SQLite and the file system raise to StoreUnavailable."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise StoreUnavailable(path=str(path), reason=str(error)) from error


def check_database(path: Path, schema: Schema) -> None:
    """That an existing file is a database that this program can go on with; one that is absent will be made.

    Changes nothing. Errors: StoreUnavailable, SchemaTooNew.
    """
    with storage_failures(path):
        if not path.exists():
            return
        connection = _connect(path, "ro")
        try:
            check_fits(connection, schema)
        finally:
            connection.close()


def copy_database(source: Path, target: Path) -> None:
    """Copy a database in use. Error: StoreUnavailable, also when the target exists already."""
    partial_copy = target.with_name(target.name + ".partial")
    with storage_failures(target):
        if target.exists():
            raise FileExistsError(f"{target} exists")
        partial_copy.unlink(missing_ok=True)
        _copy(source, partial_copy)
        _flush(partial_copy)
        partial_copy.rename(target)


def _copy(source: Path, target: Path) -> None:
    reader = _connect(source, "ro")
    writer = _connect(target, "rwc")
    try:
        reader.backup(writer)
        # A copy is one file: no log beside it that could be forgotten.
        writer.execute("PRAGMA journal_mode = DELETE")
    finally:
        writer.close()
        reader.close()


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _open(path: Path, schema: Schema, now_ms: int) -> sqlite3.Connection:
    with storage_failures(path):
        connection = _connect(path, "rwc")
        try:
            # FULL: a row about money is on disk before the act that it announces.
            for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
                connection.execute(f"PRAGMA {pragma}")
            migrate(connection, schema, now_ms)
        except BaseException:
            connection.close()
            raise
        return connection


def _open_read_only(path: Path, schema: Schema) -> sqlite3.Connection:
    with storage_failures(path):
        connection = _connect(path, "rw")
        try:
            connection.execute("PRAGMA query_only = ON")
            _check_current(connection, path, schema)
        except BaseException:
            connection.close()
            raise
        return connection


def _check_current(connection: sqlite3.Connection, path: Path, schema: Schema) -> None:
    check_fits(connection, schema)
    if missing(connection, schema):
        raise StoreUnavailable("the database has to be migrated first", path=str(path))


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=BUSY_TIMEOUT_MS / 1000,
    )
    connection.row_factory = sqlite3.Row
    return connection
