"""The append-only record of every change of status."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from zk_operator.domain.ids import OrderId, hex0x
from zk_operator.domain.records import OrderStatus


class Entity(StrEnum):
    """What changed."""

    ORDER = "order"
    BATCH = "batch"
    INTENT = "intent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of status: orders by 0x-prefixed id; `before` None at birth; `at` in unix milliseconds."""

    entity: Entity
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


def append_orders(
    connection: sqlite3.Connection,
    moved: Iterable[tuple[OrderId, OrderStatus | None]],
    after: OrderStatus,
    at: int,
) -> None:
    """Write down that orders, each given with its status before, came to one status."""
    changes = [
        Change(entity=Entity.ORDER, entity_id=hex0x(order_id), before=before, after=after, at=at)
        for order_id, before in moved
    ]
    append(connection, *changes)


def history(connection: sqlite3.Connection, entity: Entity, entity_id: str) -> tuple[Change, ...]:
    """The changes of one entity, oldest first."""
    rows = connection.execute(
        "SELECT * FROM events WHERE entity = ? AND entity_id = ? ORDER BY sequence",
        (entity, entity_id),
    )
    return tuple(
        Change(
            entity=Entity(row["entity"]),
            entity_id=row["entity_id"],
            before=row["from_state"],
            after=row["to_state"],
            at=row["at"],
            code=row["code"],
        )
        for row in rows
    )
