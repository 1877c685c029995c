"""Paid acts in SQLite."""

import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from zk_acts.adapters.storage import intent_rows, spending
from zk_acts.adapters.storage.audit_log import INTENT, Change, append
from zk_acts.adapters.storage.database import Database
from zk_acts.domain.acts import (
    INTENT_TRANSITIONS,
    ActKind,
    Intent,
    IntentState,
    LedgerEntry,
)
from zk_acts.domain.failures import DuplicateIntent, LostRace
from zk_acts.domain.ids import IntentId
from zk_acts.ports.clock import Clock
from zk_acts.ports.store import SpendCap

# The same words as the partial index, so that it is used.
LIVE = "state IN ('intended', 'sent', 'included')"
USED = "state IN ('final', 'failed', 'replaced')"
WITHOUT_EFFECT = "state IN ('lapsed', 'replaced')"
# A nonce that is used although all its rows say that they had no effect. The last test keeps to the index of the one
# before.
UNEXPLAINED = (
    f"WHERE backend = :backend AND account = :account AND {WITHOUT_EFFECT} AND updated_at >= :since "  # noqa: S608 - constants
    "AND quoted <> '0' AND nonce <= :used AND NOT EXISTS "
    "(SELECT 1 FROM intents AS rival WHERE rival.backend = :backend AND rival.account = :account "
    f"AND rival.nonce = intents.nonce AND rival.{LIVE}) AND NOT EXISTS "
    "(SELECT 1 FROM intents AS rival WHERE rival.backend = :backend AND rival.account = :account "
    f"AND rival.nonce = intents.nonce AND rival.{USED} AND rival.state <> 'replaced')"
)


