"""The append-only record of every change of status."""

import sqlite3
from dataclasses import dataclass
from typing import Final

INTENT: Final = "intent"  # the entity that paid acts are; whoever composes a store adds its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of status of one entity; `before` None at birth; `at` in unix milliseconds."""

    entity: str
    entity_id: str
    before: str | None
    after: str
    at: int
    code: str | None = None


def append(connection: sqlite3.Connection, *changes: Change) -> None:
    """Write the changes down."""
    connection.executemany(
        "INSERT INTO events (entity, entity_id, from_state, to_state, at, code) VALUES (?, ?, ?, ?, ?, ?)",
        [(c.entity, c.entity_id, c.before, c.after, c.at, c.code) for c in changes],
    )


def history(connection: sqlite3.Connection, entity: str, entity_id: str) -> tuple[Change, ...]:
    """The changes of one entity, oldest first."""
    rows = connection.execute(
        "SELECT * FROM events WHERE entity = ? AND entity_id = ? ORDER BY sequence",
        (entity, entity_id),
    )
    return tuple(
        Change(
            entity=row["entity"],
            entity_id=row["entity_id"],
            before=row["from_state"],
            after=row["to_state"],
            at=row["at"],
            code=row["code"],
        )
        for row in rows
    )
