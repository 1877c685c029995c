"""The endpoints of one network: which to use next, by what they did lately."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from zk_operator.domain.redaction import redact_url


@dataclass(frozen=True, slots=True, kw_only=True)
class BackOff:
    """Wait `first_s` after the first failed attempt, twice as long after each further one, `most_s` at most."""

    first_s: float = 0.25
    most_s: float = 15.0

    def after(self, failures: int) -> float:
        """Seconds to wait after that many failures in a row."""
        return float(min(self.most_s, self.first_s * 2 ** min(failures - 1, 30)))


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointHealth:
    """How an endpoint does; its address without credentials and keys."""

    address: str
    failures: int  # in a row
    latency_s: float | None  # of a call, smoothed
    last_error: str | None


@dataclass(slots=True)
class Endpoint:
    """One endpoint and what is known of it. Changed by the directory alone."""

    url: str
    position: int
    failures: int = 0
    retry_at: float = 0.0
    latency_s: float | None = None
    last_error: str | None = None


class EndpointDirectory:
    """Chooses endpoints: those that work before those that failed, the quicker first."""

    def __init__(
        self, *, urls: Sequence[str], now: Callable[[], float], back_off: BackOff | None = None
    ) -> None:
        self._endpoints = [Endpoint(url, position) for position, url in enumerate(urls)]
        self._now = now
        self._back_off = back_off or BackOff()

    def __len__(self) -> int:
        return len(self._endpoints)

    def choose(self, excluded: Collection[str]) -> Endpoint | None:
        """The best endpoint that is not excluded and not waiting to be tried again."""
        now = self._now()
        usable = [e for e in self._endpoints if e.url not in excluded and e.retry_at <= now]
        return min(usable, key=_rank, default=None)

    def succeeded(self, endpoint: Endpoint, latency_s: float) -> None:
        """It answered in that time."""
        endpoint.failures, endpoint.retry_at, endpoint.last_error = 0, 0.0, None
        known = endpoint.latency_s
        endpoint.latency_s = latency_s if known is None else 0.8 * known + 0.2 * latency_s

    def failed(self, endpoint: Endpoint, error: str) -> None:
        """It did not answer, or not sensibly; it is left alone for a while."""
        endpoint.failures += 1
        endpoint.last_error = error
        endpoint.retry_at = self._now() + self._back_off.after(endpoint.failures)

    def health(self) -> tuple[EndpointHealth, ...]:
        """All of them, in configured order."""
        return tuple(
            EndpointHealth(
                address=redact_url(e.url),
                failures=e.failures,
                latency_s=e.latency_s,
                last_error=e.last_error,
            )
            for e in self._endpoints
        )


def _rank(endpoint: Endpoint) -> tuple[int, float, int]:
    # Within 50 ms latencies count as equal, so that the configured order stays stable.
    return endpoint.failures, round((endpoint.latency_s or 0.0) / 0.05), endpoint.position
