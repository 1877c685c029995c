"""Batch transitions: what is logged and counted has happened."""

from collections.abc import Awaitable, Callable

import pytest
from structlog.testing import capture_logs

from zk_acts.domain.failures import LostRace
from zk_devnet.testing.manual_clock import ManualClock
from zk_devnet.testing.memory_store import MemoryStore
from zk_devnet.testing.store_builders import a_batch, a_receipt, an_aggregation
from zk_devnet.testing.tools import some_tools
from zk_operator.domain.failures import EvmUnreachable
from zk_operator.domain.records import Batch
from zk_operator.runtime.telemetry import Telemetry
from zk_operator.services.transitions import BatchTransitions


async def _closed(transitions: BatchTransitions, batch: Batch) -> Batch:
    await transitions.closed(batch)
    return batch


MOVES: dict[str, Callable[[BatchTransitions, Batch], Awaitable[Batch]]] = {
    "closed": _closed,
    "proved": lambda transitions, batch: transitions.proved(batch, 1, "cpu"),
    "verified": lambda transitions, batch: transitions.verified(batch, an_aggregation()),
    "aggregated": lambda transitions, batch: transitions.aggregated(batch, a_receipt()),
    "settled": lambda transitions, batch: transitions.settled(batch),
    "finalized": lambda transitions, batch: transitions.done(batch),
    "abandoned": lambda transitions, batch: transitions.abandoned(batch, EvmUnreachable()),
}


@pytest.mark.parametrize("move", MOVES)
async def test_transitions__another_was_first__nothing_is_said_to_have_happened(move: str) -> None:
    telemetry, clock = Telemetry(), ManualClock()
    transitions = BatchTransitions(some_tools(MemoryStore(clock=clock), clock, telemetry=telemetry))
    batch = a_batch("b1", "an order that is not there", proved_at=1, verified_at=1, aggregated_at=1)

    with capture_logs() as logs, pytest.raises(LostRace):
        await MOVES[move](transitions, batch)

    assert logs == []
    samples = [sample for metric in telemetry.registry.collect() for sample in metric.samples]
    counted = [
        sample.name
        for sample in samples
        if sample.value and sample.name.startswith(("zk_operator_stage", "zk_operator_batch"))
    ]
    assert [name for name in counted if not name.endswith("_created")] == []
