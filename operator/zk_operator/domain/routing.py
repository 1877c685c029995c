"""Which prover makes a batch's proof, and when another one is asked as well: a pure decision.

A batch has a deadline, and a reserve before it for everything that comes after the proof. A second prover is asked at the
last moment at which it would still finish before the reserve; sooner where that costs nothing and the first one is late or
down; later, if that moment was missed, while half of its proofs would be in time. At most two work on one batch.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

MAX_LIVE = 2  # the prover that was asked first, and one hedge


class Reason(StrEnum):
    """Why it was decided so; logged and counted."""

    CHEAPEST = "cheapest"  # the cheapest of those that make it in time
    FASTEST = "fastest"  # none is likely to make it in time; the fastest is the best chance
    DEADLINE = "deadline"  # hedge: the last moment for another prover
    OVERDUE = "overdue"  # hedge: the prover takes longer than 95 % of its proofs did
    DOWN = "down"  # hedge: the prover does not answer any more
    WORKING = "working"  # wait: a prover is at work, and on time
    BUSY = "busy"  # wait: whoever could prove is at its limit
    UNHEALTHY = "unhealthy"  # wait: nobody who could prove answers
    UNAFFORDABLE = "unaffordable"  # wait: balance or budget
    REFUSED = "refused"  # wait: nobody's proofs could be settled
    ATTEMPTS = "attempts"  # give up: every prover has had its attempts
    TOO_LATE = "too_late"  # give up: no prover can finish before the deadline


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A backend, as it stands for one batch. Durations in ms, measured or assumed; `cost` in 1e-18 PROVE."""

    name: str
    p50_ms: int
    p95_ms: int
    cost: int
    is_measured: bool = False
    is_healthy: bool = True
    is_taking: bool = True  # False: it answers, and could not be asked for another one lately
    is_affordable: bool = True
    free: int = 1  # requests that it can still take
    attempts: int = 0  # that it has spent on this batch
    max_attempts: int = 4
    refusal: str | None = None  # code: why its proofs could not be settled, however cheap and quick


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveAttempt:
    """A request of this batch that may still bring a proof."""

    backend: str
    asked_at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The batch. `reserve_ms` before `deadline_ms` is for what comes after the proof."""

    deadline_ms: int
    reserve_ms: int
    live: tuple[LiveAttempt, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign:
    """Ask this backend."""

    backend: str
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Hedge:
    """Ask this backend as well."""

    backend: str
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Ask nobody now. `until_ms`: when the decision can change by time alone."""

    reason: Reason
    until_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveUp:
    """There is no point in going on."""

    reason: Reason


Decision = Assign | Hedge | Wait | GiveUp


def choose(job: Job, candidates: Sequence[Candidate], now_ms: int) -> Decision:
    """What to do for a batch now. Names of candidates are unique; the decision does not depend on their order."""
    if job.live:
        return _beside(job, candidates, now_ms)
    eligible = [each for each in candidates if each.refusal is None]
    # Refused is not tried in vain: there is no attempt to count, and the reason may pass with an upgrade (ADR 0228).
    if candidates and not eligible:
        return Wait(reason=Reason.REFUSED)
    left = [each for each in eligible if each.attempts < each.max_attempts]
    if not left:
        return GiveUp(reason=Reason.ATTEMPTS)
    # What could not come in time would be paid for nothing; its orders are batched again (ADR 0084).
    if not any(_can_finish(each, job, now_ms) for each in left):
        return GiveUp(reason=Reason.TOO_LATE)
    usable = [each for each in left if _is_usable(each) and _can_finish(each, job, now_ms)]
    if not usable:
        return Wait(reason=_obstacle([each for each in left if _can_finish(each, job, now_ms)]))
    in_time = [each for each in usable if now_ms <= latest_start(each, job)]
    if in_time:
        return Assign(backend=_best(in_time).name, reason=Reason.CHEAPEST)
    return Assign(backend=_fastest(usable).name, reason=Reason.FASTEST)


def latest_start(candidate: Candidate, job: Job) -> int:
    """The last moment at which this backend, asked then, is done before the reserve with 95 % odds."""
    return job.deadline_ms - job.reserve_ms - candidate.p95_ms


