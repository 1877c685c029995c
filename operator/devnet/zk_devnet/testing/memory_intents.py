"""Paid acts, in memory."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from anyio.lowlevel import checkpoint

from zk_acts.domain.acts import (
    FREE_STATES,
    INTENT_TRANSITIONS,
    LIVE_STATES,
    ActKind,
    Intent,
    IntentState,
    LedgerEntry,
)
from zk_acts.domain.errors import OperatorError
from zk_acts.domain.failures import BudgetExceeded, DuplicateIntent, LostRace
from zk_acts.domain.ids import IntentId
from zk_acts.ports.store import SpendCap
from zk_devnet.testing.memory_tables import SubStore

_USED = frozenset({IntentState.FINAL, IntentState.FAILED, IntentState.REPLACED})


class MemoryIntents(SubStore):
    """IntentStore."""

    async def record(self, intent: Intent, caps: Sequence[SpendCap]) -> None:
        """Insert the row. Errors: BudgetExceeded, DuplicateIntent, LostRace as in the database."""
        await checkpoint()
        now = self._tables.clock.now_ms()
        row = replace(
            intent, created_at=intent.created_at or now, updated_at=intent.updated_at or now
        )
        self._check_unique(row)
        for cap in caps:
            if row.quoted and cap.resource is row.resource:
                self._check_cap(cap, row, now)
        self._tables.intents[row.intent_id] = row

    async def record_all(self, intents: Sequence[Intent], caps: Sequence[SpendCap]) -> None:
        """All of them or none."""
        with self._all_or_none():
            for intent in intents:
                await self.record(intent, caps)

    async def update_all(
        self, intents: Sequence[Intent], state: IntentState, **facts: object
    ) -> Sequence[Intent]:
        """All of them or none."""
        with self._all_or_none():
            return [await self.update(intent, state, **facts) for intent in intents]

    @contextmanager
    def _all_or_none(self) -> Iterator[None]:
        """What was written inside is taken back where an error leaves it."""
        before = dict(self._tables.intents)
        try:
            yield
        except OperatorError:
            self._tables.intents.clear()
            self._tables.intents.update(before)
            raise

    async def update(self, intent: Intent, state: IntentState, **facts: object) -> Intent:
        """Move to the state; the new row. Errors: LostRace; TypeError for an unknown fact."""
        await checkpoint()
        if not facts.keys() <= {"paid", "included_block", "error_code", "known_as", "detail"}:
            raise TypeError(f"not all of these are facts of an intent: {sorted(facts)}")
        stored = self._tables.intents.get(intent.intent_id)
        if stored is None or stored.state is not intent.state:
            raise LostRace(intent_id=intent.intent_id, expected=intent.state)
        allowed = INTENT_TRANSITIONS[stored.state]
        if state not in (allowed and allowed | {stored.state}):
            raise LostRace(intent_id=intent.intent_id, stored=stored.state, wanted=state)
        if state is IntentState.SENT:
            facts = dict.fromkeys(("paid", "included_block", "error_code", "detail")) | facts
        moved = replace(
            stored,
            state=state,
            updated_at=self._tables.clock.now_ms(),
            **facts,  # type: ignore[arg-type]
        )
        self._tables.intents[intent.intent_id] = moved
        return moved

    async def of_subject(self, purpose: str, subject: str) -> Sequence[Intent]:
        """All intents of that work, oldest first."""
        await checkpoint()
        return tuple(
            row for row in self._by_age() if (row.purpose, row.subject) == (purpose, subject)
        )

    async def live(self, kind: ActKind) -> Sequence[Intent]:
        """INTENDED, SENT and INCLUDED ones, by backend, account and nonce, siblings oldest first."""
        await checkpoint()
        rows = [
            row
            for row in self._tables.intents.values()
            if row.kind is kind and row.state in LIVE_STATES
        ]
        return tuple(sorted(rows, key=_sequence))

    async def get(self, intent_id: IntentId) -> Intent | None:
        """The intent, if there is one."""
        await checkpoint()
        return self._tables.intents.get(intent_id)

    async def used_nonce(self, backend: str, account: str) -> int | None:
        """The highest nonce that is used for good, by acts that cost something."""
        await checkpoint()
        return self._used_nonce(backend, account)

    async def unexplained(self, backend: str, account: str, since_ms: int) -> Sequence[Intent]:
        """Acts without effect whose nonce is used, and by no row that says so; by nonce, oldest first."""
        await checkpoint()
        used = self._used_nonce(backend, account)
        rows = self._of(backend, account)
        taken = {row.nonce for row in rows if row.state not in FREE_STATES}
        found = [
            row
            for row in rows
            if row.state in FREE_STATES
            and row.quoted
            and row.updated_at >= since_ms
            and row.nonce not in taken
            and used is not None
            and row.nonce <= used
        ]
        return tuple(sorted(found, key=lambda row: (row.nonce, row.created_at, row.intent_id)))

    async def ledger(self, since_ms: int) -> Sequence[LedgerEntry]:
        """Quoted against paid, oldest first."""
        await checkpoint()
        return tuple(_ledger_entry(row) for row in self._by_age() if row.created_at >= since_ms)

    def _of(self, backend: str, account: str) -> list[Intent]:
        rows = self._tables.intents.values()
        return [row for row in rows if (row.backend, row.account) == (backend, account)]

    def _used_nonce(self, backend: str, account: str) -> int | None:
        rows = self._of(backend, account)
        used = [row.nonce for row in rows if row.state in _USED and row.quoted]
        return max(used, default=None)

    def _by_age(self) -> list[Intent]:
        return sorted(self._tables.intents.values(), key=lambda row: row.created_at)

    def _check_unique(self, intent: Intent) -> None:
        rows = self._tables.intents
        if intent.intent_id in rows:
            raise DuplicateIntent(intent_id=intent.intent_id)
        ancestors, parent = set(), intent.replaces
        while parent is not None:
            if parent not in rows:
                raise LostRace("there is no intent to replace", replaces=parent)
            ancestors.add(parent)
            parent = rows[parent].replaces
        for row in rows.values():
            if (
                row.state in LIVE_STATES
                and _sequence(row) == _sequence(intent)
                and row.intent_id not in ancestors
            ):
                raise DuplicateIntent(intent_id=intent.intent_id, holder=row.intent_id)

    def _check_cap(self, cap: SpendCap, wanted: Intent, now: int) -> None:
        earlier = [
            row
            for row in self._tables.intents.values()
            if row.resource is cap.resource and row.created_at > now - cap.window_s * 1000
        ]
        if _spent([*earlier, wanted]) > cap.limit:
            raise BudgetExceeded(
                resource=cap.resource,
                window_s=cap.window_s,
                limit=cap.limit,
                spent=_spent(earlier),
            )


def _sequence(row: Intent) -> tuple[str, str, int]:
    return row.backend, row.account, row.nonce


def _known_cost(row: Intent) -> int | None:
    never = row.state in FREE_STATES
    return 0 if never and row.paid is None else row.paid


def _spent(rows: Sequence[Intent]) -> int:
    dearest: dict[tuple[str, str, int], int] = {}
    for row in rows:
        known = _known_cost(row)
        cost = row.quoted if known is None else known
        dearest[_sequence(row)] = max(dearest.get(_sequence(row), 0), cost)
    return sum(dearest.values())


def _ledger_entry(row: Intent) -> LedgerEntry:
    return LedgerEntry(
        intent_id=row.intent_id,
        resource=row.resource,
        purpose=row.purpose,
        subject=row.subject,
        quoted=row.quoted,
        paid=_known_cost(row),
        at=row.created_at,
    )
