"""The endpoints of one network, EVM or zkVerify: how each does, and for how long one that failed is left alone.

Which of those that are ready comes first is the pools' own matter: EVM requests are paid for by the request, so the
configured order holds; zkVerify's connections are long-lived, so the quicker one is dialled.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from zk_acts.domain.back_off import BackOff
from zk_acts.ports.endpoints import EndpointHealth

_SMOOTHING: Final = 0.2


@dataclass(slots=True, kw_only=True, eq=False)
class Endpoint:
    """One endpoint and what is known of it. `name`: without credentials. Changed by the directory alone."""

    name: str
    failures: int = field(default=0, init=False)  # in a row
    ready_at: float = field(default=0.0, init=False)
    silent_until: float = field(default=0.0, init=False)  # as it asked for itself
    latency_s: float | None = field(default=None, init=False)  # a moving average
    last_error: str | None = field(default=None, init=False)


EndpointT = TypeVar("EndpointT", bound=Endpoint)


class EndpointDirectory(Generic[EndpointT]):
    """What is known of each endpoint."""

    def __init__(
        self, endpoints: Sequence[EndpointT], *, now: Callable[[], float], back_off: BackOff
    ) -> None:
        if not endpoints:
            raise ValueError("at least one endpoint is needed")
        self._endpoints = tuple(endpoints)
        self._now = now
        self._back_off = back_off

    def __len__(self) -> int:
        return len(self._endpoints)

    def all(self) -> tuple[EndpointT, ...]:
        """In the configured order."""
        return self._endpoints

    def waits_s(self, endpoint: EndpointT) -> float:
        """For how long it is still to be asked last, or not at all; 0 when it is ready."""
        return max(0.0, endpoint.ready_at - self._now())

    def silent_s(self, endpoint: EndpointT) -> float:
        """For how long it asked to be left alone, still."""
        return max(0.0, endpoint.silent_until - self._now())

    def timed(self, endpoint: EndpointT, elapsed_s: float) -> None:
        """A request took that long."""
        known = endpoint.latency_s
        average = elapsed_s if known is None else known + _SMOOTHING * (elapsed_s - known)
        endpoint.latency_s = average

    def succeeded(self, endpoint: EndpointT) -> bool:
        """It answered; whether that is news."""
        recovered = endpoint.failures > 0
        endpoint.failures, endpoint.ready_at, endpoint.last_error = 0, 0.0, None
        return recovered

    def failed(
        self, endpoint: EndpointT, error: str, *, retry_after_s: float | None = None
    ) -> None:
        """It did not answer, or not sensibly. `retry_after_s`: what it asked for, believed up to the longest wait."""
        endpoint.failures += 1
        endpoint.last_error = error
        now, wait_s = self._now(), self._back_off.after(endpoint.failures)
        if retry_after_s is not None:
            asked_s = min(self._back_off.most_s, retry_after_s)
            endpoint.silent_until = now + asked_s
            wait_s = max(wait_s, asked_s)
        endpoint.ready_at = now + wait_s

    def health(self) -> tuple[EndpointHealth, ...]:
        """All of them, in the configured order."""
        return tuple(
            EndpointHealth(
                name=each.name,
                failures=each.failures,
                latency_s=each.latency_s,
                last_error=each.last_error,
            )
            for each in self._endpoints
        )
