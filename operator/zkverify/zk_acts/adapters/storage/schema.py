"""The schema's history: numbered SQL files, each applied once, in a transaction of its own.

A database is made of parts, each the tables of one package. All count on one line: a number belongs to one part, but for the
first, which each has. So the version says the same whichever parts there are (0237).
"""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable

from zk_acts.domain.failures import SchemaTooNew, StoreUnavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The tables of one package: its folder `migrations`, and one table that the first of them makes."""

    package: str
    table: str


Schema = Sequence[Part]
ACTS = Part(package=__package__, table="intents")


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One step of the schema. `version` is the number at the start of its files' names."""

    version: int
    name: str
    script: str


def migrations(schema: Schema) -> tuple[Migration, ...]:
    """All steps of these parts that this program knows, ascending; what has one number is one step, in the parts' order."""
    files: dict[int, list[Traversable]] = {}
    for part in schema:
        for file in (resources.files(part.package) / "migrations").iterdir():
            if file.name.endswith(".sql"):
                files.setdefault(int(file.name[:4]), []).append(file)
    return tuple(
        Migration(
            version=version,
            name=", ".join(file.name for file in files[version]),
            script="\n".join(file.read_text("utf-8") for file in files[version]),
        )
        for version in sorted(files)
    )


def last_version(schema: Schema) -> int:
    """The version that these parts come to."""
    return migrations(schema)[-1].version


def schema_version(connection: sqlite3.Connection) -> int:
    """How far the database has been migrated; 0 for a new one."""
    return max(_applied(connection), default=0)


def missing(connection: sqlite3.Connection, schema: Schema) -> tuple[Migration, ...]:
    """The steps of these parts that the database does not have yet; another part may be ahead of them."""
    applied = _applied(connection)
    return tuple(step for step in migrations(schema) if step.version not in applied)


def migrate(connection: sqlite3.Connection, schema: Schema, now_ms: int) -> None:
    """Bring the database up to date. Errors as `check_fits`."""
    check_fits(connection, schema)
    for step in missing(connection, schema):
        _apply(connection, step, now_ms)


def check_fits(connection: sqlite3.Connection, schema: Schema) -> None:
    """Errors: SchemaTooNew when the database has steps that this program does not know; StoreUnavailable when it lacks a part."""
    found, known = schema_version(connection), last_version(schema)
    if found > known:
        raise SchemaTooNew(found=found, known=known)
    lacking = [part.table for part in schema if found and not _has_table(connection, part.table)]
    if lacking:
        raise StoreUnavailable("the database is another program's", lacks=", ".join(lacking))


def _applied(connection: sqlite3.Connection) -> set[int]:
    if not _has_table(connection, "schema_version"):
        return set()
    return {int(row[0]) for row in connection.execute("SELECT version FROM schema_version")}


def _has_table(connection: sqlite3.Connection, name: str) -> bool:
    found = connection.execute(
        "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (name,)
    ).fetchone()
    return found is not None


def _apply(connection: sqlite3.Connection, step: Migration, now_ms: int) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have migrated while this one waited for the write lock.
        if step.version not in _applied(connection):
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
