"""Time, injected."""

from typing import Protocol


class Clock(Protocol):
    """Wall-clock time. Tests drive their own."""

    def now_ms(self) -> int:
        """Unix milliseconds."""
        ...
