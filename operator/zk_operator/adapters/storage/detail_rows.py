"""What acts brought, as rows: one table, of which each kind of detail uses its own columns and leaves the others empty."""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from zk_operator.domain.records import ActDetail, Aggregation
from zk_operator.ports.act import FailureReason, Mined
from zk_operator.ports.prover import Fulfilled, ProgramRegistered
from zk_operator.ports.zkverify import (
    DomainChanged,
    DomainRegistered,
    Published,
    Verified,
    VkRegistered,
    VkUnregistered,
)

KINDS: Mapping[str, type[ActDetail]] = {
    "mined": Mined,
    "fulfilled": Fulfilled,
    "program_registered": ProgramRegistered,
    "aggregation": Aggregation,
    "verified": Verified,
    "vk_registered": VkRegistered,
    "vk_unregistered": VkUnregistered,
    "domain_registered": DomainRegistered,
    "domain_changed": DomainChanged,
    "published": Published,
    "failure": FailureReason,
}
_NAMES = {kind: name for name, kind in KINDS.items()}
_COLUMNS = {"state": "domain_state"}  # of fields that are named otherwise
_OPTIONAL = frozenset({"domain_state"})


def write(connection: sqlite3.Connection, intent_id: str, detail: ActDetail | None) -> None:
    """Put the detail in the place of the one before, if there was one."""
    connection.execute("DELETE FROM intent_details WHERE intent_id = ?", (intent_id,))
    if detail is None:
        return
    kind = type(detail)
    values = {_column(each.name): getattr(detail, each.name) for each in fields(kind)}  # type: ignore[arg-type]  # each leaf is a dataclass
    names = ", ".join(("intent_id", "detail", *values))
    marks = ", ".join("?" * (len(values) + 2))
    connection.execute(
        f"INSERT INTO intent_details ({names}) VALUES ({marks})",  # noqa: S608 - names from above
        (intent_id, _NAMES[kind], *values.values()),
    )


def read(row: sqlite3.Row) -> ActDetail | None:
    """The detail in a joined row, if there is one. Error: ValueError where it is damaged."""
    if row["detail"] is None:
        return None
    kind = KINDS.get(row["detail"])
    if kind is None:
        raise ValueError(f"no kind of detail is called {row['detail']!r}")
    columns = {_column(each.name): each.name for each in fields(kind)}  # type: ignore[arg-type]  # each leaf is a dataclass
    values: dict[str, Any] = {}
    for column, check in _CHECKS.items():
        value = row[column]
        if column in columns and not (value is None and column in _OPTIONAL):
            values[columns[column]] = check(column, value)
        elif column in columns:
            values[columns[column]] = None
        elif value is not None:
            raise ValueError(f"a detail of kind {row['detail']} has no {column}")
    return kind(**values)


def _column(field: str) -> str:
    return _COLUMNS.get(field, field)


def _number(column: str, value: object) -> int:
    if not isinstance(value, int) or value < 0:
        raise ValueError(f"{column} is no number")
    return value


def _hash(column: str, value: object) -> bytes:
    if not isinstance(value, bytes) or len(value) != 32:
        raise ValueError(f"{column} is no hash")
    return value


def _text(column: str, value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{column} is no text")  # noqa: TRY004 - a damaged row, not a wrong caller
    return value


_CHECKS: Mapping[str, Callable[[str, object], int | bytes | str]] = {
    "block_number": _number,
    "block_hash": _hash,
    "gas_used": _number,
    "statement": _hash,
    "domain_id": _number,
    "aggregation_id": _number,
    "domain_state": _text,
    "root": _hash,
    "vk_hash": _hash,
    "program_vkey": _hash,
    "proof_uri": _text,
    "reason": _text,
}
