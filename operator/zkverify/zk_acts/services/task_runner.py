"""TaskRunner: one paid act carried through to its final outcome, however often it is interrupted."""

import math
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import anyio
import structlog

from zk_acts.domain.acts import FREE_STATES, Intent, IntentState
from zk_acts.domain.errors import Disposition, OperatorError, error_codes
from zk_acts.domain.failures import ActRefused, AmbiguousOutcome, AttemptsExhausted
from zk_acts.domain.ids import IntentId, hex0x
from zk_acts.ports.act import Failed, Included
from zk_acts.runtime.repeats import Repeats
from zk_acts.services.attempt import current_attempt
from zk_acts.services.paid_act import Resolved

log = structlog.get_logger("task")
RequestT_contra = TypeVar("RequestT_contra", contravariant=True)

RequestT = TypeVar("RequestT")
DetailT = TypeVar("DetailT")
_PASSING = frozenset({Disposition.TRANSIENT, Disposition.RATE_LIMITED, Disposition.AMBIGUOUS})
_ORDER = (
    *(IntentState.LAPSED, IntentState.REPLACED, IntentState.FAILED, IntentState.INTENDED),
    *(IntentState.SENT, IntentState.INCLUDED, IntentState.FINAL),
)


class ActFailed(OperatorError):
    """Raised when a paid act took effect as a failure: what was paid is paid.

    Meaning: The act took effect as a failure: an extrinsic was included and failed, or a verified proof went into
    no aggregation. Its fee is paid.

    What you see: `cause` is the code of what went wrong (for zkVerify ZKO-ZKV-020 to 055), `detail` the chain's own
    word, `paid` what it cost.

    What to do: Follow the page of the code in `cause`. Nothing is repeated by itself after this error.
    """

    code = "ZKO-ACT-006"
    disposition = Disposition.REJECTED


class NotInTime(OperatorError):
    """Raised when an act was sent, but is not final within the time given; its row stays, and the command can go on.

    Meaning: A command sent something, and the chain was not done with it within `--timeout`.

    What you see: Exit code 4. `state` is where the act is: `intended` (given to the network, its answer was lost),
    `sent` (in the pool) or `included` (in a block, not final); `extrinsic` is its hash; `cause` is the last
    trouble, if there was any. The row with its signed bytes is in the `--state` file.

    What to do: Give the same command again: it goes on where it was, and pays nothing twice. If the chain stands
    still, `zkverify status` shows it: `finalized` does not grow.
    """

    code = "ZKO-ZKV-060"
    disposition = Disposition.TRANSIENT
    exit_code = 4


class NothingSent(OperatorError):
    """Raised when nothing could be sent within the time given, so that nothing was paid.

    Meaning: A command tried until `--timeout`, and each try ended before anything left, or was refused.
    Nothing was paid and nothing is under way.

    What you see: Exit code 4, and in `cause` the last trouble with its own code: a full domain, an endpoint that
    does not answer, an answer that makes no sense. While it tries, each new trouble stands on standard error as
    `delayed: …`.

    What to do: Follow the page of the code in `cause`, then give the same command again.
    """

    code = "ZKO-ZKV-061"
    disposition = Disposition.TRANSIENT
    exit_code = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress(Generic[DetailT]):
    """Where a task is after a look at it; the last one has a final outcome."""

    act: Intent | None  # the one that counts; None before there is one
    trouble: OperatorError | None = None  # what this look met; it passes, or will have to
    outcome: Included[DetailT] | None = None  # from its first inclusion on
    was_done_before: bool = False  # by an earlier run: nothing was sent by this one

    def has_reached(self, state: IntentState) -> bool:
        """Whether the act is that far; INTENDED is the least, FINAL the most."""
        if state is IntentState.FINAL:
            return self.outcome is not None and self.outcome.final
        return self.act is not None and _ORDER.index(self.act.state) >= _ORDER.index(state)


class Issuer(Protocol[RequestT_contra, DetailT]):
    """Who does paid acts: PaidActs of one account, or an ActPool of several."""

    async def of(self, purpose: str, subject: str) -> Sequence[Intent]: ...

    async def issue(self, *, purpose: str, subject: str, request: RequestT_contra) -> Intent: ...

    async def resolve(self, intent: Intent) -> Resolved[DetailT]: ...

    async def keep(self) -> None: ...


