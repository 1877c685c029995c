"""Paid acts: intent, act, record (money rules 1, 2, 3, 6 and 7), the same for every kind.

A row with the signed bytes is stored before the bytes leave. After a crash or a lost answer the act is ambiguous: it is
resolved by query, and only the same bytes under the same nonce are ever sent again, which cannot be paid twice. What
the query told is in the row from then on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

import anyio
import structlog

from zk_acts.domain.acts import COUNTED_KINDS, LIVE_STATES, ActDetail, Intent, IntentState
from zk_acts.domain.failures import AmbiguousOutcome
from zk_acts.ports.act import (
    Failed,
    Included,
    Lapsed,
    Outcome,
    PaidChannel,
    Pending,
    Resigner,
    Unknown,
)
from zk_acts.ports.clock import Clock
from zk_acts.ports.fault import FaultPoints
from zk_acts.ports.store import IntentStore
from zk_acts.ports.telemetry import AlertBoard, Telemetry
from zk_acts.runtime.wake_up import WakeUp
from zk_acts.services.account_rows import AccountRows
from zk_acts.services.act_record import ENDED_STATES, facts_of, state_of, told_by
from zk_acts.services.act_sender import ActSender, IsWanted
from zk_acts.services.act_watch import ActWatch
from zk_acts.services.attempt import WAITING_STATES, has_passed, waiting
from zk_acts.services.spend_guard import WHOLE, SpendGuard, SpendPolicy
from zk_acts.services.stuck_acts import Patience, Verdict, judge, newest_waiting, outbid, to_beat
from zk_acts.services.work_pass import Pass

log = structlog.get_logger("paid_act")
RequestT = TypeVar("RequestT")
DetailT = TypeVar("DetailT")
UNRESOLVED_MS = (
    60_000  # how long an outcome is waited for before it is asked whether the nonce is used
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved(Generic[DetailT]):
    """An intent as it is now, with what its row or a query said."""

    intent: Intent
    outcome: Outcome[DetailT]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work(Generic[RequestT]):
    """A paid act that is wanted."""

    purpose: str
    subject: str
    request: RequestT


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
        board: AlertBoard,
        resigner: Resigner | None = None,
        is_wanted: IsWanted | None = None,
        readers: Sequence[WakeUp] = (),
    ) -> None:
        """`is_wanted`: whether an act would be done now; of others, what the other side does not know is not sent again.

        `readers`: who waits for the rows of acts that somebody else keeps; woken when one has moved.
        """
        self.channel = channel
        self._store = store
        self._policy = policy
        self._clock = clock
        self._began_ms = clock.now_ms()
        self._faults = faults
        self._telemetry = telemetry
        self._readers = readers
        self._lock = anyio.Lock()
        self._rows = AccountRows(
            store=store, kind=channel.kind, backend=channel.name, account=channel.account
        )
        self._sender = ActSender(
            channel=channel,
            store=store,
            rows=self._rows,
            policy=policy,
            clock=clock,
            faults=faults,
            guard=SpendGuard(
                resource=channel.resource, reserve=policy.reserve, telemetry=telemetry, board=board
            ),
            resigner=resigner,
            is_wanted=is_wanted,
        )
        for end in (IntentState.FINAL, IntentState.FAILED):  # so that the first one is an increase
            telemetry.count("acts", 0, kind=channel.kind, end=end)
        self._watch = ActWatch(backend=channel.name, clock=clock, telemetry=telemetry, board=board)

    async def live(self) -> Sequence[Intent]:
        """This channel's live intents, by nonce."""
        return await self._rows.live()

    async def of(self, purpose: str, subject: str) -> Sequence[Intent]:
        """All intents of one piece of work, oldest first."""
        return await self._store.of_subject(purpose, subject)

    async def issue(self, *, purpose: str, subject: str, request: RequestT) -> Intent:
        """Do a new paid act for this work. The row it returns is SENT, or INTENDED where the answer was lost.

        Errors: BalanceTooLow, BudgetExceeded (nothing was sent), ActRefused (definitively nothing was paid),
        AmbiguousOutcome when an earlier act of this channel has to be resolved first.
        """
        # From choosing the nonce to the row, nobody else may choose: two acts would take the same one (ADR 0191).
        async with self._lock:
            live, unused = await self.live(), await self.channel.unused_nonce()
            # What nobody wants keeps its row and gives up its nonce: this act replaces it there, and
            # beats its price (ADR 0181, 0235).
            superseded = await self._superseded(live, unused)
            holders = [row for row in live if row not in superseded]
            # Not sent is not known of an act before this one: one more could pay twice for the same (ADR 0002).
            await self._require_resolved(holders)
            nonce = await self._free_nonce(holders, unused)
            earlier = await self._store.of_subject(purpose, subject)
            under_it = [row for row in earlier if row.nonce == nonce and self._rows.is_ours(row)]
            # What nobody wants any more may still arrive: at most one of a nonce takes effect.
            siblings = [row for row in superseded if row.nonce == nonce]
            beat = to_beat([*outbid(under_it), *siblings])
            prepared = await self._sender.prepare(request, nonce, beat)
            replaces = siblings[-1].intent_id if siblings else None
            return await self._sender.perform(purpose, subject, prepared, replaces)

    async def issue_all(self, works: Sequence[Work[RequestT]]) -> Sequence[Intent]:
        """Each as by `issue`; one's trouble does not hold up the others. The rows of those that were done.

        Errors: the most serious of theirs, when all have had their turn.
        """
        turn, rows = Pass(), []
        for work in works:
            with turn.item(subject=work.subject):
                rows.append(
                    await self.issue(
                        purpose=work.purpose, subject=work.subject, request=work.request
                    )
                )
        turn.finish()
        return rows

    async def _superseded(self, live: Sequence[Intent], unused: int) -> list[Intent]:
        """Those that give up their nonce. Who has used his is not asked: whether it is wanted takes many requests."""
        return [
            row
            for row in live
            if row.nonce >= unused or row.state is IntentState.INTENDED
            if not await self._sender.holds(row)
        ]

    async def _require_resolved(self, holders: Sequence[Intent]) -> None:
        """Error: AmbiguousOutcome, while an act may or may not have been sent.

        Not for ever: one that nobody can be asked about holds up nothing once its nonce is used.
        """
        for row in holders:
            if row.state is not IntentState.INTENDED:
                continue
            # A used nonce decides it, whoever used it (ADR 0192).
            is_recent = not has_passed(row.updated_at, self._clock.now_ms(), UNRESOLVED_MS)
            if is_recent or await self.channel.is_nonce_free(row.nonce):
                raise AmbiguousOutcome(
                    "an earlier act of this account is unresolved",
                    backend=self.channel.name,
                    act=row.intent_id,
                )

    async def _free_nonce(self, holders: Sequence[Intent], unused: int) -> int:
        """The first that nothing holds and that no row shows as used: the other side may lag behind our rows.

        It fills the gap that a lapsed act left. `unused`: the other side's, by state and not by any pool: an act above a gap
        in a pool is never carried out (ADR 0219).
        """
        nonce = unused
        used = await self._rows.used_nonce()
        # A node that lags names one that our rows know to be used: what is issued under it could never take
        # effect (ADR 0192).
        if used is not None and nonce <= used:
            log.warning("nonce.outdated", backend=self.channel.name, nonce=nonce, used=used)
            nonce = used + 1
        if self.channel.kind in COUNTED_KINDS:
            self._watch.counted(nonce, used, holders)
        taken = {row.nonce for row in holders}
        # The first gap, although higher ones are under way: those wait for it (ADR 0120).
        while nonce in taken:
            nonce += 1
        return nonce

    async def stuck(self, after_ms: int, max_replacements: int) -> Intent | None:
        """The act that holds up the nonce sequence, if nothing has moved for so long and it may be replaced.

        It is the newest sibling of the lowest undecided nonce: those above wait for it and need no better price. None
        is under a nonce that is used: what by, a query has to tell. An alert says so when nothing more may be offered, or
        when what should have replaced it could not be made for long.
        """
        live = await self.live()
        # Only the lowest undecided nonce is what is stuck (ADR 0120).
        lowest = waiting(live)
        if not lowest:
            self._watch.moved()
            return None
        nonce, siblings = lowest[0].nonce, await self._rows.of_nonce(lowest[0], live)
        now_ms = self._clock.now_ms()
        # A clock that was ahead at the start is set back some day: nobody waits until it is that late again (ADR 0217).
        self._began_ms = min(self._began_ms, now_ms)
        patience = Patience(
            after_ms=after_ms,
            max_replacements=max_replacements,
            refused_ms=self._policy.resend_after_ms,
            since_ms=self._began_ms,
        )
        below = [row for row in live if row.nonce < nonce]
        verdict = judge(siblings, below, patience, now_ms)
        if self._watch.is_given_up(nonce) and patience.is_used_up(siblings):
            return None  # the operator knows; it is sent again, and may be mined at any time
        if verdict is Verdict.WAIT or not await self.channel.is_nonce_free(nonce):
            self._watch.moved()
            return None
        newest = newest_waiting(siblings)
        if verdict is not Verdict.REPLACE:
            self._watch.stuck(newest, len(siblings) - 1)
        return None if verdict is Verdict.EXHAUSTED else newest

    async def replace(self, stuck: Intent, request: RequestT) -> Intent:
        """Send a sibling with the same nonce that pays more than any before it. At most one of them can take effect.

        The row it returns is the stuck one as it is now, if its nonce is not undecided any more. Errors as `issue`.
        """
        async with self._lock:
            siblings = await self._rows.of_nonce(stuck, await self.live())
            current = next((row for row in siblings if row.intent_id == stuck.intent_id), stuck)
            if current not in waiting(siblings) or current.state not in WAITING_STATES:
                return current
            # Above every sibling, not the newest alone: an older one may be what a node still holds (ADR 0193).
            prepared = await self._sender.prepare(request, stuck.nonce, to_beat(siblings))
            return await self._sender.stand_in(stuck, prepared, "act.replaced")

    async def keep(self, is_due: Callable[[Intent], bool] | None = None) -> None:
        """Resolve every live act of this channel, lowest nonce first; one that cannot be does not hide the others.

        Those that nobody waits for come last, and not every time. So do those that have ended although the rows do not
        show what used their nonce: a node that lags makes a live act look dead. One service keeps a sequence; the
        others read its rows. `is_due`: which of them the keeper wants to know about now; all, by default.

        Errors: the most serious trouble with a live one, when all have had their turn; fatal ones at once.
        """
        turn = Pass()
        doubtful = await self._rows.unexplained(self._watch.look_back_ms())
        self._watch.looking_at(doubtful)
        # Overdue ones after all others: an hour of following must not slow down what is waited for (ADR 0182).
        for row in sorted(await self.live(), key=self.is_overdue):
            with turn.item(intent_id=row.intent_id):
                if self._watch.is_due(row) and (is_due is None or is_due(row)):
                    await self.resolve(row)
        beside = Pass()  # nothing waits for what these come to: trouble is logged, and fails nobody
        for row in doubtful:
            with beside.item(intent_id=row.intent_id):
                if self._watch.is_due(row):
                    await self._look_again(row)
        turn.finish()

    def is_overdue(self, row: Intent) -> bool:
        """Whether the other side has said so; after a restart it is asked first."""
        return self._watch.is_overdue(row)

    def is_withheld(self, row: Intent) -> bool:
        """Whether it is not sent again, as things are: nobody should wait for it. It may have arrived all the same."""
        return self._sender.is_withheld(row)

    def is_doubted(self, row: Intent) -> bool:
        """Whether it is not sent again until it can be said whether it is of use; it may have arrived all the same."""
        return self._sender.is_doubted(row)

    async def resolve(self, intent: Intent) -> Resolved[DetailT]:
        """What became of it: by its row, where that is final; else ask, write it down, and send again what got lost.

        Bytes that cannot take effect any more are signed anew under the same nonce, where the channel can do that; the
        row in the result is then the sibling.
        """
        async with self._lock:
            current = await self._store.get(intent.intent_id) or intent
            # A final row is not asked about again: the other side may have forgotten by now (ADR 0190).
            told = told_by(current)
            if told is not None:
                return Resolved(intent=current, outcome=cast("Outcome[DetailT]", told))
            outcome = await self._ask(current)
            # Known to nobody and its nonce free: only then may the same bytes go out once more (ADR 0061).
            if isinstance(outcome, Unknown):
                again = await self._sender.again(current, resign=outcome.resign)
                return Resolved(intent=again, outcome=outcome)
            self._sender.known(current)
            return Resolved(intent=await self._record(current, outcome), outcome=outcome)

    async def brought(self, row: Intent) -> DetailT | None:
        """What an act that took effect for good brought, else None. By its row; one of an earlier version is asked about."""
        if row.state is not IntentState.FINAL:
            return None
        # Rows of version 0.1 have no detail (ADR 0190).
        outcome = told_by(row) or (await self.resolve(row)).outcome
        return cast("DetailT", outcome.detail) if isinstance(outcome, Included) else None

    async def _ask(self, row: Intent) -> Outcome[DetailT]:
        outcome = await self.channel.outcome(row)
        if isinstance(outcome, Pending) and outcome.is_overdue:
            self._watch.overdue(row)
        else:
            self._watch.told(row)
        return outcome

    async def _look_again(self, row: Intent) -> None:
        """Ask once more about one that has ended without effect, and write down if it had one after all.

        Where the other side calls the nonce free, nothing has to be explained: there, acts are not known by nonces.
        """
        async with self._lock:
            self._watch.looks_again(row)
            if await self.channel.is_nonce_free(row.nonce):
                return
            outcome = await self.channel.outcome(row)
            if isinstance(outcome, Included | Failed) and outcome.final:
                await self._record(row, outcome)
                log.warning("act.found", intent_id=row.intent_id, believed=row.state)

    async def _record(
        self, intent: Intent, outcome: Pending | Included[DetailT] | Failed | Lapsed
    ) -> Intent:
        known = cast("Pending | Included[ActDetail] | Failed | Lapsed", outcome)
        state, facts = state_of(known), facts_of(known)
        unchanged = state is intent.state and all(
            getattr(intent, name) == value for name, value in facts.items()
        )
        if unchanged or intent.state in ENDED_STATES:
            return intent
        updated = await self._store.update(intent, state, **facts)
        if state is IntentState.FINAL:
            self._faults.hit(f"{intent.kind}.after_final")
        for wake_up in self._readers:
            wake_up.notify()
        log.info(
            "act.resolved",
            intent_id=intent.intent_id,
            state=state,
            paid=str(updated.paid),
            resource=intent.resource,
            code=updated.error_code,
        )
        if state not in LIVE_STATES:
            self._sender.forget(intent)
            self._watch.told(intent)
            self._telemetry.count("acts", kind=intent.kind, end=state)
            self._telemetry.count("spent", (updated.paid or 0) / WHOLE, resource=intent.resource)
        return updated
