"""For a program that shows neither metrics nor alerts: its log and its errors say all."""


class NoTelemetry:
    """Telemetry that nobody reads."""

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """Do nothing."""

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """Do nothing."""


class LoggedAlerts:
    """An AlertBoard whose alerts are what the services log of them."""

    def __init__(self) -> None:
        self.alerts: set[str] = set()

    def raise_alert(self, name: str, text: str) -> bool:  # noqa: ARG002 - the port's
        """True when it did not stand yet."""
        news = name not in self.alerts
        self.alerts.add(name)
        return news

    def clear_alert(self, name: str) -> bool:
        """True when it stood."""
        stood = name in self.alerts
        self.alerts.discard(name)
        return stood
