"""What signals ask of the daemon: SIGTERM and SIGINT end it, SIGHUP has the configuration read again."""

import signal
import sys
from collections.abc import Callable

import anyio
import structlog

from zk_operator.domain.errors import OperatorError
from zk_operator.runtime.logs import configure_logs
from zk_operator.runtime.supervisor import Supervisor
from zk_operator.runtime.telemetry import Telemetry
from zk_operator.settings import LoadedSettings, Settings, plan_reload, shown, value_of

log = structlog.get_logger("daemon")

ReadSettings = Callable[[], LoadedSettings]


class Life:
    """Which settings are in effect, and whether the services that run are to end: for good, or to begin again."""

    def __init__(self, *, settings: Settings, reread: ReadSettings, telemetry: Telemetry) -> None:
        self.settings = settings
        self._reread = reread
        self._telemetry = telemetry
        self._supervisor: Supervisor | None = None
        self.is_ending = False

    def begin(self, supervisor: Supervisor) -> None:
        """These services run from now on; a signal that came before they did counts."""
        self._supervisor = supervisor
        if self.is_ending:
            supervisor.stop()

    async def obey_signals(self, starting: anyio.CancelScope) -> None:
        """The first signal to end drains, the second ends at once; before services run, nothing is drained."""
        wanted = [signal.SIGTERM, signal.SIGINT]
        if not sys.stderr.isatty():  # on a terminal SIGHUP says that the terminal is gone
            wanted.append(signal.SIGHUP)
        with anyio.open_signal_receiver(*wanted) as signals:
            async for number in signals:
                log.info("signal.received", signal=signal.Signals(number).name)
                if number == signal.SIGHUP:
                    self.reload()
                else:
                    self.end(starting)

    def end(self, starting: anyio.CancelScope) -> None:
        """Drain; asked a second time, do not wait for that."""
        if self._supervisor is None:
            starting.cancel()
        else:
            if self.is_ending:
                self._supervisor.abort()
            self._supervisor.stop()
        self.is_ending = True

    def reload(self) -> None:
        """Read the configuration again. What is wrong with it is said, and everything stays as it was."""
        if self.is_ending:
            return
        try:
            plan = plan_reload(self.settings, self._reread().settings)
        except OperatorError as error:
            self._telemetry.count("reloads", result="failed")
            log.error("config.rejected", code=error.code, error=str(error))
            return
        if plan.refused:
            log.warning("config.restart_needed", keys=plan.refused)
        self._telemetry.count("reloads", result="partial" if plan.refused else "applied")
        log.info(
            "config.reloaded",
            changed={key: shown(key, value_of(plan.settings, key)) for key in plan.applied},
        )
        if plan.applied:
            self.settings = plan.settings
            configure_logs(level=self.settings.log.level, form=self.settings.log.format)
            if self._supervisor is not None:
                self._supervisor.stop()
