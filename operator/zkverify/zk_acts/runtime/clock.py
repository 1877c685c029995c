"""The real clocks: what this machine's is set to, and one that goes on steadily whatever it is set to."""

import time
from collections.abc import Callable

from zk_acts.ports.clock import Clock


class SystemClock:
    """Wall-clock time of this machine."""

    def now_ms(self) -> int:
        """Unix milliseconds."""
        return time.time_ns() // 1_000_000


def elapsed_ms() -> int:
    """Milliseconds since this machine was switched on, sleep included. Nobody sets it."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


class SteadyClock:
    """Wall-clock time as of when it was last believed, and what has passed since.

    A wall clock that is set wrong while the process runs moves no deadline. Whoever has compared it with something else
    says when it is to be believed: `follow`.
    """

    def __init__(self, *, wall: Clock, elapsed_ms: Callable[[], int]) -> None:
        self._wall = wall
        self._elapsed_ms = elapsed_ms
        self._set()
        self._is_believed = False

    @property
    def is_believed(self) -> bool:
        """Whether the wall clock ever was, since the process began."""
        return self._is_believed

    def now_ms(self) -> int:
        """Unix milliseconds."""
        return self._offset_ms + self._elapsed_ms()

    def wall_ms(self) -> int:
        """What the wall clock shows, right or wrong."""
        return self._wall.now_ms()

    def follow(self) -> None:
        """The wall clock is right: go on from what it shows."""
        self._set()
        self._is_believed = True

    def _set(self) -> None:
        self._offset_ms = self._wall.now_ms() - self._elapsed_ms()
