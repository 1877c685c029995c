"""The schema's history: numbered SQL files, each applied once, in a transaction of its own."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources

from zk_operator.domain.failures import SchemaTooNew


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One step of the schema. `version` is the number at the start of the file's name, counted from 1."""

    version: int
    name: str
    script: str


def migrations() -> tuple[Migration, ...]:
    """All steps that this program knows, ascending, without gaps."""
    folder = resources.files(__package__) / "migrations"
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda f: f.name
    )
    known = tuple(
        Migration(version=int(file.name[:4]), name=file.name, script=file.read_text("utf-8"))
        for file in files
    )
    assert [step.version for step in known] == list(range(1, len(known) + 1))
    return known


def schema_version(connection: sqlite3.Connection) -> int:
    """How far the database has been migrated; 0 for a new one."""
    there = connection.execute(
        "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_version'"
    ).fetchone()
    if there is None:
        return 0
    row = connection.execute("SELECT max(version) FROM schema_version").fetchone()
    return int(row[0] or 0)


def migrate(connection: sqlite3.Connection, now_ms: int) -> None:
    """Bring the database up to date. Error: SchemaTooNew when a newer program has written it."""
    check_not_newer(connection)
    for step in migrations():
        if step.version > schema_version(connection):
            _apply(connection, step, now_ms)


def check_not_newer(connection: sqlite3.Connection) -> None:
    """Error: SchemaTooNew when the database has steps that this program does not know."""
    found, known = schema_version(connection), len(migrations())
    if found > known:
        raise SchemaTooNew(found=found, known=known)


def _apply(connection: sqlite3.Connection, step: Migration, now_ms: int) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have migrated while this one waited for the write lock.
        if schema_version(connection) < step.version:
            for statement in statements(step.script):
                connection.execute(statement)
            _mark(connection, step, now_ms)
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _mark(connection: sqlite3.Connection, step: Migration, now_ms: int) -> None:
    connection.execute(
        "CREATE TABLE IF NOT EXISTS schema_version "
        "(version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT"
    )
    connection.execute(
        "INSERT INTO schema_version VALUES (?, ?, ?)", (step.version, step.name, now_ms)
    )


def statements(script: str) -> Iterator[str]:
    """The script's statements; `executescript` would commit before each of them."""
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""
    assert not pending.strip(), "the script ends inside a statement"
