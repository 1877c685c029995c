"""The operator's database in memory: the real schema and statements; a statement can be the last one of a process."""

import sqlite3
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from zk_acts.adapters.storage.database import Database
from zk_acts.adapters.storage.schema import migrate
from zk_acts.ports.clock import Clock
from zk_devnet.simulator.evm.deployment import EPOCH_S
from zk_operator.adapters.storage.sqlite_store import SCHEMA, SqliteStore

PATH = Path("simulated.sqlite")


class SimDatabase(sqlite3.Connection):
    """A connection that tells of each statement before it runs."""

    before: Callable[[str], None] | None = None

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        """As `sqlite3.Connection`."""
        if self.before is not None and sql != "ROLLBACK":
            self.before(sql)
        return super().execute(sql, parameters)

    def executemany(self, sql: str, parameters: Any, /) -> sqlite3.Cursor:
        """As `sqlite3.Connection`."""
        if self.before is not None:
            self.before(sql)
        return super().executemany(sql, parameters)


def open_empty() -> SimDatabase:
    """A new database, migrated."""
    connection = _connect()
    _template().backup(connection)
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def rows(connection: SimDatabase, clock: Clock) -> SqliteStore:
    """The operator's store on that connection."""
    return SqliteStore(database=Database(path=PATH, connection=connection), clock=clock)


@cache
def _template() -> SimDatabase:
    connection = _connect()
    migrate(connection, SCHEMA, EPOCH_S * 1000)
    return connection


def _connect() -> SimDatabase:
    connection = sqlite3.connect(
        ":memory:",
        isolation_level=None,
        check_same_thread=False,
        factory=SimDatabase,
        cached_statements=1024,
    )
    connection.row_factory = sqlite3.Row
    return connection
