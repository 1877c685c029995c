"""BatchStore."""

from dataclasses import replace

import pytest

from zk_acts.domain.failures import LostRace
from zk_devnet.testing.memory_store import MemoryStore
from zk_devnet.testing.store_builders import (
    a_batch,
    a_block,
    a_hash,
    a_log,
    a_receipt,
    an_aggregation,
    an_order_id,
    cancelled,
    placed,
    refunded,
    scanned,
    settled,
)
from zk_operator.adapters.storage import SqliteStore
from zk_operator.domain.ids import BatchId, PoolId
from zk_operator.domain.records import BATCH_TRANSITIONS, Batch, BatchState

Store = SqliteStore | MemoryStore
PATHS = {
    BatchState.CLOSED: "",
    BatchState.PROVED: "proved",
    BatchState.VERIFIED: "proved verified",
    BatchState.AGGREGATED: "proved verified aggregated",
    BatchState.SETTLED: "proved verified aggregated settled",
    BatchState.DONE: "proved verified aggregated settled done",
    BatchState.ABANDONED: "abandoned",
}


async def place(store: Store, names: str) -> None:
    events = [placed(name, a_log(1, at)) for at, name in enumerate(names)]
    await store.chain.apply([scanned(1, *events)])


async def bring_to(store: Store, batch: Batch, state: BatchState) -> Batch:
    for step in PATHS[state].split():
        batch = await store.batches.save(replace(batch, state=BatchState(step)))
    return batch


async def free(store: Store) -> set[bytes]:
    return {row.order_id for row in await store.orders.batchable(9, 9)}


async def test_close__free_orders__stores_the_batch_and_takes_them(store: Store) -> None:
    await place(store, "opq")
    batch = a_batch("b1", "o", "p")
    await store.batches.close(batch)
    assert await store.batches.get(BatchId("b1")) == batch
    assert await free(store) == {an_order_id("q")}
    rows = await store.orders.get(batch.order_ids)
    assert [row.batch_id for row in rows] == ["b1", "b1"]


async def test_close__several_sections__come_back_as_they_were(store: Store) -> None:
    await place(store, "opq")
    first = a_batch("x", "o", "p").sections[0]
    second = replace(
        a_batch("y", "q").sections[0],
        pool_id=PoolId(a_hash("other pool")),
        remainder_zero_for_one=True,
        price_x128=2**256 - 1,
        min_out=0,
    )
    order_ids = (*first.order_ids, *second.order_ids)
    batch = a_batch("b1", sections=(first, second), order_ids=order_ids)
    await store.batches.close(batch)
    found = await store.batches.get(BatchId("b1"))
    assert found == batch


async def test_close__orders_that_are_not_its_sections__is_refused(store: Store) -> None:
    await place(store, "op")
    batch = replace(a_batch("b1", "o"), order_ids=(an_order_id("p"),))
    with pytest.raises(ValueError, match="b1"):
        await store.batches.close(batch)


@pytest.mark.parametrize("spoilt", ["held", "settled", "refunded", "cancelled", "refused"])
async def test_close__an_order_not_free_any_more__loses_the_race(store: Store, spoilt: str) -> None:
    await place(store, "op")
    at = a_log(2)
    match spoilt:
        case "held":
            await store.batches.close(a_batch("b0", "p"))
        case "refused":
            await store.orders.refuse(an_order_id("p"), "ZKO-BAT-001")
        case "settled":
            await store.chain.apply([scanned(2, settled("p", at))])
        case "refunded":
            await store.chain.apply([scanned(2, refunded("p", at))])
        case "cancelled":
            await store.chain.apply([scanned(2, cancelled("p", at))])
    with pytest.raises(LostRace):
        await store.batches.close(a_batch("b1", "o", "p"))
    assert await store.batches.get(BatchId("b1")) is None
    assert await free(store) == {an_order_id("o")}


async def test_close__an_orphaned_or_unknown_order__loses_the_race(store: Store) -> None:
    await store.chain.apply([scanned(1), scanned(2, placed("o", a_log(2)))])
    await store.chain.rewind(a_block(1))
    for name in ("o", "unknown"):
        with pytest.raises(LostRace):
            await store.batches.close(a_batch("b1", name))
    assert await store.batches.get(BatchId("b1")) is None


async def test_close__a_taken_id__loses_the_race(store: Store) -> None:
    await place(store, "op")
    await store.batches.close(a_batch("b1", "o"))
    with pytest.raises(LostRace):
        await store.batches.close(a_batch("b1", "p"))
    assert await free(store) == {an_order_id("p")}


async def test_get__unknown__is_none(store: Store) -> None:
    assert await store.batches.get(BatchId("b1")) is None


async def test_save__every_result__comes_back(store: Store) -> None:
    await place(store, "o")
    await store.batches.close(a_batch("b1", "o"))
    batch = a_batch("b1", "o")
    batch = replace(batch, state=BatchState.PROVED, proved_at=11, proof_nonce=2**253)
    batch = await store.batches.save(batch)
    batch = replace(batch, state=BatchState.VERIFIED, verified_at=12, aggregation=an_aggregation())
    batch = await store.batches.save(batch)
    receipt = a_receipt(a_hash("left"), a_hash("right"))
    batch = replace(batch, state=BatchState.AGGREGATED, aggregated_at=13, receipt=receipt)
    batch = await store.batches.save(batch)
    batch = await store.batches.save(replace(batch, state=BatchState.SETTLED, settled_at=14))
    batch = await store.batches.save(
        replace(batch, state=BatchState.DONE, ended_at=15, error_code="ZKO-ACT-004")
    )
    assert batch.version == 5
    assert (batch.proof_nonce, batch.receipt) == (2**253, receipt)
    assert (batch.aggregation, batch.ended_at) == (an_aggregation(), 15)
    assert await store.batches.get(BatchId("b1")) == batch


