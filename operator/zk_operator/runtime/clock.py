"""The real clock."""

import time


class SystemClock:
    """Wall-clock time of this machine."""

    def now_ms(self) -> int:
        """Unix milliseconds."""
        return time.time_ns() // 1_000_000
