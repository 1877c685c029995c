"""One stage's pass over its batches: one batch's trouble does not hold up the others, and is not forgotten either."""

from collections.abc import Awaitable, Callable, Sequence

import structlog

from zk_operator.domain.errors import Disposition, OperatorError
from zk_operator.domain.failures import LostRace
from zk_operator.domain.records import Batch

log = structlog.get_logger("stage")


async def step_each(batches: Sequence[Batch], step: Callable[[Batch], Awaitable[None]]) -> None:
    """Take every batch one step; raise the last trouble when all have had their turn. Fatal errors at once.

    A lost race is no trouble: another service moved the batch, and the next pass sees where it is.
    """
    trouble: OperatorError | None = None
    for batch in batches:
        try:
            await step(batch)
        except LostRace:
            log.debug("batch.moved", batch_id=batch.batch_id)
        except OperatorError as error:
            if error.disposition is Disposition.FATAL:
                raise
            log.warning("batch.delayed", batch_id=batch.batch_id, code=error.code, error=str(error))
            trouble = error
    if trouble is not None:
        raise trouble
