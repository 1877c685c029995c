"""Measured times of provers: by size where there are enough, by all otherwise, as assumed before that."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from zk_acts.domain.acts import Intent, IntentState, Purpose
from zk_devnet.testing.store_builders import a_batch, an_intent
from zk_operator.domain.ids import BatchId
from zk_operator.domain.records import Batch, BatchState
from zk_operator.services.estimate import MEASURED_MS
from zk_operator.services.prover_stats import Durations, ProverStats, size_class

ASSUMED = Durations(p50_ms=500, p95_ms=1_000, is_measured=False)


def proved(name: str, orders: int, *, took_after_ms: int = 100) -> Batch:
    return a_batch(
        name,
        *range(orders),
        state=BatchState.SETTLED,
        proved_at=1_000,
        settled_at=1_000 + took_after_ms,
    )


async def learned(batches: Sequence[Batch], took_ms: Mapping[BatchId, int]) -> ProverStats:
    async def attempts(batch: Batch) -> Sequence[Intent]:
        row = an_intent(
            f"prove/{batch.batch_id}/1", purpose=Purpose.PROVE, backend="gpu", created_at=10
        )
        took = took_ms[batch.batch_id]
        failed = replace(row, state=IntentState.FAILED, updated_at=10**9)
        return [failed, replace(row, state=IntentState.FINAL, updated_at=10 + took)]

    stats = ProverStats()
    await stats.learn(batches, attempts, 1_000)
    return stats


def test_size_class__at_the_borders__is_inclusive() -> None:
    assert [size_class(orders) for orders in (1, 2, 10, 11, 30, 100, 101)] == [0, 1, 1, 2, 2, 3, 4]


async def test_of__too_few__is_the_assumption() -> None:
    batches = [proved(f"b{i}", 1) for i in range(4)]
    stats = await learned(batches, {batch.batch_id: 50 for batch in batches})
    assert stats.of("gpu", 1, assumed_ms=1_000) == ASSUMED
    assert stats.of("cpu", 1, assumed_ms=1_000) == ASSUMED


async def test_of__enough_of_that_size__leaves_the_others_out() -> None:
    small = [proved(f"s{i}", 1) for i in range(5)]
    large = [proved(f"l{i}", 11) for i in range(5)]
    took = {batch.batch_id: 50 for batch in small} | {batch.batch_id: 900 for batch in large}
    stats = await learned([*small, *large], took)
    assert stats.of("gpu", 1, assumed_ms=1) == Durations(p50_ms=50, p95_ms=50, is_measured=True)
    assert stats.of("gpu", 20, assumed_ms=1) == Durations(p50_ms=900, p95_ms=900, is_measured=True)
    everything = stats.of("gpu", 200, assumed_ms=1)
    assert (everything.p50_ms, everything.p95_ms) == (50, 900)


async def test_learn__again_with_the_same_batches__counts_them_once() -> None:
    batches = [proved(f"b{i}", 1) for i in range(3)]
    stats = await learned(batches, {batch.batch_id: 50 for batch in batches})

    async def nobody(_: Batch) -> Sequence[Intent]:
        pytest.fail("a batch that is known was looked up again")

    await stats.learn(batches, nobody, 1_000)
    assert stats.of("gpu", 1, assumed_ms=1_000) == ASSUMED  # six would be enough


async def test_learn__measured_long_ago__says_nothing_of_now() -> None:
    batches = [proved(f"b{i}", 1, took_after_ms=400) for i in range(6)]
    stats = await learned(batches, {batch.batch_id: 50 for batch in batches})
    assert stats.of("gpu", 1, assumed_ms=1_000).is_measured

    async def nobody(_: Batch) -> Sequence[Intent]:
        pytest.fail("a batch of long ago was looked up")

    await stats.learn(batches, nobody, 2_000 + MEASURED_MS)
    assert stats.of("gpu", 1, assumed_ms=1_000) == ASSUMED
    assert stats.reserve_ms(77) == 77
    fresh = ProverStats()
    await fresh.learn(batches, nobody, 2_000 + MEASURED_MS)
    assert fresh.of("gpu", 1, assumed_ms=1_000) == ASSUMED


@pytest.mark.parametrize(("count", "reserve_ms"), [(4, 77), (5, 400)])
async def test_reserve__of_enough_settlements__is_measured(count: int, reserve_ms: int) -> None:
    batches = [proved(f"b{i}", 1, took_after_ms=400) for i in range(count)]
    stats = await learned(batches, {batch.batch_id: 50 for batch in batches})
    assert stats.reserve_ms(77) == reserve_ms
