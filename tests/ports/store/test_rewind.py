"""ChainStore: following reorgs."""

from dataclasses import replace

import pytest
from tests.ports.store.rows import Store, row_of, settle_batch

from zk_acts.domain.acts import ActKind, IntentState
from zk_acts.domain.failures import LostRace
from zk_devnet.testing.manual_clock import ManualClock
from zk_devnet.testing.store_builders import (
    DETAILS,
    a_batch,
    a_block,
    a_log,
    an_intent,
    an_order_id,
    cancelled,
    placed,
    refunded,
    scanned,
    settled,
)
from zk_operator.domain.chain_event import (
    BlockRef,
    OrderRefused,
)
from zk_operator.domain.records import BatchState, OrderStatus
from zk_operator.ports.store import OrderFilter


async def test_rewind__moves_the_cursor_and_forgets_the_blocks_above(store: Store) -> None:
    await store.chain.apply([scanned(1), scanned(2), scanned(3)])
    assert await store.chain.rewind(a_block(1)) == ()
    assert await store.chain.cursor() == a_block(1)
    assert await store.chain.recent_blocks(9) == (a_block(1),)
    await store.chain.apply([scanned(2, fork="b")])
    assert await store.chain.cursor() == a_block(2, "b")


async def test_rewind__an_ancestor_between_scanned_blocks__becomes_the_cursor(
    store: Store,
) -> None:
    await store.chain.apply([scanned(1), scanned(9)])
    await store.chain.rewind(a_block(5))
    assert await store.chain.recent_blocks(9) == (a_block(5), a_block(1))


@pytest.mark.parametrize("ancestor", [a_block(1, "b"), a_block(3)])
async def test_rewind__not_to_a_scanned_block__loses_the_race(
    store: Store, ancestor: BlockRef
) -> None:
    await store.chain.apply([scanned(1), scanned(2, placed("o", a_log(2)))])
    with pytest.raises(LostRace):
        await store.chain.rewind(ancestor)
    assert (await row_of(store, "o")).status is OrderStatus.OPEN


async def test_rewind__nothing_scanned__loses_the_race(store: Store) -> None:
    with pytest.raises(LostRace):
        await store.chain.rewind(a_block(1))


async def test_rewind__placements_above__are_orphaned_oldest_first(store: Store) -> None:
    await store.chain.apply(
        [
            scanned(1, placed("kept", a_log(1))),
            scanned(2, placed("a", a_log(2, 5)), placed("b", a_log(2, 6))),
            scanned(3, placed("c", a_log(3)), settled("c", a_log(3, 1))),
        ]
    )
    orphaned = await store.chain.rewind(a_block(1))
    assert orphaned == tuple(an_order_id(name) for name in "abc")
    rows = await store.orders.list(OrderFilter(status=OrderStatus.ORPHANED))
    assert {row.order_id for row in rows} == set(orphaned)
    assert (await row_of(store, "c")).payout is None
    assert (await row_of(store, "kept")).status is OrderStatus.OPEN


async def test_rewind__orphaned_already__is_not_named_again(store: Store) -> None:
    await store.chain.apply([scanned(1), scanned(2, placed("o", a_log(2)))])
    await store.chain.rewind(a_block(1))
    await store.chain.apply([scanned(2, fork="b")])
    assert await store.chain.rewind(a_block(1)) == ()


async def test_rewind__ends_above__are_taken_back(store: Store) -> None:
    await store.chain.apply(
        [
            scanned(1, placed("s", a_log(1)), placed("r", a_log(1, 1))),
            scanned(2, settled("s", a_log(2)), refunded("r", a_log(2, 1))),
        ]
    )
    assert await store.chain.rewind(a_block(1)) == ()
    for name in ("s", "r"):
        row = await row_of(store, name)
        assert row.status is OrderStatus.OPEN
        assert (row.payout, row.ended, row.ended_at_s) == (None, None, None)


