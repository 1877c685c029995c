"""What a pool of endpoints says of them."""

from collections.abc import Callable, Mapping
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


def health_json(health: EndpointHealth) -> Mapping[str, object]:
    """As JSON values; latency in whole milliseconds."""
    latency_ms = None if health.latency_s is None else round(health.latency_s * 1000)
    return {
        "endpoint": health.name,
        "failures": health.failures,
        "latency_ms": latency_ms,
        "last_error": health.last_error,
    }
