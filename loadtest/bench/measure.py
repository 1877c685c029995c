"""What a benchmark says: a number and the limit that it must keep, or that it could not be measured here."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import quantiles
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One measured value. Limits hold for ratios and growth, which a slow machine does not change; else there is none."""

    name: str
    value: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None

    @property
    def holds(self) -> bool:
        """Whether the limits are kept."""
        above = self.at_least is None or self.value >= self.at_least
        return above and (self.at_most is None or self.value <= self.at_most)

    def as_json(self) -> dict[str, Any]:
        """The measure as the report has it: limits only where there are some."""
        found = {key: value for key, value in asdict(self).items() if value is not None}
        found["value"] = round(self.value, 4)
        return {**found, "holds": self.holds}


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """Something that was not measured, because an optional part is not there. It breaks no limit, and keeps none."""

    name: str
    reason: str

    def as_json(self) -> dict[str, Any]:
        """The entry as the report has it: neither a value nor whether anything holds."""
        return {"name": self.name, "skipped": self.reason}


Entry = Measure | Skipped


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that `percent` of 100 do not exceed; of at least two values."""
    return quantiles(values, n=100, method="inclusive")[percent - 1]