def _beside(job: Job, candidates: Sequence[Candidate], now_ms: int) -> Decision:
    """While a request is under way: hedge, or wait."""
    asked = {attempt.backend for attempt in job.live}
    others = [
        each
        for each in candidates
        if each.name not in asked
        and _is_usable(each)
        and each.attempts < each.max_attempts
        and _may_help(each, job, now_ms)
    ]
    # Two at most: a hedge can be paid beside the first, which is the price of the deadline (ADR 0084).
    if len(job.live) >= MAX_LIVE or not others:
        return Wait(reason=Reason.WORKING)
    trouble = _trouble(job, candidates, now_ms)
    free = [each for each in others if not each.cost]
    # A machine of one's own costs nothing to ask, so it need not wait for the last moment (ADR 0085).
    if trouble is not None and free:
        return Hedge(backend=_best(free).name, reason=trouble)
    in_time = [each for each in others if now_ms <= latest_start(each, job)]
    if not in_time:
        return _late(job, others, candidates, now_ms)
    # The cheapest whose moment comes; while a cheaper one can still wait, so can the rest.
    last = _best(in_time)
    moment = latest_start(last, job) - _margin(last)
    if now_ms >= moment:
        return Hedge(backend=last.name, reason=Reason.DEADLINE)
    return Wait(reason=Reason.WORKING, until_ms=moment)


def _late(
    job: Job, others: Sequence[Candidate], candidates: Sequence[Candidate], now_ms: int
) -> Decision:
    """A chance is better than none: where the moment was missed, or whoever is at work is in trouble."""
    trouble = _trouble(job, candidates, now_ms)
    first_ms = min(attempt.asked_at_ms for attempt in job.live)
    missed = [each for each in others if latest_start(each, job) >= first_ms]
    if trouble is not None or missed:
        chance = _fastest(missed if trouble is None else others)
        return Hedge(backend=chance.name, reason=trouble or Reason.DEADLINE)
    return Wait(reason=Reason.WORKING, until_ms=_overdue_ms(job, candidates))


def _overdue_ms(job: Job, candidates: Sequence[Candidate]) -> int:
    """When all the requests under way will have taken longer than they should."""
    known = {each.name: each for each in candidates}
    return 1 + max(
        attempt.asked_at_ms + known[attempt.backend].p95_ms
        for attempt in job.live
        if attempt.backend in known
    )


def _may_help(candidate: Candidate, job: Job, now_ms: int) -> bool:
    """Whether its usual time still fits before the reserve."""
    return now_ms + candidate.p50_ms <= job.deadline_ms - job.reserve_ms


def _margin(candidate: Candidate) -> int:
    """Ticks are not exact: a hedge that comes a moment too late may not be in time."""
    return max(candidate.p95_ms // 10, 1_000)


def _trouble(job: Job, candidates: Sequence[Candidate], now_ms: int) -> Reason | None:
    """What is wrong with all the requests under way, if something is."""
    known = {each.name: each for each in candidates}
    working = [(attempt, known.get(attempt.backend)) for attempt in job.live]
    if all(each is None or not each.is_healthy for _, each in working):
        return Reason.DOWN
    late = all(
        each is None or now_ms > attempt.asked_at_ms + each.p95_ms for attempt, each in working
    )
    return Reason.OVERDUE if late else None


def _is_usable(candidate: Candidate) -> bool:
    return (
        candidate.refusal is None
        and candidate.is_healthy
        and candidate.is_taking
        and candidate.is_affordable
        and candidate.free > 0
    )


def _can_finish(candidate: Candidate, job: Job, now_ms: int) -> bool:
    """Whether its usual time fits before the deadline itself. An assumption alone rules nobody out."""
    return not candidate.is_measured or now_ms + candidate.p50_ms <= job.deadline_ms


def _obstacle(left: Sequence[Candidate]) -> Reason:
    """What keeps the candidates from being asked: what may pass soonest, first."""
    healthy = [each for each in left if each.is_healthy and each.is_taking]
    if any(each.is_affordable for each in healthy):
        return Reason.BUSY
    return Reason.UNAFFORDABLE if healthy else Reason.UNHEALTHY


def _best(candidates: Sequence[Candidate]) -> Candidate:
    """The one that failed least often at this batch, then the cheapest, then the quickest."""
    return min(candidates, key=lambda each: (each.attempts, each.cost, each.p95_ms, each.name))


def _fastest(candidates: Sequence[Candidate]) -> Candidate:
    return min(candidates, key=lambda each: (each.p50_ms, each.attempts, each.cost, each.name))
