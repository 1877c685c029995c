"""Errand: one paid act carried through to its final outcome, however often it is interrupted."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, Protocol, TypeVar

import structlog

from zk_operator.domain.errors import Disposition, OperatorError
from zk_operator.domain.failures import ActRefused, AmbiguousOutcome, AttemptsExhausted
from zk_operator.domain.ids import IntentId
from zk_operator.domain.records import Intent, IntentState
from zk_operator.ports.act import Failed, Included
from zk_operator.services.attempt import FREE_STATES, telling
from zk_operator.services.paid_act import Resolved

log = structlog.get_logger("errand")
RequestT_contra = TypeVar("RequestT_contra", contravariant=True)

RequestT = TypeVar("RequestT")
DetailT = TypeVar("DetailT")
_PASSING = frozenset({Disposition.TRANSIENT, Disposition.RATE_LIMITED, Disposition.AMBIGUOUS})


class ActFailed(OperatorError):
    """Raised when a paid act took effect as a failure: what was paid is paid."""

    code = "ZKO-ACT-006"
    disposition = Disposition.REJECTED


class Issuer(Protocol[RequestT_contra, DetailT]):
    """Who does paid acts: PaidActs of one account, or an ActPool of several."""

    async def of(self, purpose: str, subject: str) -> Sequence[Intent]: ...

    async def issue(self, *, purpose: str, subject: str, request: RequestT_contra) -> Intent: ...

    async def resolve(self, intent: Intent) -> Resolved[DetailT]: ...

    async def keep(self) -> None: ...


class Errand(Generic[RequestT, DetailT]):
    """Issues, follows, and issues again what lapsed. `wait` returns when it is worth looking again."""

    def __init__(
        self,
        *,
        acts: Issuer[RequestT, DetailT],
        wait: Callable[[], Awaitable[None]],
        max_attempts: int = 5,
    ) -> None:
        self._acts = acts
        self._wait = wait
        self._max_attempts = max_attempts

    async def run(
        self, *, purpose: str, subject: str, request: RequestT, again: bool = False
    ) -> Included[DetailT]:
        """The final success. One of an earlier run counts, unless it is to be done `again`.

        Errors: ActFailed, AttemptsExhausted, BalanceTooLow, BudgetExceeded, and rejections of the channel's `prepare`.
        Passing trouble is waited out: put a deadline around it.
        """
        over = FREE_STATES | {IntentState.FAILED} | ({IntentState.FINAL} if again else set())
        before = {
            row.intent_id for row in await self._acts.of(purpose, subject) if row.state in over
        }
        while True:
            try:
                found = await self._step(purpose, subject, request, before)
            except OperatorError as error:
                if not (isinstance(error, ActRefused) or error.disposition in _PASSING):
                    raise
                log.info("errand.delayed", code=error.code, error=str(error))
                found = None
            if found is not None:
                return found
            await self._wait()

    async def _step(
        self, purpose: str, subject: str, request: RequestT, before: set[IntentId]
    ) -> Included[DetailT] | None:
        rows = await self._acts.of(purpose, subject)
        mine = [row for row in rows if row.intent_id not in before]
        current = telling(mine)
        if current is not None:
            return await self._look(current)
        if failed := [row for row in mine if row.state is IntentState.FAILED]:
            raise await self._failure(failed[-1])
        if len({row.nonce for row in mine}) + len(mine) > 2 * self._max_attempts:
            raise AttemptsExhausted(stage=purpose, last=mine[-1].error_code)
        try:
            await self._acts.issue(purpose=purpose, subject=subject, request=request)
        except AmbiguousOutcome:
            await self._acts.keep()
        return None

    async def _look(self, current: Intent) -> Included[DetailT] | None:
        outcome = (await self._acts.resolve(current)).outcome
        return outcome if isinstance(outcome, Included) and outcome.final else None

    async def _failure(self, row: Intent) -> ActFailed:
        outcome = (await self._acts.resolve(row)).outcome
        detail = outcome.detail if isinstance(outcome, Failed) else ""
        return ActFailed(cause=row.error_code, detail=detail, paid=str(row.paid))
