"""The router's decision: examples of each rule, and what holds whatever the numbers."""

import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from zk_operator.domain.routing import (
    MAX_LIVE,
    Assign,
    Candidate,
    GiveUp,
    Hedge,
    Job,
    LiveAttempt,
    Reason,
    Wait,
    choose,
    latest_start,
)

NOW = 1_000_000
NETWORK = Candidate(name="network", p50_ms=60_000, p95_ms=120_000, cost=300)
CPU = Candidate(name="cpu", p50_ms=600_000, p95_ms=900_000, cost=0)
GPU = Candidate(name="gpu", p50_ms=30_000, p95_ms=45_000, cost=0)
JOB = Job(deadline_ms=NOW + 1_800_000, reserve_ms=300_000)


def live(*names: str, since: int = NOW) -> tuple[LiveAttempt, ...]:
    return tuple(LiveAttempt(backend=name, asked_at_ms=since) for name in names)


def test_choose__time_enough__takes_the_cheapest() -> None:
    assert choose(JOB, [NETWORK, CPU], NOW) == Assign(backend="cpu", reason=Reason.CHEAPEST)


def test_choose__the_cheapest_too_slow__takes_the_next() -> None:
    soon = replace(JOB, deadline_ms=NOW + 600_000)
    assert choose(soon, [NETWORK, CPU], NOW) == Assign(backend="network", reason=Reason.CHEAPEST)


def test_choose__nobody_in_time__takes_the_fastest() -> None:
    soon = replace(JOB, deadline_ms=NOW + 310_000)
    assert choose(soon, [NETWORK, CPU], NOW) == Assign(backend="network", reason=Reason.FASTEST)


def test_choose__the_cheapest_is_refused__takes_the_next_and_never_hedges_with_it() -> None:
    refused = replace(GPU, name="zisk", refusal="ZKO-PRV-062")
    assert choose(JOB, [NETWORK, refused], NOW) == Assign(backend="network", reason=Reason.CHEAPEST)
    late = replace(JOB, live=live("network", since=NOW - 500_000))
    assert isinstance(choose(late, [NETWORK, refused], NOW), Wait)


def test_choose__everybody_is_refused__waits_and_says_why() -> None:
    refused = replace(GPU, refusal="ZKO-PRV-062")
    assert choose(JOB, [refused], NOW) == Wait(reason=Reason.REFUSED)


def test_choose__after_a_failure__prefers_who_has_not_failed() -> None:
    failed = replace(CPU, attempts=1)
    assert choose(JOB, [NETWORK, failed], NOW) == Assign(backend="network", reason=Reason.CHEAPEST)


def test_choose__every_attempt_used__gives_up() -> None:
    spent = [replace(each, attempts=4) for each in (NETWORK, CPU)]
    assert choose(JOB, spent, NOW) == GiveUp(reason=Reason.ATTEMPTS)
    assert choose(JOB, [], NOW) == GiveUp(reason=Reason.ATTEMPTS)


def test_choose__measured_and_hopeless__gives_up() -> None:
    late = replace(JOB, deadline_ms=NOW + 50_000)
    measured = replace(NETWORK, is_measured=True)
    assert choose(late, [measured], NOW) == GiveUp(reason=Reason.TOO_LATE)
    assert isinstance(choose(late, [NETWORK], NOW), Assign)


def test_choose__nobody_usable__waits_and_says_why() -> None:
    down = replace(NETWORK, is_healthy=False)
    poor = replace(NETWORK, is_affordable=False)
    busy = replace(NETWORK, free=0)
    assert choose(JOB, [down], NOW) == Wait(reason=Reason.UNHEALTHY)
    assert choose(JOB, [poor], NOW) == Wait(reason=Reason.UNAFFORDABLE)
    assert choose(JOB, [busy, replace(down, name="b"), replace(poor, name="c")], NOW) == Wait(
        reason=Reason.BUSY
    )


def test_choose__network_down__falls_back() -> None:
    down = replace(NETWORK, is_healthy=False)
    assert choose(JOB, [down, CPU], NOW) == Assign(backend="cpu", reason=Reason.CHEAPEST)


def test_choose__at_work_and_on_time__waits_until_the_last_moment_of_the_next() -> None:
    decision = choose(replace(JOB, live=live("cpu")), [NETWORK, CPU], NOW)
    assert decision == Wait(
        reason=Reason.WORKING, until_ms=latest_start(NETWORK, JOB) - NETWORK.p95_ms // 10
    )


def test_choose__at_the_last_moment__hedges_before_the_reserve() -> None:
    moment = latest_start(NETWORK, JOB)
    job = replace(JOB, live=live("cpu"))
    expected = Hedge(backend="network", reason=Reason.DEADLINE)
    assert choose(job, [NETWORK, CPU], moment - 1_000) == expected
    assert choose(job, [NETWORK, CPU], moment) == expected


def test_choose__the_last_moment_missed__hedges_while_half_of_the_proofs_would_be_in_time() -> None:
    job = replace(JOB, live=live("cpu", since=latest_start(NETWORK, JOB) - 1_000))
    chance = JOB.deadline_ms - JOB.reserve_ms - NETWORK.p50_ms
    expected = Hedge(backend="network", reason=Reason.DEADLINE)
    assert choose(job, [NETWORK, CPU], latest_start(NETWORK, JOB) + 1) == expected
    assert choose(job, [NETWORK, CPU], chance) == expected
    assert choose(job, [NETWORK, CPU], chance + 1) == Wait(reason=Reason.WORKING)


