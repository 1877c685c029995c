"""What each service says of itself, for the node API, readiness and the status command."""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from zk_operator.ports.clock import Clock


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
    last_success_ms: int | None = None
    error_code: str | None = None
    error: str | None = None
    restarts: int = 0


@dataclass(slots=True)
class HealthBoard:
    """The services' health, and the alerts that an operator has to act on."""

    clock: Clock
    services: dict[str, ServiceHealth] = field(default_factory=dict)
    alerts: dict[str, str] = field(default_factory=dict)
    ready: bool = False

    def register(self, name: str, description: str) -> None:
        """Add a service that has not run yet."""
        self.services[name] = ServiceHealth(name=name, description=description)

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

    @property
    def http_status(self) -> int:
        """200 healthy, 206 partially or still starting, 503 when nothing works."""
        states = {service.status for service in self.services.values()}
        if states <= {ServiceStatus.DOWN}:
            return 503
        return 200 if states == {ServiceStatus.UP} and not self.alerts and self.ready else 206
