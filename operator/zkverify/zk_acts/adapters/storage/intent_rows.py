"""Paid acts as rows: `intents`, joined with `intent_details`."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace

from zk_acts.adapters.storage import detail_rows
from zk_acts.adapters.storage.amounts import amount_text, optional_amount
from zk_acts.domain.acts import ActDetail, ActKind, Intent, IntentState, Resource
from zk_acts.domain.failures import StoreUnavailable
from zk_acts.domain.ids import IntentId

FACTS: Mapping[str, type[int | str | bytes | ActDetail]] = {
    "paid": int,
    "included_block": int,
    "error_code": str,
    "known_as": bytes,
    "detail": ActDetail,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What became known with a change of state; absent means unchanged."""

    values: Mapping[str, int | str | bytes | ActDetail | None]

    @classmethod
    def given(cls, facts: Mapping[str, object]) -> "Facts":
        """The facts, checked. Error: TypeError for a name or a type that an intent does not have."""
        values: dict[str, int | str | bytes | ActDetail | None] = {}
        for name, value in facts.items():
            expected = FACTS.get(name)
            if expected is None:
                raise TypeError(f"an intent has no fact {name!r}")
            if value is not None and not isinstance(value, expected):
                raise TypeError(f"{name} has to be {expected.__name__} or None")
            values[name] = value
        return cls(values=values)

    def apply(self, intent: Intent) -> Intent:
        """The intent with these facts."""
        if intent.state is IntentState.SENT:
            intent = replace(intent, paid=None, included_block=None, error_code=None, detail=None)
        return replace(intent, **self.values)  # type: ignore[arg-type]  # names and types are checked


def insert(connection: sqlite3.Connection, intent: Intent) -> None:
    """Write a new row."""
    values = {
        "intent_id": intent.intent_id,
        "kind": intent.kind,
        "purpose": intent.purpose,
        "subject": intent.subject,
        "backend": intent.backend,
        "account": intent.account,
        "nonce": intent.nonce,
        "reference": intent.reference,
        "payload": intent.payload,
        "resource": intent.resource,
        "quoted": str(intent.quoted),
        "state": intent.state,
        "paid": amount_text(intent.paid),
        "fee_cap": str(intent.fee_cap),
        "tip": str(intent.tip),
        "born_block": intent.born_block,
        "expires": intent.expires,
        "replaces": intent.replaces,
        "included_block": intent.included_block,
        "error_code": intent.error_code,
        "known_as": intent.known_as,
        "created_at": intent.created_at,
        "updated_at": intent.updated_at,
    }
    names = ", ".join(values)
    marks = ", ".join("?" * len(values))
    connection.execute(
        f"INSERT INTO intents ({names}) VALUES ({marks})",  # noqa: S608 - names from above
        tuple(values.values()),
    )
    detail_rows.write(connection, intent.intent_id, intent.detail)


def write_progress(connection: sqlite3.Connection, intent: Intent) -> None:
    """Write what may change."""
    connection.execute(
        "UPDATE intents SET state = ?, paid = ?, included_block = ?, error_code = ?, known_as = ?, "
        "updated_at = ? WHERE intent_id = ?",
        (
            intent.state,
            amount_text(intent.paid),
            intent.included_block,
            intent.error_code,
            intent.known_as,
            intent.updated_at,
            intent.intent_id,
        ),
    )
    detail_rows.write(connection, intent.intent_id, intent.detail)


def to_intent(row: sqlite3.Row, connection: sqlite3.Connection) -> Intent:
    """A row of both tables; of a batch, its proofs are read besides. Error: StoreUnavailable where it is damaged."""
    try:
        return _read(row, connection)
    except ValueError as error:
        raise StoreUnavailable(
            "a paid act's row is damaged", intent_id=row["intent_id"], reason=str(error)
        ) from error


def _read(row: sqlite3.Row, connection: sqlite3.Connection) -> Intent:
    return Intent(
        intent_id=IntentId(row["intent_id"]),
        kind=ActKind(row["kind"]),
        purpose=row["purpose"],
        subject=row["subject"],
        backend=row["backend"],
        account=row["account"],
        nonce=row["nonce"],
        reference=row["reference"],
        payload=row["payload"],
        resource=Resource(row["resource"]),
        quoted=int(row["quoted"]),
        state=IntentState(row["state"]),
        paid=optional_amount(row["paid"]),
        fee_cap=int(row["fee_cap"]),
        tip=int(row["tip"]),
        born_block=row["born_block"],
        expires=row["expires"],
        replaces=None if row["replaces"] is None else IntentId(row["replaces"]),
        included_block=row["included_block"],
        error_code=row["error_code"],
        known_as=row["known_as"],
        detail=detail_rows.read(row, connection),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
