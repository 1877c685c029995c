"""One pass over several pieces of work: one's trouble does not hold up the others, and is not forgotten either."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager

import structlog

from zk_operator.domain.errors import Disposition, OperatorError
from zk_operator.domain.failures import LostRace
from zk_operator.domain.records import Batch

log = structlog.get_logger("stage")


class Round:
    """Runs parts one after the other; `finish` raises the last trouble when all have had their turn.

    A lost race is no trouble: another service moved the row, and the next pass sees where it is.
    """

    def __init__(self) -> None:
        self._trouble: OperatorError | None = None

    @contextmanager
    def part(self, **context: object) -> Iterator[None]:
        """One piece of work. Fatal errors and surprises pass at once."""
        try:
            yield
        except LostRace:
            log.debug("work.moved", **context)
        except OperatorError as error:
            if error.disposition is Disposition.FATAL:
                raise
            log.warning("work.delayed", code=error.code, error=str(error), **context)
            self._trouble = error

    async def each(
        self, batches: Sequence[Batch], step: Callable[[Batch], Awaitable[None]]
    ) -> None:
        """Take every batch one step."""
        for batch in batches:
            with self.part(batch_id=batch.batch_id):
                await step(batch)

    def finish(self) -> None:
        """Raise what went wrong, if anything did."""
        if self._trouble is not None:
            raise self._trouble
