"""ChainStore: applying blocks."""

from dataclasses import replace

import pytest
from tests.ports.store.rows import Store, row_of

from zk_acts.domain.failures import LostRace
from zk_devnet.testing.manual_clock import ManualClock
from zk_devnet.testing.store_builders import (
    a_block,
    a_hash,
    a_log,
    an_order_id,
    cancelled,
    placed,
    refunded,
    scanned,
    settled,
    terms,
)
from zk_operator.domain.chain_event import (
    BatchSettled,
    OrderRefused,
    SectionSkipped,
    Undecodable,
)
from zk_operator.domain.ids import PoolId
from zk_operator.domain.records import OrderRow, OrderStatus, Rejection


async def test_cursor__nothing_applied__is_none(store: Store) -> None:
    assert await store.chain.cursor() is None
    assert await store.chain.recent_blocks(5) == ()


async def test_apply__blocks__moves_the_cursor_to_the_last(store: Store) -> None:
    await store.chain.apply([scanned(1), scanned(2)])
    await store.chain.apply([scanned(3)])
    assert await store.chain.cursor() == a_block(3)


async def test_recent_blocks__newest_first_and_limited(store: Store) -> None:
    await store.chain.apply([scanned(1), scanned(2), scanned(3)])
    assert await store.chain.recent_blocks(2) == (a_block(3), a_block(2))


async def test_recent_blocks__after_a_long_scan__keeps_at_least_512(store: Store) -> None:
    await store.chain.apply([scanned(number) for number in range(1_300)])
    kept = await store.chain.recent_blocks(10_000)
    assert 512 <= len(kept) < 1_300
    assert kept[0] == a_block(1_299)
    assert kept[511] == a_block(1_299 - 511)


async def test_apply__a_gap__is_allowed(store: Store) -> None:
    await store.chain.apply([scanned(1), scanned(50)])
    assert await store.chain.cursor() == a_block(50)


async def test_apply__new_order__has_a_whole_row(store: Store, clock: ManualClock) -> None:
    await store.chain.apply([scanned(4, placed("o", a_log(4, 9)))])
    assert await row_of(store, "o") == OrderRow(
        order_id=an_order_id("o"),
        order=terms(),
        task_index=9,
        placed=a_log(4, 9),
        placed_at_s=a_block(4).timestamp,
        seen_at=clock.now_ms(),
        status=OrderStatus.OPEN,
    )


async def test_apply__refused_by_us__records_the_code(store: Store) -> None:
    refusals = {an_order_id("o"): "ZKO-INT-004"}
    await store.chain.apply([scanned(1, placed("o", a_log(1)), refusals=refusals)])
    row = await row_of(store, "o")
    assert (row.status, row.refusal) == (OrderStatus.OPEN, "ZKO-INT-004")


async def test_apply__the_same_block_again__changes_nothing(
    store: Store, clock: ManualClock
) -> None:
    blocks = [scanned(1, placed("o", a_log(1))), scanned(2, settled("o", a_log(2)))]
    await store.chain.apply(blocks)
    before = await row_of(store, "o")
    clock.advance(1_000)
    await store.chain.apply(blocks[:1])
    await store.chain.apply(blocks)
    assert await row_of(store, "o") == before
    assert await store.chain.cursor() == a_block(2)


async def test_apply__another_block_at_the_cursor__loses_the_race(store: Store) -> None:
    await store.chain.apply([scanned(1), scanned(2)])
    with pytest.raises(LostRace):
        await store.chain.apply([scanned(2, placed("o", a_log(2, fork="b")), fork="b")])
    assert await store.orders.get([an_order_id("o")]) == ()


async def test_apply__one_bad_block__stores_none_of_them(store: Store) -> None:
    await store.chain.apply([scanned(5)])
    with pytest.raises(LostRace):
        await store.chain.apply([scanned(6, placed("o", a_log(6))), scanned(5, fork="b")])
    assert await store.orders.get([an_order_id("o")]) == ()
    assert await store.chain.cursor() == a_block(5)


