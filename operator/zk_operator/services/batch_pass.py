"""One pass over batches."""

from collections.abc import Awaitable, Callable, Sequence

from zk_acts.services.work_pass import Pass
from zk_operator.domain.records import Batch


async def each_batch(
    turn: Pass, batches: Sequence[Batch], step: Callable[[Batch], Awaitable[None]]
) -> None:
    """Take every batch one step, as items of the pass."""
    for batch in batches:
        with turn.item(batch_id=batch.batch_id):
            await step(batch)
