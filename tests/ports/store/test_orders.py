"""OrderStore."""

import pytest

from zk_acts.domain.failures import LostRace
from zk_devnet.testing.manual_clock import ManualClock
from zk_devnet.testing.memory_store import MemoryStore
from zk_devnet.testing.store_builders import (
    a_batch,
    a_block,
    a_hash,
    a_log,
    an_order_id,
    cancelled,
    placed,
    refunded,
    scanned,
    settled,
)
from zk_operator.adapters.storage import SqliteStore
from zk_operator.domain.chain_event import OrderRefused, Undecodable
from zk_operator.domain.ids import Address, BatchId, PoolId
from zk_operator.domain.priority import Priority
from zk_operator.domain.records import OrderStatus
from zk_operator.ports.store import OrderBackOff, OrderFilter

Store = SqliteStore | MemoryStore


async def fill(store: Store) -> None:
    """Orders a, b in block 1, c in block 2, d in block 3."""
    await store.chain.apply(
        [
            scanned(1, placed("a", a_log(1, 0)), placed("b", a_log(1, 1))),
            scanned(2, placed("c", a_log(2))),
            scanned(3, placed("d", a_log(3))),
        ]
    )


def ids(names: str) -> list[bytes]:
    return [an_order_id(name) for name in names]


async def test_get__some_exist__those_in_the_order_asked_for(store: Store) -> None:
    await fill(store)
    wanted = [an_order_id(name) for name in ("d", "missing", "a")]
    assert [row.order_id for row in await store.orders.get(wanted)] == ids("da")


async def test_get__nothing_asked_for__nothing(store: Store) -> None:
    assert await store.orders.get([]) == ()


async def test_list__no_filter__newest_first(store: Store) -> None:
    await fill(store)
    assert [row.order_id for row in await store.orders.list(OrderFilter())] == ids("dcba")


async def test_list__limit__the_newest(store: Store) -> None:
    await fill(store)
    assert [row.order_id for row in await store.orders.list(OrderFilter(limit=1))] == ids("d")


async def test_list__by_status_and_batch__only_those(store: Store) -> None:
    await fill(store)
    await store.batches.close(a_batch("b1", "a", "b"))
    await store.chain.apply([scanned(4, settled("a", a_log(4)))])
    in_batch = await store.orders.list(OrderFilter(batch_id=BatchId("b1")))
    open_in_batch = await store.orders.list(
        OrderFilter(batch_id=BatchId("b1"), status=OrderStatus.OPEN)
    )
    is_settled = await store.orders.list(OrderFilter(status=OrderStatus.SETTLED))
    assert [row.order_id for row in in_batch] == ids("ba")
    assert [row.order_id for row in open_in_batch] == ids("b")
    assert [row.order_id for row in is_settled] == ids("a")


async def test_batchable__free_orders__oldest_first_up_to_the_block(store: Store) -> None:
    await fill(store)
    assert [row.order_id for row in await store.orders.batchable(2, 10)] == ids("abc")
    assert [row.order_id for row in await store.orders.batchable(3, 2)] == ids("ab")
    assert await store.orders.batchable(0, 10) == ()


async def test_batchable__refused_cancelled_held_or_ended__not_among_them(store: Store) -> None:
    await fill(store)
    await store.orders.refuse(an_order_id("a"), "ZKO-BAT-001")
    await store.batches.close(a_batch("b1", "b"))
    await store.chain.apply([scanned(4, cancelled("c", a_log(4)), refunded("d", a_log(4, 1)))])
    assert await store.orders.batchable(9, 10) == ()


async def test_batchable__orphaned__not_among_them(store: Store) -> None:
    await fill(store)
    await store.chain.rewind(a_block(2))
    assert [row.order_id for row in await store.orders.batchable(9, 10)] == ids("abc")


@pytest.mark.parametrize(("now_s", "found"), [(100, ""), (101, "o")])
async def test_refundable__deadline__only_once_it_is_over(
    store: Store, now_s: int, found: str
) -> None:
    await store.chain.apply([scanned(1, placed("o", a_log(1), deadline=100))])
    assert [row.order_id for row in await store.orders.refundable(now_s, 9)] == ids(found)


@pytest.mark.parametrize(("now_s", "found"), [(49, ""), (50, "o")])
async def test_refundable__cancel__from_its_effect_on(store: Store, now_s: int, found: str) -> None:
    block = scanned(
        1, placed("o", a_log(1), deadline=100), cancelled("o", a_log(1, 1), cancel_at=50)
    )
    await store.chain.apply([block])
    assert [row.order_id for row in await store.orders.refundable(now_s, 9)] == ids(found)


