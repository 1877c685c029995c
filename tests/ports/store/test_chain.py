"""ChainStore: applying blocks and following reorgs."""

from dataclasses import replace

import pytest

from zk_acts.domain.acts import ActKind, IntentState
from zk_acts.domain.failures import LostRace
from zk_devnet.testing.manual_clock import ManualClock
from zk_devnet.testing.memory_store import MemoryStore
from zk_devnet.testing.store_builders import (
    DETAILS,
    a_batch,
    a_block,
    a_hash,
    a_log,
    an_intent,
    an_order_id,
    cancelled,
    placed,
    refunded,
    scanned,
    settled,
    terms,
)
from zk_operator.adapters.storage import SqliteStore
from zk_operator.domain.chain_event import (
    BatchSettled,
    BlockRef,
    OrderPlaced,
    OrderRefused,
    ProposedTerms,
    SectionSkipped,
    TermsChanged,
    TermsEvent,
    Undecodable,
)
from zk_operator.domain.ids import PoolId
from zk_operator.domain.records import BatchState, OrderRow, OrderStatus, Rejection
from zk_operator.ports.store import OrderFilter, TaskGap

Store = SqliteStore | MemoryStore


async def row_of(store: Store, name: str) -> OrderRow:
    (row,) = await store.orders.get([an_order_id(name)])
    return row


async def settle_batch(store: Store, name: str) -> None:
    """Take a batch from CLOSED to SETTLED."""
    batch = await store.batches.get(a_batch(name).batch_id)
    assert batch is not None
    for state in ("proved", "verified", "aggregated", "settled"):
        batch = await store.batches.save(replace(batch, state=BatchState(state)))


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


def task(name: str, number: int, index: int) -> OrderPlaced:
    """The placement of that order under that task index in that block."""
    return replace(placed(name, a_log(number)), task_index=index)


async def test_task_gaps__consecutive__none(store: Store) -> None:
    await store.chain.apply([scanned(n + 1, task(f"o{n}", n + 1, n)) for n in range(3)])
    assert await store.chain.task_gaps(0, 3, 9) == ()


async def test_task_gaps__within_before_and_behind__with_their_neighbours_blocks(
    store: Store,
) -> None:
    await store.chain.apply([scanned(10 * n, task(f"o{n}", 10 * n, n)) for n in (1, 2, 5)])
    assert await store.chain.task_gaps(0, 8, 9) == (
        TaskGap(first=0, last=0, after_block=None, before_block=10),
        TaskGap(first=3, last=4, after_block=20, before_block=50),
        TaskGap(first=6, last=7, after_block=50, before_block=None),
    )
    assert await store.chain.task_gaps(0, 8, 1) == (
        TaskGap(first=0, last=0, after_block=None, before_block=10),
    )
    assert await store.chain.task_gaps(3, 5, 9) == (
        TaskGap(first=3, last=4, after_block=20, before_block=None),
    )


async def test_task_gaps__no_row_at_all__everything(store: Store) -> None:
    gap = TaskGap(first=0, last=1, after_block=None, before_block=None)
    assert await store.chain.task_gaps(0, 2, 9) == (gap,)
    assert await store.chain.task_gaps(0, 0, 9) == ()


async def test_task_gaps__orphaned_or_refused__the_first_is_missing_the_second_not(
    store: Store,
) -> None:
    refused = {an_order_id("o0"): "ZKO-INT-004"}
    await store.chain.apply(
        [scanned(1, task("o0", 1, 0), refusals=refused), scanned(2, task("o1", 2, 1))]
    )
    await store.chain.rewind(a_block(1))
    gap = TaskGap(first=1, last=1, after_block=1, before_block=None)
    assert await store.chain.task_gaps(0, 2, 9) == (gap,)