def test_choose__the_other_never_was_in_time__is_asked_only_when_the_first_is_in_trouble() -> None:
    slow = replace(CPU, p95_ms=JOB.deadline_ms, cost=1)
    job = replace(JOB, live=live("gpu"))
    overdue = NOW + GPU.p95_ms + 1
    assert choose(job, [GPU, slow], NOW) == Wait(reason=Reason.WORKING, until_ms=overdue)
    assert choose(job, [GPU, slow], overdue) == Hedge(backend="cpu", reason=Reason.OVERDUE)
    down = replace(GPU, is_healthy=False)
    assert choose(job, [down, slow], NOW) == Hedge(backend="cpu", reason=Reason.DOWN)


def test_choose__some_in_time_and_some_not__hedges_with_one_in_time() -> None:
    job = replace(JOB, live=live("gpu"))
    slow = replace(CPU, p50_ms=1_000, p95_ms=JOB.deadline_ms, cost=1)
    assert choose(job, [GPU, slow, NETWORK], latest_start(NETWORK, JOB)) == Hedge(
        backend="network", reason=Reason.DEADLINE
    )


def test_choose__its_prover_down__hedges_at_once_where_it_is_free() -> None:
    down = replace(NETWORK, is_healthy=False)
    job = replace(JOB, live=live("network"))
    assert choose(job, [down, GPU], NOW) == Hedge(backend="gpu", reason=Reason.DOWN)
    priced = replace(GPU, cost=1)
    assert isinstance(choose(job, [down, priced], NOW), Wait)


def test_choose__its_prover_overdue__hedges_at_once_where_it_is_free() -> None:
    job = replace(JOB, live=live("network", since=NOW - NETWORK.p95_ms - 1))
    assert choose(job, [NETWORK, GPU], NOW) == Hedge(backend="gpu", reason=Reason.OVERDUE)


def test_choose__two_at_work__asks_no_third() -> None:
    job = replace(JOB, live=live("network", "cpu", since=0))
    assert choose(job, [NETWORK, CPU, GPU], NOW) == Wait(reason=Reason.WORKING)


names = st.sampled_from(["a", "b", "c", "d"])
candidates = st.lists(
    st.builds(
        Candidate,
        name=names,
        p50_ms=st.integers(1, 10**6),
        p95_ms=st.integers(1, 2 * 10**6),
        cost=st.integers(0, 3),
        is_measured=st.booleans(),
        is_healthy=st.booleans(),
        is_affordable=st.booleans(),
        free=st.integers(0, 2),
        attempts=st.integers(0, 4),
        max_attempts=st.just(4),
        refusal=st.sampled_from([None, None, "ZKO-PRV-062"]),
    ),
    max_size=4,
    unique_by=lambda each: each.name,
)
jobs = st.builds(
    Job,
    deadline_ms=st.integers(NOW - 10**6, NOW + 10**7),
    reserve_ms=st.integers(0, 10**6),
    live=st.lists(
        st.builds(LiveAttempt, backend=names, asked_at_ms=st.integers(0, NOW)), max_size=3
    ).map(tuple),
)


@given(jobs, candidates)
def test_choose__whatever_the_numbers__asks_only_who_can_take_it(
    job: Job, given_candidates: list[Candidate]
) -> None:
    decision = choose(job, given_candidates, NOW)
    if isinstance(decision, Assign | Hedge):
        asked = next(each for each in given_candidates if each.name == decision.backend)
        assert asked.refusal is None
        assert asked.is_healthy
        assert asked.is_affordable
        assert asked.free > 0
        assert asked.attempts < asked.max_attempts


@given(jobs, candidates)
def test_choose__a_hedge__is_of_another_backend_in_time_and_never_the_third(
    job: Job, given_candidates: list[Candidate]
) -> None:
    decision = choose(job, given_candidates, NOW)
    assert isinstance(decision, Hedge | Wait) == bool(job.live) or not job.live
    if isinstance(decision, Hedge):
        asked = next(each for each in given_candidates if each.name == decision.backend)
        assert decision.backend not in {attempt.backend for attempt in job.live}
        assert len(job.live) < MAX_LIVE
        assert NOW + asked.p50_ms <= job.deadline_ms - job.reserve_ms


@given(jobs, candidates, st.randoms(use_true_random=False))
def test_choose__in_any_order__decides_the_same(
    job: Job, given_candidates: list[Candidate], shuffler: random.Random
) -> None:
    shuffled = list(given_candidates)
    shuffler.shuffle(shuffled)
    assert choose(job, shuffled, NOW) == choose(job, given_candidates, NOW)


@given(jobs, candidates)
def test_choose__nothing_under_way_and_time_enough__never_leaves_a_usable_one_idle(
    job: Job, given_candidates: list[Candidate]
) -> None:
    job = replace(job, live=())
    usable = [
        each
        for each in given_candidates
        if each.refusal is None
        and each.is_healthy
        and each.is_affordable
        and each.free
        and each.attempts < each.max_attempts
        and latest_start(each, job) >= NOW
    ]
    if any(NOW + each.p50_ms <= job.deadline_ms for each in usable):
        assert isinstance(choose(job, given_candidates, NOW), Assign)
