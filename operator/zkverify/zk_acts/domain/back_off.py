"""Waiting longer after each failure in a row."""

from dataclasses import dataclass

_MOST_DOUBLINGS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class BackOff:
    """Wait `first_s` after the first failure, twice as long after each further one, `most_s` at most."""

    first_s: float = 0.25
    most_s: float = 15.0

    def after(self, failures: int) -> float:
        """Seconds to wait after that many failures in a row; 0 after none."""
        if failures < 1:
            return 0.0
        return float(min(self.most_s, self.first_s * 2 ** min(failures - 1, _MOST_DOUBLINGS)))
