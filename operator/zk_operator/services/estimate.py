"""Measured times: how long batches take from closing to settlement, from the rows of recent ones."""

from collections.abc import Sequence

from zk_operator.domain.batching import Estimates
from zk_operator.domain.records import Batch

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
    """p50 and p95 of the settlements of the last three hours; the assumption where there are too few."""
    durations = [
        batch.settled_at - batch.closed_at
        for batch in recent
        if batch.settled_at is not None and batch.settled_at >= now_ms - MEASURED_MS
    ]
    if len(durations) < MIN_SAMPLES:
        return Estimates(
            settle_p50_ms=assumed_ms // 2, settle_p95_ms=assumed_ms, batch_cost=batch_cost
        )
    return Estimates(
        settle_p50_ms=percentile(durations, 50),
        settle_p95_ms=percentile(durations, 95),
        batch_cost=batch_cost,
    )
