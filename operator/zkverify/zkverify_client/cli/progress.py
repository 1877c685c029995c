"""What a paying verb says on standard error while it works: each change, each trouble, and a sign of life."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import typer

from zk_acts.domain.ids import hex0x

if TYPE_CHECKING:
    from zk_acts.domain.acts import Intent
    from zk_acts.domain.details import Aggregation
    from zk_acts.domain.errors import OperatorError
    from zk_acts.services.task_runner import Progress

_QUIET_S = 15.0


class Narrator:
    """Says what is new at once, and what is not every quarter of a minute. One per verb."""

    def __init__(
        self,
        *,
        say: Callable[[str], None] | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._say = say or _to_stderr
        self._now = now
        self._last = ""
        self._said_at = -_QUIET_S

    def tell(self, progress: "Progress[Any]") -> None:
        """One look at an act."""
        if progress.trouble is not None:
            self.line(f"delayed: {progress.trouble}")
        elif progress.outcome is None or not progress.was_done_before:
            self.line(_where(progress.act))

    def waiting(self, aggregation: "Aggregation", trouble: "OperatorError | None") -> None:
        """One look for a receipt that is not there."""
        ids = f"aggregation {aggregation.aggregation_id} of domain {aggregation.domain_id}"
        self.line(f"{ids}: not published yet" if trouble is None else f"delayed: {trouble}")

    def line(self, text: str) -> None:
        """Say it, unless it was said a moment ago."""
        now = self._now()
        if text != self._last or now - self._said_at >= _QUIET_S:
            self._say(text)
            self._last, self._said_at = text, now


def _where(act: "Intent | None") -> str:
    from zk_acts.domain.acts import IntentState

    if act is None:
        return "nothing sent yet"
    known = f"extrinsic {hex0x(act.reference)}"
    match act.state:
        case IntentState.INTENDED:
            return f"{known}: given to the network, no answer yet"
        case IntentState.SENT:
            return f"{known}: in the pool, not in a block yet"
        case IntentState.INCLUDED:
            return f"{known}: in block {act.included_block}, not final yet"
        case _:
            return f"{known}: {act.state.value} in block {act.included_block}"


def _to_stderr(text: str) -> None:
    typer.echo(text, err=True)
