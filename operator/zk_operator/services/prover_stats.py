"""How long each prover took for batches of a size, measured from rows: from the request's row to its proof."""

from bisect import bisect_left
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from zk_acts.domain.acts import Intent, IntentState
from zk_operator.domain.records import Batch
from zk_operator.services.estimate import MEASURED_MS, MIN_SAMPLES, percentile

SIZES = (1, 10, 30, 100)  # upper bounds of the classes, in orders; larger batches are the last one
KEPT = 200  # samples per prover


@dataclass(frozen=True, slots=True, kw_only=True)
class Durations:
    """In ms. `is_measured`: from enough rows, not an assumption."""

    p50_ms: int
    p95_ms: int
    is_measured: bool


@dataclass(frozen=True, slots=True)
class _Sample:
    size_class: int
    took_ms: int
    ended_at: int


def size_class(orders: int) -> int:
    """Which of the classes a batch belongs to."""
    return bisect_left(SIZES, orders)


@dataclass(slots=True)
class ProverStats:
    """Samples by prover. A cache of rows: a restart reads them again."""

    _samples: dict[str, list[_Sample]] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)
    _after_ms: list[int] = field(default_factory=list)

    async def learn(
        self,
        recent: Sequence[Batch],
        attempts: Callable[[Batch], Awaitable[Sequence[Intent]]],
        now_ms: int,
    ) -> None:
        """Take in the batches that were proved since, oldest first, and forget what was measured too long ago.

        `recent`: newest first, as the store has them.
        """
        since_ms = now_ms - MEASURED_MS
        self._forget(since_ms)
        for batch in reversed(recent):
            if batch.batch_id in self._seen or batch.proved_at is None:
                continue
            if batch.proved_at < since_ms:
                continue
            self._seen.add(batch.batch_id)
            for row in await attempts(batch):
                if row.state is IntentState.FINAL:
                    self._add(row, batch)
        self._after_ms = [
            batch.settled_at - batch.proved_at
            for batch in recent
            if batch.settled_at is not None
            and batch.proved_at is not None
            and batch.settled_at >= since_ms
        ]
        self._seen &= {batch.batch_id for batch in recent}

    def _add(self, row: Intent, batch: Batch) -> None:
        # One that came after its deadline, or was looked at then, says only that it took so long at least.
        ended_at = min(row.updated_at, row.expires * 1000 or row.updated_at)
        took_ms = ended_at - row.created_at
        sample = _Sample(size_class(len(batch.order_ids)), took_ms, batch.proved_at or ended_at)
        kept = self._samples.setdefault(row.backend, [])
        kept.append(sample)
        del kept[:-KEPT]

    def _forget(self, before_ms: int) -> None:
        for backend, samples in self._samples.items():
            self._samples[backend] = [each for each in samples if each.ended_at >= before_ms]

    def of(self, backend: str, orders: int, *, assumed_ms: int) -> Durations:
        """Of batches of about that size; of all sizes, or as assumed, where there are too few."""
        samples = self._samples.get(backend, [])
        alike = [each.took_ms for each in samples if each.size_class == size_class(orders)]
        for took in (alike, [each.took_ms for each in samples]):
            if len(took) >= MIN_SAMPLES:
                return Durations(
                    p50_ms=percentile(took, 50), p95_ms=percentile(took, 95), is_measured=True
                )
        return Durations(p50_ms=assumed_ms // 2, p95_ms=assumed_ms, is_measured=False)

    def reserve_ms(self, assumed_ms: int) -> int:
        """p95 of what comes after the proof, until settlement."""
        enough = len(self._after_ms) >= MIN_SAMPLES
        return percentile(self._after_ms, 95) if enough else assumed_ms
