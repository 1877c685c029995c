"""What goes on repeating must not do so in silence, nor fill the log: the first time, the tenth, the hundredth."""

from collections.abc import Hashable


class Repeats:
    """Counts the same trouble in a row and says when a line is due."""

    def __init__(self) -> None:
        self._last: Hashable = None
        self._times = 0

    def note(self, what: Hashable) -> int:
        """How often this has happened in a row, this time included, where a line is due; 0 where none is."""
        self._times = self._times + 1 if what == self._last else 1
        self._last = what
        return self._times if is_power_of_ten(self._times) else 0

    def clear(self) -> None:
        """It works again."""
        self._last, self._times = None, 0


def is_power_of_ten(number: int) -> bool:
    """Whether it is 1, 10, 100 and so on."""
    return str(number).rstrip("0") == "1"
