"""Batch transitions: what is logged and counted has happened."""

from collections.abc import Awaitable, Callable

import pytest
from structlog.testing import capture_logs

from zk_devnet.testing.manual_clock import ManualClock
from zk_devnet.testing.memory_store import MemoryStore
from zk_devnet.testing.store_builders import a_batch, a_receipt, an_aggregation
from zk_operator.domain.failures import EvmUnreachable, LostRace
from zk_operator.domain.records import Batch
from zk_operator.runtime.telemetry import Telemetry
from zk_operator.services.journal import BatchJournal


async def _closed(journal: BatchJournal, batch: Batch) -> Batch:
    await journal.closed(batch)
    return batch


MOVES: dict[str, Callable[[BatchJournal, Batch], Awaitable[Batch]]] = {
    "closed": _closed,
    "proved": lambda journal, batch: journal.proved(batch, 1, "cpu"),
    "verified": lambda journal, batch: journal.verified(batch, an_aggregation()),
    "aggregated": lambda journal, batch: journal.aggregated(batch, a_receipt()),
    "settled": lambda journal, batch: journal.settled(batch),
    "finalized": lambda journal, batch: journal.done(batch),
    "abandoned": lambda journal, batch: journal.abandoned(batch, EvmUnreachable()),
}


@pytest.mark.parametrize("move", MOVES)
async def test_journal__another_was_first__nothing_is_said_to_have_happened(move: str) -> None:
    telemetry, clock = Telemetry(), ManualClock()
    store = MemoryStore(clock=clock)
    journal = BatchJournal(
        batches=store.batches, orders=store.orders, clock=clock, telemetry=telemetry
    )
    batch = a_batch("b1", "an order that is not there", proved_at=1, verified_at=1, aggregated_at=1)

    with capture_logs() as logs, pytest.raises(LostRace):
        await MOVES[move](journal, batch)

    assert logs == []
    samples = [sample for metric in telemetry.registry.collect() for sample in metric.samples]
    counted = [
        sample.name
        for sample in samples
        if sample.value and sample.name.startswith(("zk_operator_stage", "zk_operator_batch"))
    ]
    assert [name for name in counted if not name.endswith("_created")] == []