async def test_refundable__cancel_after_the_deadline__from_the_deadline_on(store: Store) -> None:
    block = scanned(
        1, placed("o", a_log(1), deadline=100), cancelled("o", a_log(1, 1), cancel_at=500)
    )
    await store.chain.apply([block])
    assert [row.order_id for row in await store.orders.refundable(101, 9)] == ids("o")


async def test_refundable__several__longest_refundable_first_and_limited(store: Store) -> None:
    block = scanned(
        1,
        placed("late", a_log(1, 0), deadline=90),
        placed("early", a_log(1, 1), deadline=50),
        placed("cancelled", a_log(1, 2), deadline=95),
        cancelled("cancelled", a_log(1, 3), cancel_at=70),
    )
    await store.chain.apply([block])
    rows = await store.orders.refundable(200, 9)
    expected = [an_order_id(name) for name in ("early", "cancelled", "late")]
    assert [row.order_id for row in rows] == expected
    assert [row.order_id for row in await store.orders.refundable(200, 1)] == expected[:1]


async def test_refundable__refused_or_held_by_a_batch__all_the_same(store: Store) -> None:
    block = scanned(1, placed("o", a_log(1, 0), deadline=90), placed("p", a_log(1, 1), deadline=90))
    await store.chain.apply([block])
    await store.orders.refuse(an_order_id("o"), "ZKO-BAT-001")
    await store.batches.close(a_batch("b1", "p"))
    assert len(await store.orders.refundable(91, 9)) == 2


async def test_refundable__ended_or_orphaned__not_among_them(store: Store) -> None:
    await store.chain.apply(
        [
            scanned(1, placed("s", a_log(1), deadline=90), settled("s", a_log(1, 1))),
            scanned(2, placed("o", a_log(2), deadline=90)),
        ]
    )
    await store.chain.rewind(a_block(1))
    assert await store.orders.refundable(10**10, 9) == ()


async def test_refuse__again__keeps_the_first_code(store: Store) -> None:
    await fill(store)
    await store.orders.refuse(an_order_id("a"), "ZKO-BAT-001")
    await store.orders.refuse(an_order_id("a"), "ZKO-BAT-002")
    (row,) = await store.orders.get([an_order_id("a")])
    assert (row.refusal, row.status) == ("ZKO-BAT-001", OrderStatus.OPEN)


async def test_refuse__unknown_order__loses_the_race(store: Store) -> None:
    with pytest.raises(LostRace):
        await store.orders.refuse(an_order_id("x"), "ZKO-BAT-001")


async def test_counts__empty__every_status_with_zero(store: Store) -> None:
    expected = {"open": 0, "settled": 0, "refunded": 0, "orphaned": 0, "rejected": 0}
    assert await store.orders.counts() == expected


async def test_counts__one_of_each__counted_once(store: Store) -> None:
    await fill(store)
    await store.chain.rewind(a_block(2))
    await store.chain.apply(
        [
            scanned(
                3,
                settled("a", a_log(3, 0, "b")),
                refunded("b", a_log(3, 1, "b")),
                OrderRefused(at=a_log(3, 2, "b"), order_id=an_order_id("x"), code=1),
                Undecodable(at=a_log(3, 3, "b"), topic=a_hash("t"), detail=""),
                fork="b",
            )
        ]
    )
    expected = {"open": 1, "settled": 1, "refunded": 1, "orphaned": 1, "rejected": 1}
    assert await store.orders.counts() == expected


async def place_in(store: Store, pools: str, owners: str) -> None:
    """One order per letter, in blocks 1 and on: o0 in pool pools[0] by owner owners[0], and so on."""
    await store.chain.apply(
        [
            scanned(
                number + 1,
                placed(
                    f"o{number}",
                    a_log(number + 1),
                    pool_id=PoolId(a_hash(pool)),
                    owner=Address(a_hash(owner)[:20]),
                ),
            )
            for number, (pool, owner) in enumerate(zip(pools, owners, strict=True))
        ]
    )


def named(*numbers: int) -> set[bytes]:
    return {an_order_id(f"o{number}") for number in numbers}


async def test_batchable__one_owner_was_first_with_many__the_others_have_their_turn(
    store: Store,
) -> None:
    await place_in(store, "pppppp", "aaaabc")
    rows = await store.orders.batchable(9, 3)
    assert [row.order_id for row in rows] == [an_order_id(f"o{n}") for n in (0, 4, 5)]


