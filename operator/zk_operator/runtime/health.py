"""What each service says of itself, for the node API, readiness and the status command."""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from zk_acts.ports.clock import Clock

STALE_MS = 300_000  # a service that orders depend on and that has not finished a pass for so long


class ServiceStatus(StrEnum):
    """As the AVS node specification words it."""

    INITIALIZING = "Initializing"
    UP = "Up"
    DOWN = "Down"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceHealth:
    """One service: status, when its last pass succeeded, why the last one did not."""

    name: str
    description: str
    status: ServiceStatus = ServiceStatus.INITIALIZING
    since_ms: int = 0  # when it was registered
    last_success_ms: int | None = None
    error_code: str | None = None
    error: str | None = None
    restarts: int = 0


@dataclass(slots=True)
class HealthBoard:
    """The services' health, and the alerts that an operator has to act on.

    `ready`: the services run. Whether the operator does its work is `is_ready`. `needed`: the services without which
    no order is seen.
    """

    clock: Clock
    services: dict[str, ServiceHealth] = field(default_factory=dict)
    alerts: dict[str, str] = field(default_factory=dict)
    ready: bool = False
    needed: tuple[str, ...] = ("intake",)
    behind: dict[str, str] = field(default_factory=dict)

    def register(self, name: str, description: str) -> None:
        """Add a service that has not run yet."""
        now = self.clock.now_ms()
        self.services[name] = ServiceHealth(name=name, description=description, since_ms=now)

    def succeeded(self, name: str) -> None:
        """A pass of the service went through."""
        self.services[name] = replace(
            self.services[name],
            status=ServiceStatus.UP,
            last_success_ms=self.clock.now_ms(),
            error_code=None,
            error=None,
        )

    def failed(self, name: str, code: str, error: str, *, restarted: bool = False) -> None:
        """A pass of the service failed."""
        before = self.services[name]
        self.services[name] = replace(
            before,
            status=ServiceStatus.DOWN,
            error_code=code,
            error=error,
            restarts=before.restarts + int(restarted),
        )

    def raise_alert(self, name: str, text: str) -> bool:
        """Something needs a human; True when that is news."""
        news = name not in self.alerts
        self.alerts[name] = text
        return news

    def clear_alert(self, name: str) -> bool:
        """It is over; True when that is news."""
        return self.alerts.pop(name, None) is not None

    def fall_behind(self, name: str, text: str) -> None:
        """That service works, but too far behind to be called ready."""
        self.behind[name] = text

    def catch_up(self, name: str) -> None:
        """It is near enough."""
        self.behind.pop(name, None)

    @property
    def not_ready(self) -> tuple[str, ...]:
        """Why the operator is not ready; nothing when it is."""
        if not self.ready:
            return ("the services do not run",)
        now = self.clock.now_ms()
        needed = [self.services[name] for name in self.needed if name in self.services]
        stale = [
            f"{each.name} has not finished a pass for {silent_ms // 1000} s"
            for each in needed
            if (silent_ms := now - (each.last_success_ms or each.since_ms)) > STALE_MS
        ]
        return (*stale, *(f"{name}: {text}" for name, text in self.behind.items()))

    @property
    def is_ready(self) -> bool:
        """Whether orders are seen as they come."""
        return not self.not_ready

    @property
    def http_status(self) -> int:
        """200 healthy, 206 partially or still starting, 503 when nothing works."""
        states = {service.status for service in self.services.values()}
        if states <= {ServiceStatus.DOWN}:
            return 503
        return 200 if states == {ServiceStatus.UP} and not self.alerts and self.is_ready else 206