class SqliteIntents:
    """IntentStore."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def record(self, intent: Intent, caps: Sequence[SpendCap]) -> None:
        """Insert the row; `created_at` and `updated_at` are set to now where they are 0.

        Errors: BudgetExceeded; DuplicateIntent where the id is taken, or a live intent that this one does not
        replace (directly or through others) holds its nonce; LostRace if there is no such intent to replace.
        """
        await self.record_all([intent], caps)

    async def record_all(self, intents: Sequence[Intent], caps: Sequence[SpendCap]) -> None:
        """As `record`, all of them or none, in one transaction."""
        await self._database.write(partial(_record, intents, caps, self._clock.now_ms()))

    async def update(self, intent: Intent, state: IntentState, **facts: object) -> Intent:
        """Move to the state with `paid`, `included_block`, `error_code`, `known_as`, `detail` as given; the new row.

        A fact that is not given stays, but one that goes back to SENT keeps only its id. A state that is not
        the last may be written again. Errors: LostRace if it moved or may not move so; TypeError for any other fact.
        """
        [moved] = await self.update_all([intent], state, **facts)
        return moved

    async def update_all(
        self, intents: Sequence[Intent], state: IntentState, **facts: object
    ) -> Sequence[Intent]:
        """As `update`, all of them or none, in one transaction."""
        given = intent_rows.Facts.given(facts)
        now_ms = self._clock.now_ms()

        def work(connection: sqlite3.Connection) -> Sequence[Intent]:
            return [_update(intent, state, given, now_ms, connection) for intent in intents]

        return await self._database.write(work)

    async def of_subject(self, purpose: str, subject: str) -> Sequence[Intent]:
        """All intents of that work, oldest first."""
        tail = "WHERE purpose = ? AND subject = ? ORDER BY created_at, sequence"
        return await self._database.read(partial(_query, tail, (purpose, subject)))

    async def live(self, kind: ActKind) -> Sequence[Intent]:
        """INTENDED, SENT and INCLUDED ones, by backend, account and nonce, siblings oldest first."""
        tail = f"WHERE {LIVE} AND kind = ? ORDER BY backend, account, nonce, sequence"
        return await self._database.read(partial(_query, tail, (kind,)))

    async def get(self, intent_id: IntentId) -> Intent | None:
        """The intent, if there is one."""
        return await self._database.read(partial(_get, intent_id))

    async def used_nonce(self, backend: str, account: str) -> int | None:
        """The highest nonce that is used for good, by acts that cost something."""
        return await self._database.read(partial(_used_nonce, backend, account))

    async def unexplained(self, backend: str, account: str, since_ms: int) -> Sequence[Intent]:
        """Acts without effect whose nonce is used, and by no row that says so; by nonce, oldest first."""
        return await self._database.read(partial(_unexplained, backend, account, since_ms))

    async def ledger(self, since_ms: int) -> Sequence[LedgerEntry]:
        """Quoted against paid, oldest first; `at` is when the row was made, `paid` None while it is not known."""
        return await self._database.read(partial(spending.ledger, since_ms))


def _record(
    intents: Sequence[Intent],
    caps: Sequence[SpendCap],
    now_ms: int,
    connection: sqlite3.Connection,
) -> None:
    rows = [
        replace(
            intent,
            created_at=intent.created_at or now_ms,
            updated_at=intent.updated_at or now_ms,
        )
        for intent in intents
    ]
    places = Counter((row.backend, row.account, row.nonce) for row in rows)
    for row in rows:
        if places[row.backend, row.account, row.nonce] > 1:
            raise DuplicateIntent(intent_id=row.intent_id, nonce=row.nonce)
        _check_unique(row, connection)
    # In the transaction of the rows: two acts at once cannot both fit into the rest of a cap.
    for cap in caps:
        wanted = [row for row in rows if row.resource is cap.resource]
        if wanted:
            since_ms = now_ms - cap.window_s * 1000
            spending.check_cap(cap, spending.earlier_costs(cap, since_ms, connection), wanted)
    for row in rows:
        intent_rows.insert(connection, row)
        _audit(connection, row, None)


def _check_unique(intent: Intent, connection: sqlite3.Connection) -> None:
    if _get(intent.intent_id, connection) is not None:
        raise DuplicateIntent(intent_id=intent.intent_id)
    replaced = _replaced_by(intent, connection)
    tail = f"WHERE {LIVE} AND backend = ? AND account = ? AND nonce = ?"
    holders = _query(tail, (intent.backend, intent.account, intent.nonce), connection)
    for holder in holders:
        # Every live holder of the nonce has to be replaced, directly or not, so that there is one newest
        # sibling (ADR 0051).
        if holder.intent_id not in replaced:
            raise DuplicateIntent(
                intent_id=intent.intent_id, holder=holder.intent_id, nonce=intent.nonce
            )


def _replaced_by(intent: Intent, connection: sqlite3.Connection) -> set[IntentId]:
    """The intent that it replaces, the one that that replaced, and so on."""
    found: set[IntentId] = set()
    pending = intent.replaces
    while pending is not None and pending not in found:
        row = _get(pending, connection)
        if row is None:
            raise LostRace("there is no intent to replace", replaces=pending)
        found.add(pending)
        pending = row.replaces
    return found


def _update(
    intent: Intent,
    state: IntentState,
    facts: intent_rows.Facts,
    now_ms: int,
    connection: sqlite3.Connection,
) -> Intent:
    stored = _get(intent.intent_id, connection)
    # Whoever read an older state decided by it: let the next pass decide again (ADR 0051).
    if stored is None or stored.state is not intent.state:
        raise LostRace(
            intent_id=intent.intent_id, expected=intent.state, stored=stored and stored.state
        )
    allowed = INTENT_TRANSITIONS[stored.state]
    if state not in (allowed and allowed | {stored.state}):
        raise LostRace(intent_id=intent.intent_id, stored=stored.state, wanted=state)
    moved = facts.apply(replace(stored, state=state, updated_at=now_ms))
    intent_rows.write_progress(connection, moved)
    if state is not stored.state:
        _audit(connection, moved, stored.state)
    return moved


def _get(intent_id: IntentId, connection: sqlite3.Connection) -> Intent | None:
    found = _query("WHERE intent_id = ?", (intent_id,), connection)
    return found[0] if found else None


def _used_nonce(backend: str, account: str, connection: sqlite3.Connection) -> int | None:
    row = connection.execute(
        f"SELECT nonce FROM intents WHERE backend = ? AND account = ? AND {USED} "  # noqa: S608 - constants
        "AND quoted <> '0' ORDER BY nonce DESC LIMIT 1",
        (backend, account),
    ).fetchone()
    return None if row is None else int(row["nonce"])


def _unexplained(
    backend: str, account: str, since_ms: int, connection: sqlite3.Connection
) -> tuple[Intent, ...]:
    used = _used_nonce(backend, account, connection)
    if used is None:
        return ()
    values = {"backend": backend, "account": account, "since": since_ms, "used": used}
    found = _query(UNEXPLAINED, values, connection)
    return tuple(sorted(found, key=lambda row: (row.nonce, row.created_at, row.intent_id)))


def _query(
    tail: str, values: Sequence[object] | Mapping[str, object], connection: sqlite3.Connection
) -> tuple[Intent, ...]:
    rows = connection.execute(
        f"SELECT * FROM intents LEFT JOIN intent_details USING (intent_id) {tail}",  # noqa: S608 - constants
        values,
    ).fetchall()
    return tuple(intent_rows.to_intent(row, connection) for row in rows)


def _audit(connection: sqlite3.Connection, intent: Intent, before: IntentState | None) -> None:
    change = Change(
        entity=INTENT,
        entity_id=intent.intent_id,
        before=before,
        after=intent.state,
        at=intent.updated_at,
        code=intent.error_code,
    )
    append(connection, change)
