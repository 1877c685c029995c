"""The store on SQLite."""

from zk_acts.adapters.storage.audit_log import Change
from zk_operator.adapters.storage.audit_log import Entity
from zk_operator.adapters.storage.sqlite_store import SqliteStore, open_store

__all__ = ["Change", "Entity", "SqliteStore", "open_store"]