async def test_batchable__one_pool_was_first_with_many__every_pool_is_among_them(
    store: Store,
) -> None:
    await place_in(store, "ppppqr", "abcdef")
    assert {row.order_id for row in await store.orders.batchable(9, 4)} == named(0, 1, 4, 5)
    assert {row.order_id for row in await store.orders.batchable(9, 1)} == named(0, 4, 5)


async def test_rest__until_a_time__not_batchable_before_it(
    store: Store, clock: ManualClock
) -> None:
    await fill(store)
    later = clock.now_ms() + 1_000
    await store.back_offs.back_off(
        [OrderBackOff(order_id=an_order_id("a"), until_ms=later, times=3)]
    )
    assert [row.order_id for row in await store.orders.batchable(2, 10)] == ids("bc")
    clock.advance(1_000)
    rows = await store.orders.batchable(2, 10)
    assert [(row.order_id, row.back_offs) for row in rows] == [
        (an_order_id("a"), 3),
        (an_order_id("b"), 0),
        (an_order_id("c"), 0),
    ]


async def test_rest__placed_again_after_a_reorg__still_left_out(
    store: Store, clock: ManualClock
) -> None:
    await fill(store)
    later = clock.now_ms() + 1_000
    await store.back_offs.back_off([OrderBackOff(order_id=an_order_id("d"), until_ms=later)])
    await store.chain.rewind(a_block(2))
    await store.chain.apply([scanned(3, placed("d", a_log(3, 0, "x")), fork="x")])
    assert [row.order_id for row in await store.orders.batchable(9, 10)] == ids("abc")


async def test_rest__taken_by_a_batch__its_count_starts_anew(
    store: Store, clock: ManualClock
) -> None:
    await fill(store)
    await store.back_offs.back_off(
        [OrderBackOff(order_id=an_order_id("a"), until_ms=clock.now_ms(), times=9)]
    )
    await store.batches.close(a_batch("b1", "a"))
    (row,) = await store.orders.get([an_order_id("a")])
    assert (row.back_offs, row.back_off_until) == (0, None)


@pytest.mark.parametrize(
    ("zero_for_one", "too_bad", "good"), [(True, 2**200 - 1, 2**200), (False, 2**200 + 1, 2**200)]
)
async def test_wake__price_of_the_pool__brings_back_whom_it_suits(
    store: Store, clock: ManualClock, zero_for_one: bool, too_bad: int, good: int
) -> None:
    await store.chain.apply([scanned(1, placed("o", a_log(1), zero_for_one=zero_for_one))])
    pool = PoolId(a_hash("pool"))
    rest = OrderBackOff(
        order_id=an_order_id("o"),
        until_ms=clock.now_ms() + 10**9,
        times=4,
        wake_price_x128=2**200,
    )
    await store.back_offs.back_off([rest])
    assert await store.back_offs.pools() == (pool,)
    assert await store.back_offs.wake(PoolId(a_hash("another")), good) == 0
    assert await store.back_offs.wake(pool, too_bad) == 0
    assert await store.orders.batchable(9, 9) == ()
    assert await store.back_offs.wake(pool, good) == 1
    assert [row.back_offs for row in await store.orders.batchable(9, 9)] == [0]
    assert await store.back_offs.pools() == ()


async def test_wake__an_order_that_has_ended__waits_for_no_price_any_more(
    store: Store, clock: ManualClock
) -> None:
    await fill(store)
    far = clock.now_ms() + 10**12
    back_offs = [
        OrderBackOff(order_id=an_order_id(name), until_ms=far, times=4, wake_price_x128=2**200)
        for name in ("a", "b")
    ]
    await store.back_offs.back_off(back_offs)
    await store.chain.apply([scanned(4, settled("a", a_log(4, 0)), refunded("b", a_log(4, 1)))])

    assert await store.back_offs.pools() == ()
    ended = await store.orders.get([an_order_id(name) for name in "ab"])
    assert [row.back_off_until for row in ended] == [None, None]
    await store.chain.rewind(a_block(3))
    assert [row.order_id for row in await store.orders.batchable(9, 9)] == ids("abcd")


async def test_oldest_waiting__ready_ones_only__when_it_was_placed(
    store: Store, clock: ManualClock
) -> None:
    assert await store.back_offs.oldest_waiting_s() is None
    await fill(store)
    assert await store.back_offs.oldest_waiting_s() == a_block(1).timestamp
    later = clock.now_ms() + 1_000
    await store.back_offs.back_off(
        [OrderBackOff(order_id=each, until_ms=later) for each in map(an_order_id, "ab")]
    )
    assert await store.back_offs.oldest_waiting_s() == a_block(2).timestamp


