"""Which orders are missing among the rows: the contract numbers them from zero, without gaps."""

import sqlite3
from typing import Final

from zk_operator.ports.store import TaskGap

_THERE: Final = "status <> 'orphaned'"  # the same words as the index, so that it is used


def task_gaps(
    first: int, count: int, limit: int, connection: sqlite3.Connection
) -> tuple[TaskGap, ...]:
    """The gaps among the indices from `first` to below `count`, ascending; one probe of an index per row."""
    gaps = []
    for after in _last_before_gaps(first, count, limit, connection):
        below, above = _row_at(after, connection), _next(after, count, connection)
        gaps.append(
            TaskGap(
                first=after + 1,
                last=(above["task_index"] if above else count) - 1,
                after_block=below["placed_block"] if below else None,
                before_block=above["placed_block"] if above else None,
            )
        )
    return tuple(gaps)


def _last_before_gaps(
    first: int, count: int, limit: int, connection: sqlite3.Connection
) -> list[int]:
    """The indices whose successor is missing; the one below `first` belongs to them."""
    edges = [first - 1] if first < count and _row_at(first, connection) is None else []
    rows = connection.execute(
        "SELECT DISTINCT task_index FROM orders AS here INDEXED BY orders_by_task "  # noqa: S608 - constants
        f"WHERE here.{_THERE} AND task_index >= ? AND task_index < ? AND NOT EXISTS "
        "(SELECT 1 FROM orders AS successor INDEXED BY orders_by_task "
        f"WHERE successor.{_THERE} AND successor.task_index = here.task_index + 1) "
        "ORDER BY task_index LIMIT ?",
        (first, count - 1, limit),
    )
    return (edges + [row["task_index"] for row in rows])[:limit]


def _row_at(index: int, connection: sqlite3.Connection) -> sqlite3.Row | None:
    sql = f"SELECT placed_block FROM orders INDEXED BY orders_by_task WHERE {_THERE} AND task_index = ? LIMIT 1"  # noqa: S608 - a constant
    found: sqlite3.Row | None = connection.execute(sql, (index,)).fetchone()
    return found


def _next(after: int, count: int, connection: sqlite3.Connection) -> sqlite3.Row | None:
    sql = (
        "SELECT task_index, placed_block FROM orders INDEXED BY orders_by_task "  # noqa: S608 - a constant
        f"WHERE {_THERE} AND task_index > ? AND task_index < ? ORDER BY task_index LIMIT 1"
    )
    found: sqlite3.Row | None = connection.execute(sql, (after, count)).fetchone()
    return found
