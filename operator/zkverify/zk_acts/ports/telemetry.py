"""What a program shows of its paid acts while they are under way, besides its log."""

from collections.abc import Container
from typing import Protocol


class Telemetry(Protocol):
    """Sets metrics by short names."""

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """Add to a counter."""
        ...

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge."""
        ...


class AlertBoard(Protocol):
    """What stands that needs a human."""

    @property
    def alerts(self) -> Container[str]:
        """The names of those that stand."""
        ...

    def raise_alert(self, name: str, text: str) -> bool:
        """Something needs a human; True when that is news."""
        ...

    def clear_alert(self, name: str) -> bool:
        """It is over; True when that is news."""
        ...
