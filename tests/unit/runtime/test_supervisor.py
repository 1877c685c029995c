"""Supervisor: expected failures back off, fatal ones end the process, surprises are restarted and then given up."""

from collections.abc import Sequence

import anyio
import anyio.lowlevel
import pytest

from zk_devnet.testing.manual_clock import ManualClock
from zk_operator.domain.failures import EvmUnreachable, LeaseLost
from zk_operator.runtime.health import HealthBoard, ServiceStatus
from zk_operator.runtime.supervisor import RestartPolicy, Service, ServiceFaulted, Supervisor
from zk_operator.runtime.telemetry import Telemetry

NO_DELAY = RestartPolicy(first_s=0, most_s=0, max_unexpected=3)


class Scripted:
    """A service whose passes raise what the script says (None: they succeed)."""

    description = "A scripted service"

    def __init__(self, *script: Exception | None, name: str = "scripted") -> None:
        self.name = name
        self.passes = 0
        self.rang = anyio.Event()
        self.done = anyio.Event()
        self._script = list(script)

    async def tick(self) -> None:
        await anyio.lowlevel.checkpoint()
        self.passes += 1
        if not self._script:
            self.done.set()
            return
        error = self._script.pop(0)
        if error is not None:
            raise error

    async def wake(self) -> None:
        if self._script:
            await anyio.lowlevel.checkpoint()
        else:
            await self.rang.wait()
            self.rang = anyio.Event()


def _supervisor(
    *services: Service, telemetry: Telemetry | None = None
) -> tuple[Supervisor, HealthBoard]:
    board = HealthBoard(clock=ManualClock())
    supervisor = Supervisor(
        services=services,
        board=board,
        telemetry=telemetry or Telemetry(),
        interval_s=1_000,
        policy=NO_DELAY,
    )
    return supervisor, board


async def _run_until(supervisor: Supervisor, *events: anyio.Event) -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(supervisor.run)
        with anyio.fail_after(5):
            for event in events:
                await event.wait()
        supervisor.stop()


async def test_supervisor__expected_failure__named_on_the_board_and_cleared_by_success() -> None:
    service, telemetry = Scripted(EvmUnreachable(), EvmUnreachable()), Telemetry()
    supervisor, board = _supervisor(service, telemetry=telemetry)

    await _run_until(supervisor, service.done)

    health = board.services["scripted"]
    counted = telemetry.registry.get_sample_value(
        "zk_operator_failures_total", {"service": "scripted", "code": "ZKO-EVM-001"}
    )
    assert (health.status, health.error_code, health.restarts) == (ServiceStatus.UP, None, 0)
    assert (service.passes, counted) == (3, 2)


async def test_supervisor__fatal_failure__ends_the_run_with_that_error() -> None:
    healthy = Scripted(name="healthy")
    supervisor, _ = _supervisor(healthy, Scripted(LeaseLost()))

    with pytest.raises(ExceptionGroup) as caught, anyio.fail_after(5):
        await supervisor.run()

    assert caught.group_contains(LeaseLost)


async def test_supervisor__fatal_failure_inside_a_group__still_fatal() -> None:
    surprise = ExceptionGroup("many", [ExceptionGroup("inner", [ValueError(), LeaseLost()])])
    supervisor, _ = _supervisor(Scripted(surprise))

    with pytest.raises(ExceptionGroup) as caught, anyio.fail_after(5):
        await supervisor.run()

    assert caught.group_contains(LeaseLost)


async def test_supervisor__expected_failure_inside_a_group__no_restart_is_counted() -> None:
    service = Scripted(ExceptionGroup("many", [EvmUnreachable()]))
    supervisor, board = _supervisor(service)

    await _run_until(supervisor, service.done)

    assert board.services["scripted"].restarts == 0


async def test_supervisor__surprise__counted_as_restart_and_the_others_go_on() -> None:
    service, other = Scripted(KeyError("surprise")), Scripted(name="other")
    supervisor, board = _supervisor(service, other)

    await _run_until(supervisor, service.done, other.done)

    assert board.services["scripted"].restarts == 1
    assert board.services["scripted"].status is ServiceStatus.UP


async def test_supervisor__surprises_without_end__gives_up_with_its_exit_code() -> None:
    service = Scripted(*[KeyError(n) for n in range(10)])
    supervisor, _ = _supervisor(service)

    with pytest.raises(ExceptionGroup) as caught, anyio.fail_after(5):
        await supervisor.run()

    assert caught.group_contains(ServiceFaulted)
    assert service.passes == 4
    assert ServiceFaulted.exit_code == 70


async def test_supervisor__surprise_after_many_expected_failures__not_given_up() -> None:
    script: Sequence[Exception] = [*[EvmUnreachable()] * 8, KeyError("one")]
    service = Scripted(*script)
    supervisor, board = _supervisor(service)

    await _run_until(supervisor, service.done)

    assert board.services["scripted"].restarts == 1


async def test_supervisor__wake_fails__counts_as_a_failed_pass() -> None:
    class Deaf(Scripted):
        deaf = True

        async def wake(self) -> None:
            if self.deaf:
                self.deaf = False
                raise EvmUnreachable
            await super().wake()

    service = Deaf(None)
    supervisor, board = _supervisor(service)

    await _run_until(supervisor, service.done)

    assert board.services["scripted"].status is ServiceStatus.UP


async def test_supervisor__bell_rings__next_pass_without_waiting_for_the_interval() -> None:
    service = Scripted()
    supervisor, _ = _supervisor(service)
    async with anyio.create_task_group() as group:
        group.start_soon(supervisor.run)
        with anyio.fail_after(5):
            await service.done.wait()
            service.done = anyio.Event()
            service.rang.set()
            await service.done.wait()
        supervisor.stop()

    assert service.passes == 2


async def test_supervisor__stopped__services_go_on_during_the_drain_and_end_after_it() -> None:
    service = Scripted()
    supervisor, _ = _supervisor(service)
    passes: list[int] = []

    async def drain() -> None:
        service.done = anyio.Event()
        service.rang.set()
        with anyio.fail_after(5):
            await service.done.wait()
        passes.append(service.passes)

    async with anyio.create_task_group() as group:
        group.start_soon(supervisor.run, drain)
        with anyio.fail_after(5):
            await service.done.wait()
        supervisor.stop()

    assert supervisor.is_stopping
    assert passes == [2]


async def test_supervisor__aborted__drain_is_not_waited_for() -> None:
    service = Scripted()
    supervisor, _ = _supervisor(service)
    async with anyio.create_task_group() as group:
        group.start_soon(supervisor.run, anyio.sleep_forever)
        with anyio.fail_after(5):
            await service.done.wait()
        supervisor.stop()
        supervisor.abort()


@pytest.mark.parametrize(("failures", "delay"), [(1, 0.5), (2, 0.8), (3, 1.28), (100, 20.0)])
def test_restart_policy__failures_in_a_row__wait_longer_up_to_a_limit(
    failures: int, delay: float
) -> None:
    assert RestartPolicy().delay_s(failures) == pytest.approx(delay)
