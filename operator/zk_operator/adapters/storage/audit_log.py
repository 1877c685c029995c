"""The append-only record of every change of status: what else changes than paid acts."""

import sqlite3
from collections.abc import Iterable
from enum import StrEnum

from zk_acts.adapters.storage import audit_log
from zk_acts.adapters.storage.audit_log import Change, append
from zk_acts.domain.ids import hex0x
from zk_operator.domain.ids import OrderId
from zk_operator.domain.records import OrderStatus


class Entity(StrEnum):
    """What changed. Orders are named by their 0x-prefixed id."""

    ORDER = "order"
    BATCH = "batch"
    INTENT = audit_log.INTENT


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