async def test_rewind__ends_at_or_below_the_ancestor__stay(store: Store) -> None:
    await store.chain.apply([scanned(1, placed("o", a_log(1)), settled("o", a_log(1, 1)))])
    await store.chain.apply([scanned(2)])
    await store.chain.rewind(a_block(1))
    assert (await row_of(store, "o")).status is OrderStatus.SETTLED


async def test_rewind__cancels_above__are_taken_back_to_the_one_before(store: Store) -> None:
    await store.chain.apply(
        [
            scanned(1, placed("o", a_log(1))),
            scanned(2, cancelled("o", a_log(2), cancel_at=70)),
            scanned(3, cancelled("o", a_log(3), cancel_at=90)),
        ]
    )
    assert (await row_of(store, "o")).cancel_at_s == 90
    await store.chain.rewind(a_block(2))
    assert (await row_of(store, "o")).cancel_at_s == 70
    await store.chain.rewind(a_block(1))
    assert (await row_of(store, "o")).cancel_at_s is None


async def test_rewind__rejections_above__are_forgotten(store: Store) -> None:
    kept = OrderRefused(at=a_log(1), order_id=an_order_id("x"), code=1)
    await store.chain.apply([scanned(1, kept), scanned(2, replace(kept, at=a_log(2)))])
    await store.chain.rewind(a_block(1))
    assert [row.at for row in await store.rejections.rejections(9)] == [a_log(1)]


async def test_apply__an_orphan_mined_again__is_open_in_its_new_place(
    store: Store, clock: ManualClock
) -> None:
    refusals = {an_order_id("o"): "ZKO-INT-005"}
    first = scanned(2, placed("o", a_log(2, 4)), cancelled("o", a_log(2, 5)), refusals=refusals)
    await store.chain.apply([scanned(1), first])
    seen_at = clock.now_ms()
    await store.chain.rewind(a_block(1))
    clock.advance(5)
    await store.chain.apply([scanned(3, placed("o", a_log(3, 8, "b")), fork="b")])
    row = await row_of(store, "o")
    assert row.status is OrderStatus.OPEN
    assert (row.placed, row.task_index) == (a_log(3, 8, "b"), 8)
    assert row.placed_at_s == a_block(3, "b").timestamp
    assert (row.cancel_at_s, row.refusal) == (None, None)
    assert row.seen_at == seen_at


async def test_apply__an_orphan_mined_again_and_refused__has_the_new_code(store: Store) -> None:
    await store.chain.apply([scanned(1), scanned(2, placed("o", a_log(2)))])
    await store.chain.rewind(a_block(1))
    refusals = {an_order_id("o"): "ZKO-INT-005"}
    again = scanned(2, placed("o", a_log(2, fork="b")), fork="b", refusals=refusals)
    await store.chain.apply([again])
    assert (await row_of(store, "o")).refusal == "ZKO-INT-005"


async def test_apply__an_orphan_of_a_live_batch_mined_again__is_held_by_it(store: Store) -> None:
    await store.chain.apply([scanned(1), scanned(2, placed("o", a_log(2)))])
    await store.batches.close(a_batch("b1", "o"))
    await store.chain.rewind(a_block(1))
    assert (await row_of(store, "o")).batch_id == "b1"
    await store.chain.apply([scanned(2, placed("o", a_log(2, fork="b")), fork="b")])
    assert (await row_of(store, "o")).batch_id == "b1"
    assert await store.orders.batchable(9, 9) == ()


async def test_apply__an_orphan_of_an_ended_batch_mined_again__is_free(store: Store) -> None:
    await store.chain.apply([scanned(1), scanned(2, placed("o", a_log(2)))])
    await store.batches.close(a_batch("b1", "o"))
    await store.chain.rewind(a_block(1))
    await store.batches.save(a_batch("b1", "o", state=BatchState.ABANDONED))
    await store.chain.apply([scanned(2, placed("o", a_log(2, fork="b")), fork="b")])
    assert [row.order_id for row in await store.orders.batchable(9, 9)] == [an_order_id("o")]


