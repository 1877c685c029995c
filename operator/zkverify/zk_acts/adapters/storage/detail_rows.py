"""What acts brought, as rows: one table, of which each kind of detail uses its own columns and leaves the others empty.

A batch has a row for each of its proofs besides.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from zk_acts.domain.acts import ActDetail
from zk_acts.domain.details import (
    Aggregation,
    BatchedProof,
    DomainChanged,
    DomainRegistered,
    FailureReason,
    Fulfilled,
    Mined,
    ProgramRegistered,
    Published,
    Verified,
    VerifiedBatch,
    VkRegistered,
    VkUnregistered,
)
from zk_acts.domain.ids import Statement

KINDS: Mapping[str, type[ActDetail]] = {
    "mined": Mined,
    "fulfilled": Fulfilled,
    "program_registered": ProgramRegistered,
    "aggregation": Aggregation,
    "verified": Verified,
    "verified_batch": VerifiedBatch,
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
_ELSEWHERE = frozenset({"proofs"})  # in rows of their own


def write(connection: sqlite3.Connection, intent_id: str, detail: ActDetail | None) -> None:
    """Put the detail in the place of the one before, if there was one."""
    for table in ("intent_details", "batched_proofs"):
        connection.execute(f"DELETE FROM {table} WHERE intent_id = ?", (intent_id,))  # noqa: S608 - names from above
    if detail is None:
        return
    kind = type(detail)
    values = {_column(name): getattr(detail, name) for name in _own_fields(kind)}
    names = ", ".join(("intent_id", "detail", *values))
    marks = ", ".join("?" * (len(values) + 2))
    connection.execute(
        f"INSERT INTO intent_details ({names}) VALUES ({marks})",  # noqa: S608 - names from above
        (intent_id, _NAMES[kind], *values.values()),
    )
    if isinstance(detail, VerifiedBatch):
        _write_proofs(connection, intent_id, detail.proofs)


def read(row: sqlite3.Row, connection: sqlite3.Connection) -> ActDetail | None:
    """The detail in a joined row, if there is one. Error: ValueError where it is damaged."""
    if row["detail"] is None:
        return None
    kind = KINDS.get(row["detail"])
    if kind is None:
        raise ValueError(f"no kind of detail is called {row['detail']!r}")
    columns = {_column(name): name for name in _own_fields(kind)}
    values: dict[str, Any] = {}
    for column, check in _CHECKS.items():
        value = row[column]
        if column in columns and not (value is None and column in _OPTIONAL):
            values[columns[column]] = check(column, value)
        elif column in columns:
            values[columns[column]] = None
        elif value is not None:
            raise ValueError(f"a detail of kind {row['detail']} has no {column}")
    if kind is VerifiedBatch:
        values["proofs"] = _proofs(row, connection)
    return kind(**values)


def _write_proofs(
    connection: sqlite3.Connection, intent_id: str, proofs: Sequence[BatchedProof]
) -> None:
    rows = []
    for position, proof in enumerate(proofs):
        placed = proof.aggregation
        where = (None, None) if placed is None else (placed.domain_id, placed.aggregation_id)
        rows.append((intent_id, position, proof.statement, *where, proof.code))
    connection.executemany("INSERT INTO batched_proofs VALUES (?, ?, ?, ?, ?, ?)", rows)


def _proofs(row: sqlite3.Row, connection: sqlite3.Connection) -> tuple[BatchedProof, ...]:
    found = connection.execute(
        "SELECT * FROM batched_proofs WHERE intent_id = ? ORDER BY position", (row["intent_id"],)
    ).fetchall()
    if [each["position"] for each in found] != list(range(len(found))):
        raise ValueError("a batch lacks some of its proofs")
    return tuple(_proof(each, row) for each in found)


def _proof(row: sqlite3.Row, batch: sqlite3.Row) -> BatchedProof:
    statement = Statement(row["statement"])
    placed = None
    if row["domain_id"] is not None:
        placed = Aggregation(
            statement=statement,
            domain_id=row["domain_id"],
            aggregation_id=row["aggregation_id"],
            block_number=batch["block_number"],
            block_hash=batch["block_hash"],
        )
    return BatchedProof(statement=statement, aggregation=placed, code=row["code"])


def _own_fields(kind: type[ActDetail]) -> tuple[str, ...]:
    """The fields that are columns of the one table."""
    names = tuple(each.name for each in fields(kind))  # type: ignore[arg-type]  # each leaf is a dataclass
    return tuple(name for name in names if name not in _ELSEWHERE)


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
