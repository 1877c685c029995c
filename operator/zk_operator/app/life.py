"""What signals ask of the daemon: SIGTERM and SIGINT end it, SIGHUP has the configuration read again."""

import signal
import sys
from collections.abc import Awaitable, Callable

import anyio
import structlog

from zk_acts.domain.errors import OperatorError
from zk_acts.runtime.logs import configure_logs
from zk_operator.runtime.supervisor import Supervisor
from zk_operator.runtime.telemetry import Telemetry
from zk_operator.settings import (
    LoadedSettings,
    Settings,
    plan_reload,
    shown,
    value_of,
)

log = structlog.get_logger("daemon")

ReadSettings = Callable[[], LoadedSettings]
CheckFiles = Callable[[Settings], Awaitable[object]]
"""Reads every file that settings name. Raises an OperatorError where one cannot be used."""


class Life:
    """Which settings are in effect, and whether the services that run are to end: for good, or to begin again."""

    def __init__(
        self, *, settings: Settings, reread: ReadSettings, check: CheckFiles, telemetry: Telemetry
    ) -> None:
        self.settings = settings
        self._reread = reread
        self._check = check
        self._telemetry = telemetry
        telemetry.count("reloads", 0, result="failed")  # so that the first one is an increase
        self._supervisor: Supervisor | None = None
        self._has_begun = False
        self.is_ending = False

    def begin(self, supervisor: Supervisor, settings: Settings) -> None:
        """These services run from now on, under these settings; a signal that came before they did counts."""
        self._supervisor, self._has_begun = supervisor, True
        if self.is_ending or settings is not self.settings:
            supervisor.stop()

    def pause(self) -> None:
        """They have ended, and the next ones do not run yet."""
        self._supervisor = None

    async def obey_signals(self, starting: anyio.CancelScope) -> None:
        """The first signal to end drains, the second ends at once; before any services run, nothing is drained."""
        wanted = [signal.SIGTERM, signal.SIGINT]
        if not sys.stderr.isatty():  # on a terminal SIGHUP says that the terminal is gone
            wanted.append(signal.SIGHUP)
        with anyio.open_signal_receiver(*wanted) as signals:
            async for number in signals:
                log.info("signal.received", signal=signal.Signals(number).name)
                if number == signal.SIGHUP:
                    await self.reload()
                else:
                    self.end(starting)

    def end(self, starting: anyio.CancelScope) -> None:
        """Drain; asked a second time, do not wait for that."""
        if self._supervisor is not None:
            if self.is_ending:
                self._supervisor.abort()
            self._supervisor.stop()
        elif self.is_ending or not self._has_begun:
            starting.cancel()
        self.is_ending = True

    async def reload(self) -> None:
        """Read the configuration again. What is wrong with it is said, and everything stays as it was.

        It is checked as a restart would, static keys included: what a reload takes, a restart must not refuse.
        """
        if self.is_ending:
            return
        try:
            new = self._reread().settings
            plan = plan_reload(self.settings, new)
            # Before anything ends: what a restart would refuse must not stop what runs (ADR 0180).
            await self._check(new)
            if (
                plan.refused and plan.applied
            ):  # static keys keep their old files, which the next services read
                await self._check(plan.settings)
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
