"""Paid acts: intent, act, record (money rules 1, 2, 3, 6 and 7), the same for every kind.

A row with the signed bytes is stored before the bytes leave. After a crash or a lost answer the act is ambiguous: it is
resolved by query, and only the same bytes under the same nonce are ever sent again, which cannot be paid twice.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import anyio
import structlog

from zk_operator.domain.failures import (
    ActBanned,
    ActRefused,
    AmbiguousOutcome,
    BalanceTooLow,
    BudgetExceeded,
)
from zk_operator.domain.ids import IntentId, hex0x
from zk_operator.domain.records import LIVE_STATES, Intent, IntentState
from zk_operator.ports.act import (
    Failed,
    Fees,
    Included,
    Lapsed,
    Outcome,
    PaidChannel,
    Pending,
    Prepared,
    Unknown,
)
from zk_operator.ports.clock import Clock
from zk_operator.ports.fault import FaultPoints
from zk_operator.ports.store import IntentStore
from zk_operator.ports.zkverify import Resigner
from zk_operator.runtime.health import HealthBoard
from zk_operator.runtime.telemetry import Telemetry
from zk_operator.services.attempt import WAITING_STATES, waiting
from zk_operator.services.spend_guard import BUDGET, WHOLE, SpendGuard, SpendPolicy
from zk_operator.services.stage import Round

log = structlog.get_logger("paid_act")
RequestT = TypeVar("RequestT")
DetailT = TypeVar("DetailT")
MOST_DOUBLINGS = 6
OVERDUE_PAUSE_MS = 30_000  # how often one is asked for that nobody waits for


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved(Generic[DetailT]):
    """An intent after a query, with what the query said."""

    intent: Intent
    outcome: Outcome[DetailT]


class PaidActs(Generic[RequestT, DetailT]):
    """The one owner of a channel's nonce sequence. One act at a time: whatever uses the channel holds its lock."""

    def __init__(
        self,
        *,
        channel: PaidChannel[RequestT, DetailT],
        store: IntentStore,
        policy: SpendPolicy,
        clock: Clock,
        faults: FaultPoints,
        telemetry: Telemetry,
        board: HealthBoard,
        resigner: Resigner | None = None,
        is_wanted: Callable[[Intent], Awaitable[bool]] | None = None,
    ) -> None:
        """`is_wanted`: whether an act is still of use; what the other side does not know of others is not sent again."""
        self.channel = channel
        self._wanted = is_wanted
        self._resigner = resigner
        self._store = store
        self._policy = policy
        self._clock = clock
        self._faults = faults
        self._telemetry = telemetry
        self._guard = SpendGuard(
            resource=channel.resource, reserve=policy.reserve, telemetry=telemetry, board=board
        )
        self._lock = anyio.Lock()
        self._sent_at: dict[
            IntentId, int
        ] = {}  # a courtesy to the other side; forgotten on restart
        self._overdue: dict[IntentId, int] = {}  # by the other side's word, and when it was given

    async def live(self) -> Sequence[Intent]:
        """This channel's live intents, by nonce."""
        rows = await self._store.live(self.channel.kind)
        mine = [row for row in rows if self._is_mine(row)]
        return sorted(mine, key=lambda row: row.nonce)

    async def of(self, purpose: str, subject: str) -> Sequence[Intent]:
        """All intents of one piece of work, oldest first."""
        return await self._store.of_subject(purpose, subject)

    async def issue(self, *, purpose: str, subject: str, request: RequestT) -> Intent:
        """Do a new paid act for this work. The row it returns is SENT, or INTENDED where the answer was lost.

        Errors: BalanceTooLow, BudgetExceeded (nothing was sent), ActRefused (definitively nothing was paid),
        AmbiguousOutcome when an earlier act of this channel has to be resolved first.
        """
        async with self._lock:
            live = await self.live()
            forsaken = [row for row in live if not await self._is_wanted(row)]
            holders = [row for row in live if row not in forsaken]
            if any(row.state is IntentState.INTENDED for row in holders):
                raise AmbiguousOutcome(
                    "an earlier act of this account is unresolved", backend=self.channel.name
                )
            nonce = _first_free(await self.channel.next_nonce(), holders)
            prepared = await self._prepare(request, nonce)
            self._guard.require(
                account=self.channel.account,
                balance=await self.channel.balance(),
                quoted=prepared.quoted,
                live=live,
            )
            attempt = len(await self._store.of_subject(purpose, subject)) + 1
            intent = self._intent(purpose, subject, attempt, prepared)
            # What nobody wants any more may still arrive: at most one of a nonce takes effect.
            rivals = [row.intent_id for row in forsaken if row.nonce == nonce]
            return await self._perform(replace(intent, replaces=rivals[-1] if rivals else None))

    async def stuck(self, after_ms: int, max_replacements: int) -> Intent | None:
        """The act that holds up the nonce sequence, if nothing has moved for so long and it may be replaced.

        It is the newest sibling of the lowest undecided nonce: those above wait for it and need no better price.
        """
        live = await self.live()
        lowest = waiting(live)
        if not lowest:
            return None
        nonce = lowest[0].nonce
        rows = await self._store.of_subject(lowest[0].purpose, lowest[0].subject)
        siblings = [row for row in rows if row.nonce == nonce and self._is_mine(row)]
        moved = [row.updated_at for row in live if row.nonce < nonce]
        quiet = self._clock.now_ms() - max([row.updated_at for row in siblings] + moved)
        offered = [row for row in siblings if row.state is not IntentState.LAPSED]
        if not waiting(siblings) or quiet < after_ms or len(offered) > max_replacements:
            return None
        return next(row for row in reversed(siblings) if row.state in WAITING_STATES)

    async def replace(self, stuck: Intent, request: RequestT) -> Intent:
        """Send a sibling with the same nonce that pays more. At most one of the two can take effect.

        The row it returns is the stuck one as it is now, if it is not undecided any more. Errors as `issue`.
        """
        async with self._lock:
            current = await self._store.get(stuck.intent_id)
            if current is None or current.state not in WAITING_STATES:
                return current or stuck
            fees = Fees(fee_cap=stuck.fee_cap, tip=stuck.tip)
            prepared = await self._prepare(request, stuck.nonce, fees)
            rows = await self._store.of_subject(stuck.purpose, stuck.subject)
            intent = self._intent(stuck.purpose, stuck.subject, len(rows) + 1, prepared)
            log.info(
                "act.replaced",
                intent_id=intent.intent_id,
                replaces=stuck.intent_id,
                fee_cap=prepared.fees.fee_cap,
            )
            return await self._perform(replace(intent, replaces=stuck.intent_id))

    async def keep(self) -> None:
        """Resolve every live act of this channel, lowest nonce first; one that cannot be does not hide the others.

        Those that nobody waits for come last, and not every time.

        Errors: the last trouble, when all have had their turn; fatal ones at once.
        """
        turn = Round()
        for row in sorted(await self.live(), key=self.is_overdue):
            with turn.part(intent_id=row.intent_id):
                if self._is_to_ask(row):
                    await self.resolve(row)
        turn.finish()

    def is_overdue(self, row: Intent) -> bool:
        """Whether the other side has said so; after a restart it is asked first."""
        return row.intent_id in self._overdue

    def _is_to_ask(self, row: Intent) -> bool:
        said_ms = self._overdue.get(row.intent_id)
        return said_ms is None or self._clock.now_ms() - said_ms >= OVERDUE_PAUSE_MS

    async def resolve(self, intent: Intent) -> Resolved[DetailT]:
        """Ask what became of it, write it down, and send the same bytes again where they got lost.

        Bytes that cannot take effect any more are signed anew under the same nonce, where the channel can do that; the
        row in the result is then the sibling.
        """
        async with self._lock:
            current = await self._store.get(intent.intent_id) or intent
            outcome = await self.channel.outcome(current)
            self._note_overdue(current, outcome)
            if isinstance(outcome, Unknown):
                again = await self._again(current, resign=outcome.resign)
                return Resolved(intent=again, outcome=outcome)
            recorded = await self._record(current, _state(outcome), outcome)
            return Resolved(intent=recorded, outcome=outcome)

    def _note_overdue(self, intent: Intent, outcome: Outcome[DetailT]) -> None:
        if isinstance(outcome, Pending) and outcome.is_overdue:
            if intent.intent_id not in self._overdue:
                log.warning("act.overdue", intent_id=intent.intent_id, backend=self.channel.name)
            self._overdue[intent.intent_id] = self._clock.now_ms()
        else:
            self._overdue.pop(intent.intent_id, None)

    async def _is_wanted(self, row: Intent) -> bool:
        return self._wanted is None or await self._wanted(row)

    def _is_mine(self, row: Intent) -> bool:
        return row.backend == self.channel.name and row.account == self.channel.account

    async def _prepare(self, request: RequestT, nonce: int, beat: Fees | None = None) -> Prepared:
        try:
            return await self.channel.prepare(request, nonce, beat)
        except BalanceTooLow as error:
            self._guard.stop(error)
            raise

    def _intent(self, purpose: str, subject: str, attempt: int, prepared: Prepared) -> Intent:
        now = self._clock.now_ms()
        return Intent(
            intent_id=IntentId(f"{purpose}/{subject}/{attempt}"),
            kind=self.channel.kind,
            purpose=purpose,
            subject=subject,
            backend=self.channel.name,
            account=self.channel.account,
            nonce=prepared.nonce,
            reference=prepared.reference,
            payload=prepared.payload,
            resource=self.channel.resource,
            quoted=prepared.quoted,
            fee_cap=prepared.fees.fee_cap,
            tip=prepared.fees.tip,
            born_block=prepared.born_block,
            expires=prepared.expires,
            created_at=now,
            updated_at=now,
        )

    async def _perform(self, intent: Intent) -> Intent:
        kind = intent.kind
        self._faults.hit(f"{kind}.before_row")
        try:
            await self._store.record(intent, self._policy.caps)
        except BudgetExceeded as error:
            self._guard.stop(error)
            raise
        if intent.quoted:
            self._guard.resume(BUDGET)
        self._faults.hit(f"{kind}.after_row")
        log.info(
            "act.intended",
            intent_id=intent.intent_id,
            backend=intent.backend,
            nonce=intent.nonce,
            reference=hex0x(intent.reference),
            quoted=str(intent.quoted),
            resource=intent.resource,
        )
        return await self._send(intent, first=True)

    async def _send(self, intent: Intent, *, first: bool) -> Intent:
        self._sent_at[intent.intent_id] = self._clock.now_ms()
        try:
            known_as = await self.channel.send(intent)
        except AmbiguousOutcome as error:
            log.warning(
                "act.unanswered", intent_id=intent.intent_id, code=error.code, error=str(error)
            )
            banned = isinstance(error, ActBanned) and not first
            return await self._renew(intent) if banned else intent
        except (ActRefused, BalanceTooLow) as error:
            return await self._refused(intent, error, first=first)
        self._faults.hit(f"{intent.kind}.after_send")
        sent = intent
        if intent.state is IntentState.INTENDED or known_as is not None:
            facts = {} if known_as is None else {"known_as": known_as}
            with anyio.CancelScope(shield=True):  # some are found by that id only
                sent = await self._store.update(intent, IntentState.SENT, **facts)
        self._faults.hit(f"{intent.kind}.after_answer")
        return sent

    async def _refused(
        self, intent: Intent, error: ActRefused | BalanceTooLow, *, first: bool
    ) -> Intent:
        """Nothing happened, if these bytes had never been sent before; else a query has to tell."""
        log.warning("act.refused", intent_id=intent.intent_id, code=error.code, error=str(error))
        if isinstance(error, BalanceTooLow):
            self._guard.stop(error)
        if not first:
            return intent if isinstance(error, BalanceTooLow) else await self._renew(intent)
        await self._store.update(intent, IntentState.LAPSED, paid=0, error_code=error.code)
        self._forget(intent)
        raise error

    async def _again(self, intent: Intent, *, resign: bool) -> Intent:
        """The same bytes again, or other ones in their place; not more often than the policy says."""
        siblings = await self._siblings(intent)
        if intent.state is IntentState.INCLUDED:
            intent = await self._store.update(intent, IntentState.SENT)
        if intent.state not in LIVE_STATES or not self._is_due(intent, siblings):
            return intent
        if self._resigner is not None and siblings[-1].intent_id != intent.intent_id:
            return intent  # a younger one stands for it
        if not await self._is_wanted(intent):
            return intent  # its nonce, used by another one, or its validity ends it
        if resign:
            self._sent_at[intent.intent_id] = self._clock.now_ms()
            return await self._renew(intent)
        log.info("act.resent", intent_id=intent.intent_id, state=intent.state)
        return await self._send(intent, first=False)

    def _is_due(self, intent: Intent, siblings: Sequence[Intent]) -> bool:
        """Whether to send now. Each sibling doubles the pause: a pool that drops them all is left in peace."""
        last_ms = self._sent_at.get(intent.intent_id, intent.updated_at)
        doubled = min(len(siblings) - 1, MOST_DOUBLINGS) if self._resigner else 0
        return self._clock.now_ms() - last_ms >= self._policy.resend_after_ms << doubled

    async def _siblings(self, intent: Intent) -> Sequence[Intent]:
        """The rows of its nonce that may still take effect, oldest first, itself included."""
        rows = await self._store.of_subject(intent.purpose, intent.subject)
        same = [row for row in rows if row.nonce == intent.nonce and self._is_mine(row)]
        return [row for row in same if row.state in LIVE_STATES] or [intent]

    async def _renew(self, stale: Intent) -> Intent:
        """A sibling with the same nonce, signed by the rules of the moment. At most one of the two takes effect."""
        if self._resigner is None or stale.state not in LIVE_STATES:
            return stale
        try:
            prepared = await self._resigner.resign(stale)
        except BalanceTooLow as error:
            self._guard.stop(error)
            return stale
        rows = await self._store.of_subject(stale.purpose, stale.subject)
        sibling = self._intent(stale.purpose, stale.subject, len(rows) + 1, prepared)
        log.info("act.resigned", intent_id=sibling.intent_id, replaces=stale.intent_id)
        return await self._perform(replace(sibling, replaces=stale.intent_id))

    async def _record(
        self, intent: Intent, state: IntentState, outcome: Outcome[DetailT]
    ) -> Intent:
        facts = _facts(outcome)
        unchanged = state is intent.state and all(
            getattr(intent, name) == value for name, value in facts.items()
        )
        if intent.state not in LIVE_STATES or unchanged:
            return intent
        updated = await self._store.update(intent, state, **facts)
        log.info(
            "act.resolved",
            intent_id=intent.intent_id,
            state=state,
            paid=str(updated.paid),
            resource=intent.resource,
            code=updated.error_code,
        )
        if state not in LIVE_STATES:
            self._forget(intent)
            self._telemetry.count("acts", kind=intent.kind, end=state)
            self._telemetry.count("spent", (updated.paid or 0) / WHOLE, resource=intent.resource)
        return updated

    def _forget(self, intent: Intent) -> None:
        self._sent_at.pop(intent.intent_id, None)
        self._overdue.pop(intent.intent_id, None)


def _first_free(next_nonce: int, live: Sequence[Intent]) -> int:
    """The first nonce from the other side's on that no live act holds; fills the gap that a lapsed one left."""
    taken = {row.nonce for row in live}
    while next_nonce in taken:
        next_nonce += 1
    return next_nonce


def _state(outcome: Pending | Included[DetailT] | Failed | Lapsed) -> IntentState:
    match outcome:
        case Pending():
            return IntentState.SENT
        case Included():
            return IntentState.FINAL if outcome.final else IntentState.INCLUDED
        case Failed():
            return IntentState.FAILED if outcome.final else IntentState.INCLUDED
        case Lapsed():
            return IntentState.REPLACED if outcome.by_nonce else IntentState.LAPSED


def _facts(outcome: Outcome[DetailT]) -> dict[str, object]:
    """The columns that an outcome fills."""
    match outcome:
        case Included():
            return {
                "paid": outcome.paid,
                "included_block": outcome.block_number,
                "error_code": None,
            }
        case Failed():
            return {
                "paid": outcome.paid,
                "included_block": outcome.block_number,
                "error_code": outcome.code,
            }
        case Lapsed():
            return {"paid": 0}
        case _:
            return {}