class TaskRunner(Generic[RequestT, DetailT]):
    """Issues, follows, and issues again what lapsed. `wait` returns when it is worth looking again.

    Passing trouble is waited out, and logged when it begins and after ten, a hundred and so on looks.
    """

    def __init__(
        self,
        *,
        acts: Issuer[RequestT, DetailT],
        wait: Callable[[], Awaitable[None]],
        max_attempts: int = 5,
        timeout_s: float = math.inf,
        report: Callable[[Progress[DetailT]], None] | None = None,
    ) -> None:
        """`timeout_s`: of each run. `report` is told of each look."""
        self._acts = acts
        self._wait = wait
        self._max_attempts = max_attempts
        self._timeout_s = timeout_s
        self._report = report

    async def run(
        self, *, purpose: str, subject: str, request: RequestT, again: bool = False
    ) -> Included[DetailT]:
        """The final success. One of an earlier run counts, unless it is to be done `again`.

        Errors: ActFailed, AttemptsExhausted, BalanceTooLow, BudgetExceeded, rejections of the channel's `prepare`;
        NothingSent and NotInTime at the end of the time, with the last trouble.
        """
        last = await self.carry(purpose=purpose, subject=subject, request=request, again=again)
        assert last.outcome is not None
        return last.outcome

    async def carry(
        self,
        *,
        purpose: str,
        subject: str,
        request: RequestT,
        again: bool = False,
        until: IntentState = IntentState.FINAL,
    ) -> Progress[DetailT]:
        """As `run`, with what is known of the act; also only until it is sent or included. Errors as `run`."""
        last: Progress[DetailT] = Progress(act=None)
        trouble: OperatorError | None = None
        with anyio.move_on_after(self._timeout_s):
            async with aclosing(
                self.looks(purpose=purpose, subject=subject, request=request, again=again)
            ) as looks:
                async for last in looks:
                    trouble = last.trouble or trouble
                    if self._report is not None:
                        self._report(last)
                    if last.has_reached(until):
                        return last
        raise _unfinished(last.act, trouble, self._timeout_s)

    async def looks(
        self, *, purpose: str, subject: str, request: RequestT, again: bool = False
    ) -> AsyncGenerator[Progress[DetailT]]:
        """The same as a row of looks, the last of which has the outcome. Errors as `run`, but without a time-out."""
        over = FREE_STATES | {IntentState.FAILED} | ({IntentState.FINAL} if again else set())
        before = {
            row.intent_id for row in await self._acts.of(purpose, subject) if row.state in over
        }
        repeats, looked = Repeats(), False
        while True:
            found, trouble = None, None
            try:
                found = await self._step(purpose, subject, request, before)
            except OperatorError as error:
                if not (isinstance(error, ActRefused) or error.disposition in _PASSING):
                    raise
                trouble = error
            _tell(trouble, repeats, subject)
            mine = [r for r in await self._acts.of(purpose, subject) if r.intent_id not in before]
            yield Progress(
                act=_counting(mine),
                trouble=trouble,
                outcome=found,
                was_done_before=found is not None and found.final and not looked,
            )
            if found is not None and found.final:
                return
            looked = True
            await self._wait()

    async def _step(
        self, purpose: str, subject: str, request: RequestT, before: set[IntentId]
    ) -> Included[DetailT] | None:
        rows = await self._acts.of(purpose, subject)
        mine = [row for row in rows if row.intent_id not in before]
        current = current_attempt(mine)
        if current is not None:
            return await self._look(current)
        if failed := [row for row in mine if row.state is IntentState.FAILED]:
            raise await self._failure(failed[-1])
        if len({row.nonce for row in mine}) + len(mine) > 2 * self._max_attempts:
            raise AttemptsExhausted(
                "it was refused or lapsed too often and is given up; nothing was paid for it",
                purpose=purpose,
                last=mine[-1].error_code,
            )
        try:
            await self._acts.issue(purpose=purpose, subject=subject, request=request)
        except AmbiguousOutcome:
            await self._acts.keep()
        return None

    async def _look(self, current: Intent) -> Included[DetailT] | None:
        outcome = (await self._acts.resolve(current)).outcome
        if isinstance(outcome, Included):
            return outcome
        if isinstance(outcome, Failed) and current.state is IntentState.FINAL:
            # It was final, and what it came to cannot be read any more.
            raise _failed(outcome.code, outcome.detail, current)
        return None

    async def _failure(self, row: Intent) -> ActFailed:
        outcome = (await self._acts.resolve(row)).outcome
        detail = outcome.detail if isinstance(outcome, Failed) else ""
        return _failed(row.error_code, detail, row)


def _failed(code: str | None, detail: str, row: Intent) -> ActFailed:
    """The failure in the words of its cause."""
    leaf = error_codes().get(code or "")
    said = "it took effect as a failure" if leaf is None else leaf().message
    return ActFailed(f"paid for, but in vain: {said}", cause=code, detail=detail, paid=row.paid)


def _counting(rows: Sequence[Intent]) -> Intent | None:
    """The row that says how the task stands: one that lapsed says nothing, as if it had never been sent."""
    failed = [row for row in rows if row.state is IntentState.FAILED]
    return current_attempt(rows) or (failed[-1] if failed else None)


def _tell(trouble: OperatorError | None, repeats: Repeats, subject: str) -> None:
    if trouble is None:
        repeats.clear()
    elif times := repeats.note(trouble.code):
        log.warning(
            "task.delayed", subject=subject, code=trouble.code, error=str(trouble), times=times
        )


def _unfinished(
    act: Intent | None, trouble: OperatorError | None, timeout_s: float
) -> NotInTime | NothingSent:
    """What there is to say when the time is over, by the act's row."""
    facts: dict[str, object] = {} if trouble is None else {"cause": str(trouble)}
    if act is None:
        return NothingSent(None, timeout_s=timeout_s, **facts)
    facts = {"state": act.state.value, "extrinsic": hex0x(act.reference), **facts}
    if act.included_block is not None:
        facts["block"] = act.included_block
    return NotInTime(None, timeout_s=timeout_s, **facts)
