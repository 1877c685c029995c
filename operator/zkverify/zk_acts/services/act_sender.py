"""Sends acts: first a row with the signed bytes, then the bytes, then what was answered (money rules 1 and 2)."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Generic, TypeVar

import anyio
import structlog

from zk_acts.domain.acts import LIVE_STATES, Intent, IntentState
from zk_acts.domain.failures import (
    ActBanned,
    ActRefused,
    AmbiguousOutcome,
    BalanceTooLow,
    BudgetExceeded,
)
from zk_acts.domain.ids import IntentId, hex0x
from zk_acts.ports.act import Answer, Fees, PaidChannel, Prepared, Resigner
from zk_acts.ports.clock import Clock
from zk_acts.ports.fault import FaultPoints
from zk_acts.ports.store import IntentStore
from zk_acts.services.account_rows import AccountRows
from zk_acts.services.attempt import WAITING_STATES, has_passed
from zk_acts.services.spend_guard import BUDGET, SpendGuard, SpendPolicy

log = structlog.get_logger("paid_act")
RequestT = TypeVar("RequestT")
DetailT = TypeVar("DetailT")
MOST_DOUBLINGS = 6
# Whether an act would be done now: True, False, or None where that cannot be said.
IsWanted = Callable[[Intent], Awaitable[bool | None]]


class ActSender(Generic[RequestT, DetailT]):
    """One account's way out. Whoever uses it holds the lock of the account."""

    def __init__(
        self,
        *,
        channel: PaidChannel[RequestT, DetailT],
        store: IntentStore,
        rows: AccountRows,
        policy: SpendPolicy,
        clock: Clock,
        faults: FaultPoints,
        guard: SpendGuard,
        resigner: Resigner | None,
        is_wanted: IsWanted | None,
    ) -> None:
        self._channel = channel
        self._store = store
        self._rows = rows
        self._policy = policy
        self._clock = clock
        self._faults = faults
        self._guard = guard
        self._resigner = resigner
        self._wanted = is_wanted
        # A courtesy to the other side; forgotten on restart.
        self._sent_at: dict[IntentId, int] = {}
        # What the other side does not know and is not sent again, and what was said of it.
        self._kept_back: dict[IntentId, bool | None] = {}

    async def is_wanted(self, row: Intent) -> bool | None:
        """As `IsWanted`."""
        return True if self._wanted is None else await self._wanted(row)

    async def holds(self, row: Intent) -> bool:
        """Whether its nonce is not to be had: it took effect, or it may, and somebody may want it."""
        return row.state not in WAITING_STATES or await self.is_wanted(row) is not False

    async def prepare(self, request: RequestT, nonce: int, beat: Fees | None) -> Prepared:
        """Signed, and paid for by what the account has besides all that is undecided. Error: BalanceTooLow."""
        try:
            prepared = await self._channel.prepare(request, nonce, beat)
        except BalanceTooLow as error:
            self._guard.stop(error)
            raise
        await self.require(prepared)
        return prepared

    async def perform(
        self, purpose: str, subject: str, prepared: Prepared, replaces: IntentId | None
    ) -> Intent:
        """The act, once. Errors as PaidActs.issue."""
        return await self._send(await self._write(purpose, subject, prepared, replaces), first=True)

    async def stand_in(self, stale: Intent, prepared: Prepared, event: str) -> Intent:
        """A sibling in the place of another. At most one of the two takes effect. Errors as PaidActs.issue."""
        sibling = await self._write(stale.purpose, stale.subject, prepared, stale.intent_id)
        log.info(
            event,
            intent_id=sibling.intent_id,
            replaces=stale.intent_id,
            fee_cap=prepared.fees.fee_cap,
            tip=prepared.fees.tip,
        )
        return await self._send(sibling, first=True)

    async def again(self, intent: Intent, *, resign: bool) -> Intent:
        """The same bytes again, or other ones in their place; not more often than the policy says."""
        same = await self._rows.of_nonce(intent, await self._rows.live())
        siblings = [row for row in same if row.state in LIVE_STATES] or [intent]
        if intent.state is IntentState.INCLUDED:
            intent = await self._store.update(intent, IntentState.SENT)
        if intent.state not in LIVE_STATES or not self._is_due(intent, siblings):
            return intent
        # Sent again, an older sibling would compete with its own successor (ADR 0073).
        if siblings[-1].intent_id != intent.intent_id:
            return intent  # a younger one stands for it
        # Asked as before the first time: minutes may have passed, and a batch or an order with them (ADR 0235).
        wanted = await self.is_wanted(intent)
        if wanted is not True:
            self._keep_back(intent, wanted)
            return intent  # its nonce, used by another one, or its validity ends it
        self.known(intent)
        if resign:
            self._sent_at[intent.intent_id] = self._clock.now_ms()
            return await self._renew(intent)
        log.info("act.resent", intent_id=intent.intent_id, state=intent.state)
        return await self._send(intent, first=False)

    def _keep_back(self, intent: Intent, wanted: bool | None) -> None:
        if wanted is False and not self.is_withheld(intent):
            log.info("act.withheld", intent_id=intent.intent_id, state=intent.state)
        self._kept_back[intent.intent_id] = wanted

    def known(self, intent: Intent) -> None:
        """The other side has it, or is told of it now: nothing is kept back."""
        self._kept_back.pop(intent.intent_id, None)

    def is_withheld(self, row: Intent) -> bool:
        """Whether the other side does not know it, and it was of no use when it was to be sent again."""
        return self._kept_back.get(row.intent_id) is False and row.state in WAITING_STATES

    def is_doubted(self, row: Intent) -> bool:
        """Whether the other side does not know it, and it could not be said whether to send it again."""
        # It may have arrived: another one bought beside it would be paid as well (ADR 0235).
        is_open = self._kept_back.get(row.intent_id, True) is None
        return is_open and row.state in WAITING_STATES

    def forget(self, intent: Intent) -> None:
        """It has ended."""
        self._sent_at.pop(intent.intent_id, None)
        self.known(intent)

    async def require(self, *prepared: Prepared) -> None:
        """Error: BalanceTooLow, unless all of them can be paid for besides what is undecided."""
        self._guard.require(
            account=self._channel.account,
            balance=await self._channel.balance(),
            wanted=prepared,
            live=await self._rows.live(),
        )

    async def _write(
        self, purpose: str, subject: str, prepared: Prepared, replaces: IntentId | None
    ) -> Intent:
        """The row, before anything leaves."""
        # By rows, so that a restart does not name two acts the same.
        attempt = len(await self._store.of_subject(purpose, subject)) + 1
        intent = replace(self.row(purpose, subject, attempt, prepared), replaces=replaces)
        await self.write([intent])
        return intent

    async def write(self, rows: Sequence[Intent]) -> None:
        """New rows of this account, all or none. Errors: BudgetExceeded, DuplicateIntent."""
        kind = self._channel.kind
        # Labelled crash points of every paid act: tests end the process at each (ADR 0208).
        self._faults.hit(f"{kind}.before_row")
        try:
            await self._store.record_all(rows, self._policy.caps)
        except BudgetExceeded as error:
            self._guard.stop(error)
            raise
        if any(row.quoted for row in rows):
            self._guard.resume(BUDGET)
        self._faults.hit(f"{kind}.after_row")
        for row in rows:
            log.info(
                "act.intended",
                intent_id=row.intent_id,
                backend=row.backend,
                nonce=row.nonce,
                reference=hex0x(row.reference),
                quoted=str(row.quoted),
                resource=row.resource,
            )

    def row(self, purpose: str, subject: str, attempt: int, prepared: Prepared) -> Intent:
        """What is written of a prepared act."""
        now = self._clock.now_ms()
        return Intent(
            intent_id=IntentId(f"{purpose}/{subject}/{attempt}"),
            kind=self._channel.kind,
            purpose=purpose,
            subject=subject,
            backend=self._channel.name,
            account=self._channel.account,
            nonce=prepared.nonce,
            reference=prepared.reference,
            payload=prepared.payload,
            resource=self._channel.resource,
            quoted=prepared.quoted,
            fee_cap=prepared.fees.fee_cap,
            tip=prepared.fees.tip,
            born_block=prepared.born_block,
            expires=prepared.expires,
            created_at=now,
            updated_at=now,
        )

    async def _send(self, intent: Intent, *, first: bool) -> Intent:
        self._sent_at[intent.intent_id] = self._clock.now_ms()
        try:
            known_as = await self._channel.send(intent)
        except AmbiguousOutcome as error:
            log.warning(
                "act.unanswered", intent_id=intent.intent_id, code=error.code, error=str(error)
            )
            # A pool bans what it dropped and also what it has in a block: at the first send it may be the
            # latter (ADR 0071).
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

    async def answered(self, rows: Sequence[Intent], answers: Sequence[Answer]) -> Sequence[Intent]:
        """Write down what was said to acts that were sent together for the first time; the rows that may take effect."""
        kind = self._channel.kind
        self._faults.hit(f"{kind}.after_send")
        pairs = list(zip(rows, answers, strict=True))
        now = self._clock.now_ms()
        self._sent_at |= {row.intent_id: now for row, answer in pairs if answer.taken is not False}
        with anyio.CancelScope(shield=True):
            taken = [row for row, answer in pairs if answer.taken]
            sent = await self._store.update_all(taken, IntentState.SENT)
            for row, answer in pairs:
                if answer.taken is False:
                    await self._store.update(
                        row, IntentState.LAPSED, paid=0, error_code=answer.code
                    )
        self._faults.hit(f"{kind}.after_answer")
        for row, answer in pairs:
            if answer.code == BalanceTooLow.code:
                self._guard.stop(BalanceTooLow(answer.text))
            if not answer.taken:
                event = "act.unanswered" if answer.taken is None else "act.refused"
                log.warning(event, intent_id=row.intent_id, code=answer.code, error=answer.text)
        return [*sent, *(row for row, answer in pairs if answer.taken is None)]

    async def _refused(
        self, intent: Intent, error: ActRefused | BalanceTooLow, *, first: bool
    ) -> Intent:
        """Nothing happened, if these bytes had never been sent before; else a query has to tell."""
        log.warning("act.refused", intent_id=intent.intent_id, code=error.code, error=str(error))
        if isinstance(error, BalanceTooLow):
            self._guard.stop(error)
        # Refused now says nothing of an earlier send of the same bytes: siblings share the nonce, so one is
        # paid at most (ADR 0073).
        if not first:
            return intent if isinstance(error, BalanceTooLow) else await self._renew(intent)
        await self._store.update(intent, IntentState.LAPSED, paid=0, error_code=error.code)
        self.forget(intent)
        raise error

    def _is_due(self, intent: Intent, siblings: Sequence[Intent]) -> bool:
        """Whether to send now. Each sibling doubles the pause: a pool that drops them all is left in peace."""
        last_ms = self._sent_at.get(intent.intent_id, intent.updated_at)
        doubled = min(len(siblings) - 1, MOST_DOUBLINGS) if self._resigner else 0
        return has_passed(last_ms, self._clock.now_ms(), self._policy.resend_after_ms << doubled)

    async def _renew(self, stale: Intent) -> Intent:
        """A sibling with the same nonce, signed by the rules of the moment; the stale one where there is no money for it."""
        if self._resigner is None or stale.state not in LIVE_STATES:
            return stale
        try:
            prepared = await self._resigner.resign(stale)
            await self.require(prepared)
        except BalanceTooLow as error:
            self._guard.stop(error)
            return stale
        return await self.stand_in(stale, prepared, "act.resigned")