async def test_open_after__pages__every_open_order_once(store: Store) -> None:
    await fill(store)
    await store.chain.apply([scanned(4, settled("b", a_log(4)))])
    first = await store.orders.open_after(None, 2)
    second = await store.orders.open_after(first[-1].order_id, 2)
    assert [row.order_id for row in (*first, *second)] == sorted(ids("acd"))


async def test_rank__some_orders__higher_ones_first_and_every_fourth_from_below(
    store: Store,
) -> None:
    await place_in(store, "pppppqpp", "abcdefgh")
    high = {an_order_id(f"o{n}"): Priority.HIGH for n in (2, 3, 4, 6, 7)}
    await store.ranks.rank(
        {**high, an_order_id("o5"): Priority.LOW, an_order_id("x"): Priority.LOW}
    )
    rows = await store.orders.batchable(9, 20)
    assert [(row.order_id, row.priority) for row in rows] == [
        (an_order_id(f"o{n}"), priority)
        for n, priority in (
            (2, Priority.HIGH),
            (3, Priority.HIGH),
            (4, Priority.HIGH),
            (0, Priority.NORMAL),
            (6, Priority.HIGH),
            (7, Priority.HIGH),
            (1, Priority.NORMAL),
            (5, Priority.LOW),
        )
    ]
    some = [row.order_id for row in await store.orders.batchable(9, 2)]
    assert set(some) == named(0, 2, 3, 5)  # the limit, and the first of every queue


async def test_unranked__free_orders_only__oldest_first_until_they_are_ranked(
    store: Store, clock: ManualClock
) -> None:
    await fill(store)
    await store.back_offs.back_off(
        [OrderBackOff(order_id=an_order_id("b"), until_ms=clock.now_ms() + 10**6)]
    )
    await store.batches.close(a_batch("b1", "c"))
    assert [row.order_id for row in await store.ranks.unranked(9)] == ids("abd")
    assert [row.order_id for row in await store.ranks.unranked(1)] == ids("a")
    await store.ranks.rank({an_order_id("a"): Priority.NORMAL, an_order_id("b"): Priority.LOW})
    assert [row.order_id for row in await store.ranks.unranked(9)] == ids("d")


async def test_forget_ranks__open_and_ended_orders__open_ones_are_to_be_ranked_again(
    store: Store,
) -> None:
    await fill(store)
    await store.ranks.rank({an_order_id(name): Priority.LOW for name in "abcd"})
    await store.chain.apply([scanned(4, settled("a", a_log(4, 0)))])
    await store.ranks.forget()
    assert [row.order_id for row in await store.ranks.unranked(9)] == ids("bcd")
    rows = await store.orders.get([an_order_id(name) for name in "abcd"])
    assert [row.priority for row in rows] == [Priority.LOW, *[Priority.NORMAL] * 3]


async def test_rank__placed_again_after_a_reorg__keeps_its_rank(store: Store) -> None:
    await fill(store)
    await store.ranks.rank({an_order_id("d"): Priority.HIGH})
    await store.chain.rewind(a_block(2))
    await store.chain.apply([scanned(3, placed("d", a_log(3, 0, "x")), fork="x")])
    (row,) = await store.orders.get([an_order_id("d")])
    assert row.priority is Priority.HIGH
    assert an_order_id("d") not in {row.order_id for row in await store.ranks.unranked(9)}


async def test_pools__of_all_orders__each_once_ascending(store: Store) -> None:
    assert await store.orders.pools() == ()
    await place_in(store, "pqqp", "abcd")
    assert await store.orders.pools() == tuple(sorted(PoolId(a_hash(name)) for name in "pq"))


async def test_under_fee__lower_than_before__who_waits_for_a_price_is_back(
    store: Store, clock: ManualClock
) -> None:
    await store.chain.apply([scanned(1, placed("a", a_log(1)), placed("b", a_log(1, 1)))])
    later = clock.now_ms() + 60_000
    for_a_price, for_time = an_order_id("a"), an_order_id("b")
    assert await store.back_offs.under_fee(9) == 0
    await store.back_offs.back_off(
        [OrderBackOff(order_id=for_a_price, until_ms=later, times=2, wake_price_x128=5)]
    )
    await store.back_offs.back_off([OrderBackOff(order_id=for_time, until_ms=later)])

    assert await store.back_offs.under_fee(9) == 0
    assert await store.back_offs.under_fee(10) == 0
    assert await store.back_offs.under_fee(9) == 1

    (row,) = await store.orders.batchable(9, 9)
    assert (row.order_id, row.back_offs) == (for_a_price, 2)
    assert await store.back_offs.pools() == ()
