"""The rows of paid acts. Every method is one transaction: it happened as a whole or not at all.

One contract suite runs against every implementation (tests/ports). Errors common to all: StoreUnavailable (fatal),
LostRace (a row was not in the state that the caller had read).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from zk_acts.domain.acts import ActKind, Intent, IntentState, LedgerEntry, Resource
from zk_acts.domain.ids import IntentId


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendCap:
    """At most `limit` of the resource in any `window_s` seconds."""

    resource: Resource
    window_s: int
    limit: int


class IntentStore(Protocol):
    """Paid acts."""

    async def record(self, intent: Intent, caps: Sequence[SpendCap]) -> None:
        """Insert the row. Errors: BudgetExceeded (by rows: paid, or quoted where not yet known), DuplicateIntent.

        DuplicateIntent also where a live intent already holds (backend, account, nonce), unless it is `replaces`.
        """
        ...

    async def record_all(self, intents: Sequence[Intent], caps: Sequence[SpendCap]) -> None:
        """As `record`, all of them or none, in one write."""
        ...

    async def update_all(
        self, intents: Sequence[Intent], state: IntentState, **facts: object
    ) -> Sequence[Intent]:
        """As `update`, all of them or none, in one write."""
        ...

    async def update(self, intent: Intent, state: IntentState, **facts: object) -> Intent:
        """Move to the state with paid, included_block, error_code, known_as, detail as given; the new row.

        LostRace if it moved.
        """
        ...

    async def of_subject(self, purpose: str, subject: str) -> Sequence[Intent]:
        """All intents of that work, oldest first."""
        ...

    async def live(self, kind: ActKind) -> Sequence[Intent]:
        """INTENDED, SENT and INCLUDED ones, by backend, account and nonce."""
        ...

    async def get(self, intent_id: IntentId) -> Intent | None: ...

    async def used_nonce(self, backend: str, account: str) -> int | None:
        """The highest nonce that is used for good by the rows: an act with it ended other than by lapsing.

        Acts that cost nothing do not count: some of them end without having used theirs.
        """
        ...

    async def unexplained(self, backend: str, account: str, since_ms: int) -> Sequence[Intent]:
        """Acts recorded as without effect since then, whose nonce is used and that no other row has used or may use.

        One of them may have taken effect after all. By nonce, siblings oldest first; none that cost nothing.
        """
        ...

    async def ledger(self, since_ms: int) -> Sequence[LedgerEntry]:
        """Quoted against paid, oldest first."""
        ...
