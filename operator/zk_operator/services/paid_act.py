"""Paid acts: intent, act, record (money rules 1, 2, 3, 6 and 7), the same for every kind.

A row with the signed bytes is stored before the bytes leave. After a crash or a lost answer the act is ambiguous: it is
resolved by query, and only the same bytes under the same nonce are ever sent again, which cannot be paid twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import anyio
import structlog

from zk_operator.domain.failures import (
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
from zk_operator.ports.store import IntentStore, SpendCap
from zk_operator.runtime.health import HealthBoard
from zk_operator.runtime.telemetry import Telemetry

log = structlog.get_logger("paid_act")
WHOLE = 10**18
RequestT = TypeVar("RequestT")
DetailT = TypeVar("DetailT")


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendPolicy:
    """What limits an account's spending. `reserve` always stays in the account (1e-18 of the token)."""

    caps: Sequence[SpendCap]
    reserve: int
    resend_after_ms: int = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved(Generic[DetailT]):
    """An intent after a query, with what the query said."""

    intent: Intent
    outcome: Outcome[DetailT]


class PaidActs(Generic[RequestT, DetailT]):
    """The one owner of a channel's nonce sequence."""

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
    ) -> None:
        self.channel = channel
        self._store = store
        self._policy = policy
        self._clock = clock
        self._faults = faults
        self._telemetry = telemetry
        self._board = board
        self._lock = anyio.Lock()
        # Two services share the EVM account: one asks about a row at a time, so that neither works on a stale one.
        self._resolving = anyio.Lock()

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
            if any(row.state is IntentState.INTENDED for row in live):
                raise AmbiguousOutcome(
                    "an earlier act of this account is unresolved", backend=self.channel.name
                )
            nonce = max([await self.channel.next_nonce(), *(row.nonce + 1 for row in live)])
            prepared = await self.channel.prepare(request, nonce)
            await self._check_balance(prepared)
            attempt = len(await self._store.of_subject(purpose, subject)) + 1
            intent = self._intent(purpose, subject, attempt, prepared)
            return await self._perform(intent)

    async def replace(self, stuck: Intent, request: RequestT) -> Intent:
        """Send a sibling with the same nonce that pays more. At most one of the two can take effect."""
        async with self._lock:
            fees = Fees(fee_cap=stuck.fee_cap, tip=stuck.tip)
            prepared = await self.channel.prepare(request, stuck.nonce, fees)
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
        """Resolve every live act of this channel, lowest nonce first."""
        for row in await self.live():
            await self.resolve(row)

    async def resolve(self, intent: Intent) -> Resolved[DetailT]:
        """Ask what became of it, write it down, and send the same bytes again where they got lost."""
        async with self._resolving:
            return await self._resolve(await self._store.get(intent.intent_id) or intent)

    async def _resolve(self, intent: Intent) -> Resolved[DetailT]:
        outcome = await self.channel.outcome(intent)
        match outcome:
            case Unknown():
                return Resolved(intent=await self._resend(intent), outcome=outcome)
            case Pending():
                state = IntentState.SENT
            case Included():
                state = IntentState.FINAL if outcome.final else IntentState.INCLUDED
            case Failed():
                state = IntentState.FAILED if outcome.final else IntentState.INCLUDED
            case Lapsed():
                state = IntentState.REPLACED if outcome.by_nonce else IntentState.LAPSED
        return Resolved(intent=await self._record(intent, state, outcome), outcome=outcome)

    def _is_mine(self, row: Intent) -> bool:
        return row.backend == self.channel.name and row.account == self.channel.account

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

    async def _check_balance(self, prepared: Prepared) -> None:
        balance = await self.channel.balance()
        resource = self.channel.resource
        self._telemetry.gauge("balance", balance / WHOLE, resource=resource)
        needed = prepared.quoted + (self._policy.reserve if prepared.quoted else 0)
        if balance < needed:
            self._stop_spending("balance", f"balance {balance} is below {needed}")
            raise BalanceTooLow(
                account=self.channel.account, resource=resource, balance=balance, needed=needed
            )
        self._resume_spending("balance")

    async def _perform(self, intent: Intent) -> Intent:
        kind = intent.kind
        self._faults.hit(f"{kind}.before_row")
        try:
            await self._store.record(intent, self._policy.caps)
        except BudgetExceeded as error:
            self._stop_spending("budget", str(error))
            raise
        self._resume_spending("budget")
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
        return await self._send(intent)

    async def _send(self, intent: Intent) -> Intent:
        try:
            await self.channel.send(intent)
        except AmbiguousOutcome as error:
            log.warning(
                "act.unanswered", intent_id=intent.intent_id, code=error.code, error=str(error)
            )
            return intent
        except ActRefused as error:
            log.warning(
                "act.refused", intent_id=intent.intent_id, code=error.code, error=str(error)
            )
            if intent.updated_at != intent.created_at:
                return intent  # says nothing of the first send: left to queries
            await self._store.update(intent, IntentState.LAPSED, paid=0, error_code=error.code)
            raise
        self._faults.hit(f"{intent.kind}.after_send")
        sent = intent
        if intent.state is IntentState.INTENDED:
            sent = await self._store.update(intent, IntentState.SENT)
        self._faults.hit(f"{intent.kind}.after_answer")
        return sent

    async def _resend(self, intent: Intent) -> Intent:
        """The same bytes again, not more often than the policy says."""
        age = self._clock.now_ms() - intent.updated_at
        if intent.state is IntentState.INCLUDED:
            intent = await self._store.update(intent, IntentState.SENT, included_block=None)
        if intent.state not in LIVE_STATES or age < self._policy.resend_after_ms:
            return intent
        log.info("act.resent", intent_id=intent.intent_id, state=intent.state)
        touched = await self._store.update(intent, intent.state)
        return await self._send(touched)

    async def _record(
        self, intent: Intent, state: IntentState, outcome: Outcome[DetailT]
    ) -> Intent:
        if intent.state not in LIVE_STATES or (state is intent.state and state is IntentState.SENT):
            return intent
        facts = _facts(outcome)
        if state is intent.state and facts.get("included_block") == intent.included_block:
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
            self._telemetry.count("acts", kind=intent.kind, end=state)
            self._telemetry.count("spent", (updated.paid or 0) / WHOLE, resource=intent.resource)
        return updated

    def _stop_spending(self, why: str, text: str) -> None:
        resource = self.channel.resource
        self._telemetry.gauge("spending_stopped", 1, resource=resource)
        if self._board.raise_alert(f"spending.{resource}.{why}", text):
            log.error(
                "spending.stopped",
                code=BalanceTooLow.code if why == "balance" else BudgetExceeded.code,
                resource=resource,
                reason=text,
            )

    def _resume_spending(self, why: str) -> None:
        resource = self.channel.resource
        self._telemetry.gauge("spending_stopped", 0, resource=resource)
        if self._board.clear_alert(f"spending.{resource}.{why}"):
            log.info("spending.resumed", resource=resource, after=why)


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
