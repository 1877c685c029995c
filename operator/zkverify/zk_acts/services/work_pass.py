"""One pass over several pieces of work: one's trouble does not hold up the others, and is not forgotten either."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import structlog

from zk_acts.domain.errors import Disposition, OperatorError
from zk_acts.domain.failures import LostRace

log = structlog.get_logger("stage")
# What needs a human comes first. An ambiguous act comes last: whatever keeps it from being resolved says more.
BY_WEIGHT = (
    Disposition.FATAL,
    Disposition.DEGRADED,
    Disposition.REJECTED,
    Disposition.EXPIRED,
    Disposition.TRANSIENT,
    Disposition.RATE_LIMITED,
    Disposition.AMBIGUOUS,
)


class Pass:
    """Runs items one after the other; `finish` raises the most serious trouble when all have had their turn.

    A lost race is no trouble: another service moved the row, and the next pass sees where it is.
    """

    def __init__(self) -> None:
        self.troubles: list[OperatorError] = []  # in their order

    @contextmanager
    def item(self, **context: object) -> Iterator[None]:
        """One piece of work. Fatal errors and surprises pass at once."""
        try:
            yield
        except LostRace:
            log.debug("work.moved", **context)
        except OperatorError as error:
            if error.disposition is Disposition.FATAL:
                raise
            log.warning("work.delayed", code=error.code, error=str(error), **context)
            self.troubles.append(error)

    def finish(self) -> None:
        """Raise what went wrong, if anything did: the most serious, which names what else there was."""
        raise_worst(self.troubles)


def raise_worst(troubles: Sequence[OperatorError]) -> None:
    """Of equals the last. It says how often there was which code, if there was more than one trouble."""
    if not troubles:
        return
    worst = min(reversed(troubles), key=lambda error: BY_WEIGHT.index(error.disposition))
    if len(troubles) > 1:
        times = Counter(error.code for error in troubles).most_common()
        named = ", ".join(f"{count} x {code}" for code, count in times)
        worst.context = {**worst.context, "troubles": named}
    raise worst
