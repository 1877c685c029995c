"""ChainStore: what was missed, what is missing, and what the owner proposes."""

from dataclasses import replace

import pytest
from tests.ports.store.rows import Store

from zk_acts.domain.failures import LostRace
from zk_devnet.testing.store_builders import (
    a_block,
    a_hash,
    a_log,
    an_order_id,
    cancelled,
    placed,
    scanned,
    settled,
)
from zk_operator.domain.chain_event import (
    OrderPlaced,
    ProposedTerms,
    TermsChanged,
    TermsEvent,
)
from zk_operator.domain.records import OrderStatus
from zk_operator.ports.store import TaskGap


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