async def test_save__results_again__the_later_ones_count(store: Store) -> None:
    await place(store, "o")
    await store.batches.close(a_batch("b1", "o"))
    batch = await bring_to(store, a_batch("b1", "o"), BatchState.PROVED)
    first, second = an_aggregation(), replace(an_aggregation(), aggregation_id=99)
    batch = await store.batches.save(
        replace(batch, state=BatchState.VERIFIED, aggregation=first, receipt=a_receipt())
    )
    batch = await store.batches.save(replace(batch, aggregation=second, receipt=None))
    assert (batch.aggregation, batch.receipt) == (second, None)
    assert await store.batches.get(BatchId("b1")) == batch


async def test_save__an_old_version__loses_the_race(store: Store) -> None:
    await place(store, "o")
    batch = a_batch("b1", "o")
    await store.batches.close(batch)
    await store.batches.save(replace(batch, state=BatchState.PROVED))
    with pytest.raises(LostRace):
        await store.batches.save(replace(batch, state=BatchState.ABANDONED))


async def test_save__unknown_batch__loses_the_race(store: Store) -> None:
    with pytest.raises(LostRace):
        await store.batches.save(a_batch("b1", state=BatchState.PROVED))


@pytest.mark.parametrize("before", list(BatchState))
async def test_save__every_transition__only_those_of_the_table(
    store: Store, before: BatchState
) -> None:
    await place(store, "".join(str(at) for at in range(len(BatchState))))
    for at, after in enumerate(BatchState):
        batch = a_batch(f"b{at}", str(at))
        await store.batches.close(batch)
        batch = await bring_to(store, batch, before)
        may_stay = bool(BATCH_TRANSITIONS[before])
        if after in BATCH_TRANSITIONS[before] or (after is before and may_stay):
            saved = await store.batches.save(replace(batch, state=after))
            assert (saved.state, saved.version) == (after, batch.version + 1)
        else:
            with pytest.raises(LostRace):
                await store.batches.save(replace(batch, state=after))
            assert await store.batches.get(batch.batch_id) == batch


async def test_save__other_content__is_not_written(store: Store) -> None:
    await place(store, "o")
    batch = a_batch("b1", "o")
    await store.batches.close(batch)
    changed = replace(batch, sections=(), order_ids=(), public_values=b"", closed_at=9)
    saved = await store.batches.save(replace(changed, state=BatchState.PROVED))
    assert saved == replace(batch, state=BatchState.PROVED, version=1)


@pytest.mark.parametrize("end", [BatchState.ABANDONED, BatchState.DONE])
async def test_save__the_end__frees_the_orders_that_are_still_open(
    store: Store, end: BatchState
) -> None:
    await place(store, "opq")
    batch = a_batch("b1", "o", "p", "q")
    await store.batches.close(batch)
    await store.chain.apply([scanned(2, settled("o", a_log(2)), refunded("p", a_log(2, 1)))])
    await bring_to(store, batch, end)
    assert await free(store) == {an_order_id("q")}
    ended = await store.orders.get([an_order_id("o"), an_order_id("p")])
    assert [row.batch_id for row in ended] == ["b1", "b1"]
    await store.batches.close(a_batch("b2", "q"))


async def test_save__not_the_end__keeps_the_orders(store: Store) -> None:
    await place(store, "o")
    batch = a_batch("b1", "o")
    await store.batches.close(batch)
    await bring_to(store, batch, BatchState.AGGREGATED)
    assert await free(store) == set()


async def test_save__settled_in_part__what_is_open_is_free(store: Store) -> None:
    await place(store, "o")
    batch = a_batch("b1", "o")
    await store.batches.close(batch)
    await bring_to(store, batch, BatchState.SETTLED)
    assert await free(store) == {an_order_id("o")}


async def test_in_state__several_states__oldest_first(store: Store) -> None:
    await place(store, "opq")
    for name, closed_at in (("o", 30), ("p", 10), ("q", 20)):
        await store.batches.close(a_batch(f"b{name}", name, closed_at=closed_at))
    proved = a_batch("bp", "p", closed_at=10, state=BatchState.PROVED)
    await store.batches.save(proved)
    both = await store.batches.in_state(BatchState.CLOSED, BatchState.PROVED)
    assert [batch.batch_id for batch in both] == ["bp", "bq", "bo"]
    closed = await store.batches.in_state(BatchState.CLOSED)
    assert [batch.batch_id for batch in closed] == ["bq", "bo"]
    assert await store.batches.in_state() == ()


async def test_recent__newest_first_and_limited(store: Store) -> None:
    await place(store, "opq")
    for name, closed_at in (("o", 30), ("p", 10), ("q", 30)):
        await store.batches.close(a_batch(f"b{name}", name, closed_at=closed_at))
    assert [batch.batch_id for batch in await store.batches.recent(2)] == ["bq", "bo"]
