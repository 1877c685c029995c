"""A clock that stands still until it is told to move."""


class ManualClock:
    """Wall-clock time as a test sets it, in unix milliseconds."""

    def __init__(self, now_ms: int = 1_700_000_000_000) -> None:
        self._now_ms = now_ms

    def now_ms(self) -> int:
        """Unix milliseconds."""
        return self._now_ms

    def advance(self, ms: int) -> None:
        """Let so many milliseconds pass."""
        self._now_ms += ms
