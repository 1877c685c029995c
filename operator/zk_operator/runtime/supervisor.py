"""The supervisor: owns every service's task, decides what a failure means, and stops them in order.

A service is a loop over rows that it owns. Wake-ups and chain heads wake it early; the tick finds everything without them.
"""

import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import anyio
import structlog

from zk_acts.domain.errors import Disposition, OperatorError
from zk_operator.runtime.health import HealthBoard
from zk_operator.runtime.telemetry import Telemetry

log = structlog.get_logger("supervisor")


class UnexpectedFailure(OperatorError):
    """Raised when a service fails unexpectedly; never by name: it stands for every exception that is none of ours.

    Meaning: A pass of a service ended with an exception that is none of ours. The supervisor runs it again with
    back-off (0.5 s to 20 s). It is a mistake in the program, or something of the machine (memory, file descriptors)
    that ran out.

    What you see: `service.crashed` with the trace; `zk_operator_failures_total{code="ZKO-RUN-001"}` grows; the
    service is `Down` in `/eigen/node/services`. Rows are unharmed: every pass is a transaction or is repeated from
    the rows.

    What to do: Read the last line of the trace. Report it with the trace and the version. If it repeats more than
    ten times in a row, the process ends with ZKO-RUN-002.
    """

    code = "ZKO-RUN-001"
    disposition = Disposition.TRANSIENT


UNEXPECTED = UnexpectedFailure.code


class ServiceFaulted(OperatorError):
    """Raised when a service failed unexpectedly more often in a row than it may.

    Meaning: A service failed unexpectedly (ZKO-RUN-001) more than ten times in a row. Going on would hide the
    fault.

    What you see: The process ends with exit code 70 and names the service and the last failure; systemd starts it
    again.

    What to do: See the `service.crashed` lines before it. What was paid for is in the rows and is resolved at the
    next start. Go back to the last version if it began with an update, and report it.
    """

    code = "ZKO-RUN-002"
    disposition = Disposition.FATAL
    exit_code = 70


class Service(Protocol):
    """One concern of the daemon."""

    @property
    def name(self) -> str: ...

    @property
    def description(self) -> str: ...

    async def tick(self) -> None:
        """One pass over the rows that the service owns. Level-triggered: safe to run at any time, any number of times."""
        ...

    async def wake(self) -> None:
        """Return when there may be work; bounded by the supervisor's interval."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartPolicy:
    """Back-off between failed passes: first, factor, most (seconds); unexpected failures in a row before giving up."""

    first_s: float = 0.5
    factor: float = 1.6
    most_s: float = 20.0
    max_unexpected: int = 10

    def delay_s(self, failures: int) -> float:
        """Seconds to wait after that many failures in a row (1 or more)."""
        return min(self.first_s * self.factor ** (failures - 1), self.most_s)


class Supervisor:
    """Runs the services until stopped; `run` returns after the drain or raises the fatal error."""

    def __init__(
        self,
        *,
        services: Sequence[Service],
        board: HealthBoard,
        telemetry: Telemetry,
        interval_s: float,
        intervals: Mapping[str, float] | None = None,
        policy: RestartPolicy | None = None,
    ) -> None:
        self._services = services
        self._board = board
        self._telemetry = telemetry
        self._interval_s = interval_s
        self._intervals = intervals or {}
        self._policy = policy or RestartPolicy()
        self._stopping = anyio.Event()
        self._aborting = anyio.Event()
        for service in services:
            board.register(service.name, service.description)
            # One that never gets through a pass ages from here on.
            telemetry.gauge("last_success", board.clock.now_ms() / 1000, stage=service.name)
            # A counter that begins with its first event shows no increase at it.
            telemetry.count("failures", 0, service=service.name, code=UNEXPECTED)

    def stop(self) -> None:
        """Let every service finish its pass and end."""
        self._stopping.set()

    @property
    def is_stopping(self) -> bool:
        """Whether `stop` was called."""
        return self._stopping.is_set()

    def abort(self) -> None:
        """Do not wait for the drain."""
        self._aborting.set()

    async def run(self, drain: Callable[[], Awaitable[None]] | None = None) -> None:
        """Run all services; on `stop`, run `drain` while they go on, then end them."""
        async with anyio.create_task_group() as group:
            for service in self._services:
                group.start_soon(self._serve, service, name=f"service:{service.name}")
            await self._stopping.wait()
            # The services go on while it drains: what is in hand is finished by them.
            if drain is not None:
                await self._until_aborted(drain)
            group.cancel_scope.cancel()

    async def _until_aborted(self, drain: Callable[[], Awaitable[None]]) -> None:
        async def watch(scope: anyio.CancelScope) -> None:
            await self._aborting.wait()
            scope.cancel()

        async with anyio.create_task_group() as group:
            group.start_soon(watch, group.cancel_scope)
            await drain()
            group.cancel_scope.cancel()

    async def _serve(self, service: Service) -> None:
        failures = surprises = 0
        while True:
            try:
                await _tick(service)
                failures = surprises = 0
                self._succeeded(service)
                # Bounded: what no wake-up announces is found all the same (ADR 0005).
                with anyio.move_on_after(self._intervals.get(service.name, self._interval_s)):
                    await service.wake()
                continue
            except OperatorError as error:
                surprises = 0
                self._expected(service, error)
            except Exception as error:  # noqa: BLE001 - the one place that turns surprises into restarts
                surprises += 1
                self._unexpected(service, error, surprises)
            failures += 1
            # Also after an expected failure: an endpoint that is down is not asked in a circle.
            await anyio.sleep(self._policy.delay_s(failures))

    def _succeeded(self, service: Service) -> None:
        self._board.succeeded(service.name)
        now_s = self._board.clock.now_ms() / 1000
        self._telemetry.gauge("last_success", now_s, stage=service.name)

    def _expected(self, service: Service, error: OperatorError) -> None:
        if error.disposition is Disposition.FATAL:
            log.error("service.stopped", service=service.name, code=error.code, error=str(error))
            raise error
        self._telemetry.count("failures", service=service.name, code=error.code)
        self._board.failed(service.name, error.code, str(error))
        log.warning("service.failed", service=service.name, code=error.code, error=str(error))

    def _unexpected(self, service: Service, error: Exception, surprises: int) -> None:
        self._telemetry.count("failures", service=service.name, code=UNEXPECTED)
        self._board.failed(service.name, UNEXPECTED, repr(error), restarted=True)
        log.error(
            "service.crashed",
            service=service.name,
            code=UNEXPECTED,
            error=repr(error),
            trace="".join(traceback.format_exception(error)),
        )
        if surprises > self._policy.max_unexpected:
            raise ServiceFaulted(service=service.name, last=repr(error)) from error


async def _tick(service: Service) -> None:
    """One pass. Of a group of errors the first of ours is raised, so that it is judged by its disposition."""
    try:
        await service.tick()
    except ExceptionGroup as group:
        ours = group.subgroup(OperatorError)
        raise _first_leaf(ours or group) from group


def _first_leaf(group: ExceptionGroup[Exception]) -> Exception:
    first = group.exceptions[0]
    return _first_leaf(first) if isinstance(first, ExceptionGroup) else first
