"""How far the demo is: a live table on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table

from zk_devnet.traffic.kind import Outcome

Counts = Mapping[Outcome, int]
_BAR_WIDTH = 48
_LINE_EVERY_S = 3.0


class Progress(Protocol):
    """Shows where the orders stand."""

    def update(self, counts: Counts, total: int, finalized: int) -> None:
        """Show the counts of the placed orders, of `total` planned, `finalized` of them for good."""
        ...


@contextmanager
def showing_progress() -> Iterator[Progress]:
    """Live on a terminal, lines elsewhere."""
    console = Console()
    if not console.is_terminal:
        yield PlainProgress()
        return
    with Live(console=console, refresh_per_second=4, transient=True) as live:
        yield LiveProgress(live)


class PlainProgress:
    """A line whenever something changed, but not more often than every few seconds."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._last: tuple[object, ...] = ()
        self._at = float("-inf")

    def update(self, counts: Counts, total: int, finalized: int) -> None:
        """Print the counts."""
        shown = (*counts.items(), finalized)
        now = time.monotonic()
        if shown == self._last or now - self._at < _LINE_EVERY_S:
            return
        self._last, self._at = shown, now
        parts = "  ".join(f"{outcome.value} {counts.get(outcome, 0):3d}" for outcome in Outcome)
        placed = sum(counts.values())
        sys.stdout.write(
            f"demo: {now - self._started:5.1f} s  placed {placed:3d}/{total}  {parts}  final {finalized:3d}\n"
        )
        sys.stdout.flush()


class LiveProgress:
    """A table that is redrawn in place."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._started = time.monotonic()

    def update(self, counts: Counts, total: int, finalized: int) -> None:
        """Redraw."""
        table = Table.grid(padding=(0, 2))
        rows = {
            "placed": sum(counts.values()),
            **{outcome.value: counts.get(outcome, 0) for outcome in Outcome},
            "final": finalized,
        }
        for name, count in rows.items():
            table.add_row(
                name, ProgressBar(total=total, completed=count, width=_BAR_WIDTH), str(count)
            )
        elapsed = f"{time.monotonic() - self._started:.0f} s"
        self._live.update(Group(f"zk-operator demo, {elapsed}", table))