async def test_apply__settlement__ends_the_order(store: Store) -> None:
    await store.chain.apply(
        [scanned(1, placed("o", a_log(1))), scanned(2, settled("o", a_log(2, 3), payout=2**120))]
    )
    row = await row_of(store, "o")
    assert row.status is OrderStatus.SETTLED
    assert row.payout == 2**120
    assert row.ended == a_log(2, 3)
    assert row.ended_at_s == a_block(2).timestamp


async def test_apply__refund__ends_the_order_without_payout(store: Store) -> None:
    await store.chain.apply([scanned(1, placed("o", a_log(1)), refunded("o", a_log(1, 1)))])
    row = await row_of(store, "o")
    assert (row.status, row.payout, row.ended) == (OrderStatus.REFUNDED, None, a_log(1, 1))


async def test_apply__a_second_end__does_not_overwrite_the_first(store: Store) -> None:
    await store.chain.apply(
        [scanned(1, placed("o", a_log(1)), settled("o", a_log(1, 1)), refunded("o", a_log(1, 2)))]
    )
    row = await row_of(store, "o")
    assert (row.status, row.ended) == (OrderStatus.SETTLED, a_log(1, 1))


async def test_apply__facts_of_an_unknown_order__are_passed_over(store: Store) -> None:
    await store.chain.apply(
        [
            scanned(
                1, settled("x", a_log(1)), refunded("x", a_log(1, 1)), cancelled("x", a_log(1, 2))
            )
        ]
    )
    assert await store.orders.get([an_order_id("x")]) == ()
    assert await store.chain.cursor() == a_block(1)


async def test_apply__cancel_request__records_when_it_takes_effect(store: Store) -> None:
    await store.chain.apply(
        [scanned(1, placed("o", a_log(1))), scanned(2, cancelled("o", a_log(2), cancel_at=77))]
    )
    row = await row_of(store, "o")
    assert (row.status, row.cancel_at_s) == (OrderStatus.OPEN, 77)


async def test_apply__rejections__are_keyed_by_log_position(store: Store) -> None:
    refused = OrderRefused(at=a_log(1, 0), order_id=an_order_id("o"), code=2)
    again = replace(refused, at=a_log(1, 1))
    undecodable = Undecodable(at=a_log(1, 2), topic=a_hash("t"), detail="short data")
    await store.chain.apply([scanned(1, refused, again, undecodable)])
    rows = await store.rejections.rejections(10)
    assert [row.at for row in rows] == [a_log(1, 2), a_log(1, 1), a_log(1, 0)]
    assert rows[2] == Rejection(
        at=a_log(1, 0),
        code="contract:2",
        order_id=an_order_id("o"),
        detail="refused by the contract with code 2",
    )


async def test_apply__undecodable_log__is_a_rejection_with_its_code(store: Store) -> None:
    event = Undecodable(at=a_log(1), topic=a_hash("t"), detail="short data")
    await store.chain.apply([scanned(1, event)])
    (row,) = await store.rejections.rejections(10)
    assert (row.code, row.order_id) == ("ZKO-INT-001", None)
    assert a_hash("t").hex() in row.detail
    assert "short data" in row.detail


async def test_rejections__more_than_asked_for__the_newest(store: Store) -> None:
    for number in (1, 2):
        event = OrderRefused(at=a_log(number), order_id=an_order_id("o"), code=1)
        await store.chain.apply([scanned(number, event)])
    (row,) = await store.rejections.rejections(1)
    assert row.at == a_log(2)


async def test_observations__what_the_contract_said_of_a_batch__oldest_first(store: Store) -> None:
    key = a_hash("values")
    skipped = SectionSkipped(at=a_log(2), key=key, pool_id=PoolId(a_hash("p")), reason=b"\x01")
    done = BatchSettled(at=a_log(2, 1), public_values_hash=key, sections=1, orders=2)
    other = BatchSettled(at=a_log(2, 2), public_values_hash=a_hash("b"), sections=1, orders=1)
    await store.chain.apply([scanned(1), scanned(2, skipped, done, other)])
    assert await store.chain.observations(key) == (skipped, done)
    await store.chain.rewind(a_block(1))
    assert await store.chain.observations(key) == ()
