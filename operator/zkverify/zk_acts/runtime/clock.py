"""The real clocks: what this machine's is set to, one that goes on steadily whatever it is set to, and the chain's."""

import time
from collections.abc import Callable

from zk_acts.ports.clock import Clock

HOUR_MS = 3_600_000
MOST_AHEAD_MS = 120_000  # as much as clocks may differ (ADR 0217)


class SystemClock:
    """Wall-clock time of this machine."""

    def now_ms(self) -> int:
        """Unix milliseconds."""
        return time.time_ns() // 1_000_000


def elapsed_ms() -> int:
    """Milliseconds since this machine was switched on, sleep included. Nobody sets it."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


class ChainClock:
    """The chain's time: that of the newest blocks that were seen, and what has passed since by what nobody can set.

    What others judge by clocks of their own is judged by it here: they are no further from the chain's time than its blocks
    are apart, however wrong this machine's is set (ADR 0234). Never ahead of it: a block is seen after its time. Before the
    first one it is this machine's.
    """

    def __init__(self, *, machine: Clock, elapsed_ms: Callable[[], int]) -> None:
        self._machine = machine
        self._elapsed_ms = elapsed_ms
        self._since_ms = elapsed_ms()
        # The best of the last hour, and of the one before: a quartz that is a little fast is not followed for ever.
        self._offsets_ms: tuple[int, ...] = ()

    def now_ms(self) -> int:
        """Unix milliseconds."""
        if not self._offsets_ms:
            return self._machine.now_ms()
        return max(self._offsets_ms) + self._elapsed_ms()

    def see(self, timestamp_s: int) -> None:
        """A block of that time was seen just now. One that is old moves nothing, nor does one that nobody can have made yet."""
        # The best stands for up to two hours: believed, one lie of one endpoint would call everything overdue (ADR 0234).
        if timestamp_s * 1000 > max(self.now_ms(), self._machine.now_ms()) + MOST_AHEAD_MS:
            return
        elapsed_ms = self._elapsed_ms()
        offset_ms = timestamp_s * 1000 - elapsed_ms
        if not self._offsets_ms or elapsed_ms - self._since_ms >= HOUR_MS:
            self._offsets_ms, self._since_ms = (offset_ms, *self._offsets_ms[:1]), elapsed_ms
        else:
            self._offsets_ms = (max(offset_ms, self._offsets_ms[0]), *self._offsets_ms[1:])


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
        self.chain = ChainClock(machine=self, elapsed_ms=elapsed_ms)

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