async def test_rewind__a_settlement_of_an_ended_batch__frees_the_order(store: Store) -> None:
    await store.chain.apply([scanned(1, placed("o", a_log(1)))])
    await store.batches.close(a_batch("b1", "o"))
    await store.chain.apply([scanned(2, settled("o", a_log(2)))])
    await store.batches.save(a_batch("b1", "o", state=BatchState.ABANDONED))
    await store.chain.rewind(a_block(1))
    assert [row.order_id for row in await store.orders.batchable(9, 9)] == [an_order_id("o")]


async def test_rewind__a_batch_settled_above__goes_back_to_aggregated(store: Store) -> None:
    await store.chain.apply([scanned(1, placed("o", a_log(1)), placed("p", a_log(1, 1)))])
    await store.batches.close(a_batch("above", "o"))
    await store.batches.close(a_batch("below", "p"))
    await store.chain.apply(
        [scanned(2, settled("p", a_log(2))), scanned(3, settled("o", a_log(3)))]
    )
    await settle_batch(store, "above")
    await settle_batch(store, "below")
    await store.chain.rewind(a_block(2))
    above, below = await store.batches.recent(2)
    if above.batch_id == "below":
        above, below = below, above
    assert (above.state, above.settled_at, above.version) == (BatchState.AGGREGATED, None, 5)
    assert (below.state, below.version) == (BatchState.SETTLED, 4)
    assert (await row_of(store, "o")).batch_id == "above"


async def test_rewind__evm_inclusions_above__go_back_to_sent(store: Store) -> None:
    await store.chain.apply([scanned(1), scanned(2)])
    cases = {"above": ("evm:1", 2), "at": ("evm:1", 1), "other": ("zkverify", 2)}
    for nonce, (name, (backend, block)) in enumerate(cases.items()):
        intent = an_intent(name, backend=backend, nonce=nonce)
        await store.intents.record(intent, [])
        await store.intents.update(
            intent,
            IntentState.INCLUDED,
            paid=9,
            included_block=block,
            error_code="ZKO-X-001",
            detail=DETAILS["mined"],
        )
    await store.chain.rewind(a_block(1))
    found = {row.intent_id: row for row in await store.intents.live(ActKind.TRANSACTION)}
    above = found[an_intent("above").intent_id]
    assert above.state is IntentState.SENT
    assert (above.paid, above.included_block, above.error_code) == (None, None, None)
    assert above.detail is None
    for name in ("at", "other"):
        row = found[an_intent(name).intent_id]
        assert (row.state, row.paid) == (IntentState.INCLUDED, 9)
        assert row.detail == DETAILS["mined"]


async def test_rewind__evm_acts_that_are_final__stay(store: Store) -> None:
    await store.chain.apply([scanned(1), scanned(2)])
    intent = an_intent("i")
    await store.intents.record(intent, [])
    await store.intents.update(intent, IntentState.FINAL, paid=9, included_block=2)
    await store.chain.rewind(a_block(1))
    row = await store.intents.get(intent.intent_id)
    assert row is not None
    assert row.state is IntentState.FINAL


async def test_rewind__order_left_open_and_settled_by_the_next_batch__only_that_one_goes_back(
    store: Store,
) -> None:
    await store.chain.apply(
        [scanned(1, placed("o", a_log(1)), placed("p", a_log(1, 1))), scanned(2)]
    )
    await store.batches.close(a_batch("b1", "o", "p"))
    await store.chain.apply([scanned(3, settled("o", a_log(3)))])
    await settle_batch(store, "b1")
    await store.batches.close(a_batch("b2", "p"))
    await store.chain.apply([scanned(4, settled("p", a_log(4)))])
    await settle_batch(store, "b2")

    await store.chain.rewind(a_block(3))

    first = await store.batches.get(a_batch("b1").batch_id)
    second = await store.batches.get(a_batch("b2").batch_id)
    assert first is not None
    assert second is not None
    assert (first.state, second.state) == (BatchState.SETTLED, BatchState.AGGREGATED)
