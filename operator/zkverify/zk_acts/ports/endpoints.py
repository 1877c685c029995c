"""What a pool of endpoints says of them."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointHealth:
    """How an endpoint does. `latency_s` is None before the first answer."""

    name: str
    failures: int  # in a row
    latency_s: float | None
    last_error: str | None


HealthReader = Callable[[], tuple[EndpointHealth, ...]]
"""A pool's endpoints, in the configured order."""
