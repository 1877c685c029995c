"""The store on SQLite."""

from zk_operator.adapters.storage.audit_log import Change, Entity
from zk_operator.adapters.storage.sqlite_store import SqliteStore, open_store

__all__ = ["Change", "Entity", "SqliteStore", "open_store"]
