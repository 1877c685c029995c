"""The batcher's decision: one test per reason, and properties over random queues."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zk_operator.domain.batching import (
    BatchPolicy,
    Close,
    Estimates,
    Evict,
    EvictReason,
    Keep,
    Split,
    WaitingOrder,
    by_class,
    by_class_and_turn,
    decide,
)
from zk_operator.domain.ids import OrderId
from zk_operator.domain.priority import Priority
from zk_operator.domain.records import CloseReason

NOW = 1_000_000_000_000
ESTIMATES = Estimates(settle_p50_ms=60_000, settle_p95_ms=120_000, batch_cost=1000)
POLICY = BatchPolicy(
    max_orders=4,
    max_bytes=1000,
    max_age_ms={
        Priority.CRITICAL: 0,
        Priority.HIGH: 2_000,
        Priority.NORMAL: 10_000,
        Priority.LOW: 60_000,
    },
    reserve_ms=30_000,
    fee_multiple_bps=15_000,
)


def waiting(number: int = 1, **changes: object) -> WaitingOrder:
    order = WaitingOrder(
        order_id=OrderId(number.to_bytes(32)),
        priority=Priority.NORMAL,
        size_bytes=100,
        waiting_since=NOW,
        deadline_s=NOW // 1000 + 3600,
        fee=10,
    )
    return replace(order, **changes)  # type: ignore[arg-type]


def test_decide__nothing_waits__keeps_without_a_date() -> None:
    assert decide((), NOW, ESTIMATES, POLICY) == Keep(until=None)


def test_decide__one_fresh_order__keeps_until_it_is_of_age() -> None:
    assert decide((waiting(),), NOW, ESTIMATES, POLICY) == Keep(until=NOW + 10_000)


def test_decide__deadline_reserve_is_nearer_than_age__keeps_until_the_reserve() -> None:
    order = waiting(deadline_s=NOW // 1000 + 155)
    assert decide((order,), NOW, ESTIMATES, POLICY) == Keep(until=NOW + 5_000)


def test_decide__as_many_as_allowed__closes_for_size() -> None:
    orders = tuple(waiting(n) for n in range(4))
    assert decide(orders, NOW, ESTIMATES, POLICY) == Close(reason=CloseReason.SIZE)


def test_decide__more_than_allowed__splits_off_the_most_urgent() -> None:
    orders = (*(waiting(n) for n in range(4)), waiting(9, priority=Priority.HIGH))
    decision = decide(orders, NOW, ESTIMATES, POLICY)
    assert isinstance(decision, Split)
    assert decision.reason is CloseReason.SIZE
    assert [int.from_bytes(order) for order in decision.first] == [9, 0, 1, 2]
    assert [int.from_bytes(order) for order in decision.rest] == [3]


def test_decide__bytes_reached__closes_for_bytes() -> None:
    orders = (waiting(1, size_bytes=600), waiting(2, size_bytes=400))
    assert decide(orders, NOW, ESTIMATES, POLICY) == Close(reason=CloseReason.BYTES)


def test_decide__bytes_exceeded__splits_for_bytes() -> None:
    orders = (waiting(1, size_bytes=600), waiting(2, size_bytes=401))
    decision = decide(orders, NOW, ESTIMATES, POLICY)
    assert isinstance(decision, Split)
    assert decision.reason is CloseReason.BYTES
    assert len(decision.first) == len(decision.rest) == 1


def test_decide__one_order_larger_than_a_batch__closes_it_alone() -> None:
    decision = decide((waiting(size_bytes=5000),), NOW, ESTIMATES, POLICY)
    assert decision == Close(reason=CloseReason.BYTES)


@pytest.mark.parametrize(
    ("priority", "age", "reason"),
    [
        (Priority.CRITICAL, 0, CloseReason.PRIORITY),
        (Priority.HIGH, 2_000, CloseReason.PRIORITY),
        (Priority.NORMAL, 10_000, CloseReason.AGE),
        (Priority.LOW, 60_000, CloseReason.AGE),
    ],
)
def test_decide__waited_as_long_as_its_priority_allows__closes(
    priority: Priority, age: int, reason: CloseReason
) -> None:
    order = waiting(priority=priority, waiting_since=NOW - age)
    assert decide((order,), NOW, ESTIMATES, POLICY) == Close(reason=reason)
    if age:
        younger = replace(order, waiting_since=order.waiting_since + 1)
        assert decide((younger,), NOW, ESTIMATES, POLICY) == Keep(until=NOW + 1)


def test_decide__fees_reach_the_multiple_of_the_cost__closes_for_fees() -> None:
    assert decide((waiting(fee=1500),), NOW, ESTIMATES, POLICY) == Close(reason=CloseReason.FEES)
    assert isinstance(decide((waiting(fee=1499),), NOW, ESTIMATES, POLICY), Keep)


def test_decide__last_moment_before_the_reserve__closes_for_deadline() -> None:
    orders = (waiting(1), waiting(2, deadline_s=NOW // 1000 + 150))
    assert decide(orders, NOW, ESTIMATES, POLICY) == Close(reason=CloseReason.DEADLINE)


def test_decide__one_order_is_later_than_p95__goes_alone() -> None:
    orders = (waiting(1), waiting(2, deadline_s=NOW // 1000 + 119))
    decision = decide(orders, NOW, ESTIMATES, POLICY)
    assert decision == Split(
        first=(orders[1].order_id,), rest=(orders[0].order_id,), reason=CloseReason.DEADLINE
    )


def test_decide__deadline_nearer_than_usual__evicts_as_unreachable() -> None:
    order = waiting(2, deadline_s=NOW // 1000 + 59)
    decision = decide((waiting(1), order), NOW, ESTIMATES, POLICY)
    assert decision == Evict(orders={order.order_id: EvictReason.UNREACHABLE})


def test_decide__cancel_requested__evicts_as_cancelled() -> None:
    order = waiting(2, cancel_at_s=NOW // 1000 + 900)
    decision = decide((waiting(1), order), NOW, ESTIMATES, POLICY)
    assert decision == Evict(orders={order.order_id: EvictReason.CANCELLED})


def test_decide__p95_grows__closes_earlier() -> None:
    order = waiting(deadline_s=NOW // 1000 + 200)
    assert isinstance(decide((order,), NOW, ESTIMATES, POLICY), Keep)
    slower = replace(ESTIMATES, settle_p95_ms=170_000)
    assert decide((order,), NOW, slower, POLICY) == Close(reason=CloseReason.DEADLINE)


random_orders = st.lists(
    st.builds(
        waiting,
        number=st.integers(0, 1000),
        priority=st.sampled_from(Priority),
        size_bytes=st.integers(1, 700),
        waiting_since=st.integers(NOW - 100_000, NOW),
        deadline_s=st.integers(NOW // 1000, NOW // 1000 + 600),
        fee=st.integers(0, 1000),
        cancel_at_s=st.none() | st.integers(NOW // 1000, NOW // 1000 + 600),
    ),
    max_size=12,
    unique_by=lambda order: order.order_id,
)


@given(orders=random_orders, seed=st.randoms())
def test_decide__any_permutation__decides_the_same(
    orders: list[WaitingOrder], seed: object
) -> None:
    shuffled = list(orders)
    seed.shuffle(shuffled)  # type: ignore[attr-defined]
    assert decide(tuple(orders), NOW, ESTIMATES, POLICY) == decide(
        tuple(shuffled), NOW, ESTIMATES, POLICY
    )


@given(orders=random_orders)
def test_decide__applied_until_it_keeps__accounts_for_every_order_once(
    orders: list[WaitingOrder],
) -> None:
    left = {order.order_id: order for order in orders}
    ended: list[OrderId] = []
    while not isinstance(decision := decide(tuple(left.values()), NOW, ESTIMATES, POLICY), Keep):
        match decision:
            case Evict(orders=gone):
                out = tuple(gone)
            case Split(first=out, rest=rest):
                assert set(out) | set(rest) == set(left)
                assert len(out) <= POLICY.max_orders
            case Close():
                out = tuple(left)
                assert len(out) <= POLICY.max_orders
        ended.extend(out)
        for order in out:
            del left[order]
    assert sorted([*ended, *left]) == sorted(order.order_id for order in orders)


@given(orders=random_orders)
def test_decide__keeps__the_date_is_ahead_and_then_it_acts(orders: list[WaitingOrder]) -> None:
    decision = decide(tuple(orders), NOW, ESTIMATES, POLICY)
    if isinstance(decision, Keep) and orders:
        assert decision.until is not None
        assert decision.until > NOW
        assert not isinstance(decide(tuple(orders), decision.until, ESTIMATES, POLICY), Keep)


def test_decide__no_multiple_is_set__never_closes_for_fees() -> None:
    policy = replace(POLICY, fee_multiple_bps=0)
    assert isinstance(decide((waiting(fee=10**9),), NOW, ESTIMATES, policy), Keep)


def test_decide__more_urgent_ones_than_room__every_fourth_seat_is_for_those_below() -> None:
    orders = (
        *(waiting(n, priority=Priority.HIGH) for n in range(10)),
        *(waiting(20 + n, priority=Priority.LOW) for n in range(10)),
    )
    decision = decide(orders, NOW, ESTIMATES, replace(POLICY, max_orders=8))
    assert isinstance(decision, Split)
    seats = [int.from_bytes(order) for order in decision.first]
    assert seats == [0, 1, 2, 20, 3, 4, 5, 21]


CLASSES = st.lists(st.integers(0, 12), max_size=4)


@given(CLASSES)
def test_by_class__any_classes__everybody_once_and_nobody_below_waits_for_more_than_three(
    sizes: list[int],
) -> None:
    classes = [[(level, n) for n in range(size)] for level, size in enumerate(sizes)]
    seats = list(by_class(classes))
    assert sorted(seats) == sorted(each for queue in classes for each in queue)
    for level in range(len(sizes)):
        assert [n for at, n in seats if at == level] == list(range(sizes[level]))
    for end in range(0, len(seats), 4):
        some = seats[end : end + 4]
        left_below = any(at > min(seats[end:])[0] for at, _ in seats[end:])
        assert len(some) < 4 or not left_below or len({at for at, _ in some}) > 1


@given(st.lists(st.lists(st.integers(0, 4), max_size=4), max_size=4), st.integers(0, 20))
def test_by_class_and_turn__any_queues__within_the_limit_but_for_the_first_of_each(
    sizes: list[list[int]], limit: int
) -> None:
    classes = [
        [[(level, at, n) for n in range(size)] for at, size in enumerate(queues)]
        for level, queues in enumerate(sizes)
    ]
    first_ones = {queue[0] for queues in classes for queue in queues if queue}
    taken = by_class_and_turn(classes, limit)
    assert first_ones <= set(taken)
    assert len(taken) == len(set(taken)) <= limit + len(first_ones)


def test_decide__several_are_later_than_p95__none_ends_with_a_deadline_far_before_its_own() -> None:
    first, beside, far = (
        waiting(number, deadline_s=NOW // 1000 + left)
        for number, left in ((1, 70), (2, 80), (3, 110))
    )
    decision = decide((first, beside, far), NOW, ESTIMATES, POLICY)
    assert isinstance(decision, Split)
    assert set(decision.first) == {first.order_id, beside.order_id}
    assert decision.rest == (far.order_id,)


def test_decide__full_and_one_is_later_than_p95__that_one_alone_takes_the_risk() -> None:
    late = waiting(1, deadline_s=(NOW + 90_000) // 1000)
    others = [waiting(number) for number in (2, 3, 4, 5)]
    decision = decide((late, *others), NOW, ESTIMATES, POLICY)
    assert isinstance(decision, Split)
    assert decision.first == (late.order_id,)
    assert decision.reason is CloseReason.SIZE


def test_decide__full_of_those_that_are_later_than_p95__no_more_than_fit() -> None:
    crowd = tuple(waiting(number, deadline_s=(NOW + 90_000) // 1000) for number in range(1, 7))
    decision = decide(crowd, NOW, ESTIMATES, POLICY)
    assert isinstance(decision, Split)
    assert len(decision.first) == POLICY.max_orders