async def test_merge__what_was_missed__stored_and_the_cursor_stays(store: Store) -> None:
    await store.chain.apply([scanned(1), scanned(2), scanned(3, settled("o", a_log(3)))])
    changed = await store.chain.merge([scanned(1, placed("o", a_log(1)))])
    assert changed == (an_order_id("o"),)
    assert await store.chain.merge([scanned(1, placed("o", a_log(1)))]) == ()
    assert await store.chain.cursor() == a_block(3)
    assert await store.chain.merge([scanned(3, settled("o", a_log(3)))]) == changed
    (row,) = await store.orders.get(changed)
    assert row.status is OrderStatus.SETTLED


async def test_merge__an_earlier_cancel_after_a_later_one__the_later_one_counts(
    store: Store,
) -> None:
    await store.chain.apply(
        [scanned(1, placed("o", a_log(1))), scanned(2), scanned(3, cancelled("o", a_log(3), 30))]
    )
    await store.chain.merge([scanned(2, cancelled("o", a_log(2), 20))])
    (row,) = await store.orders.get([an_order_id("o")])
    assert row.cancel_at_s == 30


async def test_merge__above_the_cursor_or_of_another_fork__lost_race_and_nothing_stored(
    store: Store,
) -> None:
    with pytest.raises(LostRace):
        await store.chain.merge([scanned(1)])
    await store.chain.apply([scanned(1), scanned(2)])
    for block in (scanned(3), scanned(2, fork="x")):
        with pytest.raises(LostRace):
            await store.chain.merge([scanned(1, placed("o", a_log(1))), block])
    assert await store.orders.get([an_order_id("o")]) == ()


async def test_baseline__set_twice__the_first_word_stays(store: Store) -> None:
    assert await store.chain.baseline() is None
    await store.chain.set_baseline(0)
    await store.chain.set_baseline(7)
    assert await store.chain.baseline() == 0


def proposal(change: str, ready_at_s: int = 9) -> ProposedTerms:
    return ProposedTerms(
        change_id=a_hash(change),
        ready_at_s=ready_at_s,
        zk_domain_id=3,
        groth16_program_vkey=a_hash("vkey"),
        groth16_vk_hash=a_hash("vk"),
        groth16_recursion_root=a_hash("root"),
    )


def proposed(change: str, number: int, **fields: int) -> TermsChanged:
    terms = proposal(change, **fields)
    at = a_log(number)
    return TermsChanged(at=at, kind=TermsEvent.PROPOSED, proposed=terms, change_id=terms.change_id)


def decided(change: str, number: int, kind: TermsEvent) -> TermsChanged:
    return TermsChanged(at=a_log(number), kind=kind, change_id=a_hash(change))


async def test_proposals__pending_ones__until_applied_or_withdrawn(store: Store) -> None:
    for event in (proposed("a", 1), proposed("b", 2), proposed("c", 3)):
        await store.chain.apply([scanned(event.at.block_number, event)])
    assert await store.chain.proposals() == (proposal("a"), proposal("b"), proposal("c"))

    await store.chain.apply([scanned(4, decided("b", 4, TermsEvent.APPLIED))])
    await store.chain.apply([scanned(5, decided("a", 5, TermsEvent.WITHDRAWN))])
    await store.chain.apply([scanned(6, TermsChanged(at=a_log(6), kind=TermsEvent.PAUSED))])
    assert await store.chain.proposals() == (proposal("c"),)

    await store.chain.apply([scanned(7, proposed("a", 7, ready_at_s=50))])
    assert await store.chain.proposals() == (proposal("c"), proposal("a", 50))


async def test_proposals__reorg__what_became_of_them_is_taken_back(store: Store) -> None:
    await store.chain.apply([scanned(1, proposed("a", 1)), scanned(2)])
    await store.chain.apply([scanned(3, decided("a", 3, TermsEvent.WITHDRAWN))])
    await store.chain.apply([scanned(4, proposed("b", 4))])

    await store.chain.rewind(a_block(2))
    assert await store.chain.proposals() == (proposal("a"),)
    await store.chain.rewind(a_block(1))
    assert await store.chain.proposals() == (proposal("a"),)


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
