"""Measured times: how long batches take from closing to settlement, from the rows of recent ones."""

from collections.abc import Sequence

from zk_operator.domain.batching import Estimates
from zk_operator.domain.records import Batch
from zk_operator.services.stage_errors import BatchExpired

MIN_SAMPLES = 5
# What was measured longer ago says nothing of now. Without an end, slow times would last: whoever is not asked because he
# was slow is not measured again.
MEASURED_MS = 3 * 3_600_000


def percentile(values: Sequence[int], percent: int) -> int:
    """The value at that percentile (1 to 100) by nearest rank; ValueError when empty."""
    if not values:
        raise ValueError("no values")
    rank = -(-percent * len(values) // 100)
    return sorted(values)[rank - 1]


def estimate(
    recent: Sequence[Batch], *, now_ms: int, assumed_ms: int, batch_cost: int
) -> Estimates:
    """p50 and p95 of the settlements of the last three hours; the assumption where there are too few.

    A proved batch that was not settled in its time took longer than that: without it, the slowest would never be counted. It
    lengthens p95 alone, which says how early to leave; p50, by which orders are refused, is of what was settled.
    """
    since = now_ms - MEASURED_MS
    took = [
        batch.settled_at - batch.closed_at
        for batch in recent
        if batch.settled_at is not None and batch.settled_at >= since
    ]
    outlived = [
        batch.ended_at - batch.closed_at
        for batch in recent
        if batch.ended_at is not None and batch.ended_at >= since and _was_too_slow(batch)
    ]
    if len(took) < MIN_SAMPLES:
        return Estimates(
            settle_p50_ms=assumed_ms // 2,
            settle_p95_ms=max([assumed_ms, *took, *outlived]),
            batch_cost=batch_cost,
        )
    return Estimates(
        settle_p50_ms=percentile(took, 50),
        settle_p95_ms=percentile([*took, *outlived], 95),
        batch_cost=batch_cost,
    )


def _was_too_slow(batch: Batch) -> bool:
    return batch.proved_at is not None and batch.error_code == BatchExpired.code
