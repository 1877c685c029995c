"""Steps one after the other, each within its own limit and the run's, and none able to take the others along."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import anyio

from gpu_check.report import Outcome, Report, StepResult

LEAST_S = 5.0  # with less left, a step is not begun
Facts = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What a step may take, in seconds, and which ones have to be ok before it."""

    name: str
    limit_s: float
    needs: tuple[str, ...] = ()
    is_optional: bool = False


class StepFailed(Exception):
    """Raised when a step finds that something is not as it should be."""


class StepSkipped(Exception):
    """Raised when a step cannot be tried here."""


class Run:
    """The steps of a run, and what is left of its time."""

    def __init__(
        self, report: Report, *, limit_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.report = report
        self._clock = clock
        self._ends_at = clock() + limit_s

    @property
    def left_s(self) -> float:
        """Seconds until the run has to be over."""
        return self._ends_at - self._clock()

    async def take(self, step: Step, action: Callable[[Facts], Awaitable[None]]) -> StepResult:
        """Try one, whatever comes of it. `action` writes what it measures into the facts as it goes."""
        result = StepResult(
            name=step.name, limit_s=min(step.limit_s, self.left_s), is_optional=step.is_optional
        )
        started = self._clock()
        self.report.begin(result)
        result.reason = self._obstacle(step)
        if result.reason is None:
            result.outcome, result.reason = await _tried(action, result)
        else:
            result.outcome = Outcome.SKIPPED
        result.seconds = self._clock() - started
        self.report.end(result)
        return result

    def _obstacle(self, step: Step) -> str | None:
        for name in step.needs:
            outcome = self.report.outcome_of(name)
            if outcome is not Outcome.OK:
                return f"{name} is not ok ({outcome or 'not tried'})"
        if self.left_s < LEAST_S:
            return "the run's time is over"
        return None


async def _tried(
    action: Callable[[Facts], Awaitable[None]], result: StepResult
) -> tuple[Outcome, str | None]:
    with anyio.move_on_after(result.limit_s) as scope:
        try:
            await action(result.facts)
        except StepSkipped as error:
            return Outcome.SKIPPED, str(error)
        except Exception as error:  # noqa: BLE001 - the steps after this one are worth trying, whatever this is
            return Outcome.FAILED, str(error) or type(error).__name__
    if scope.cancelled_caught:
        return Outcome.TIMED_OUT, f"not done after {result.limit_s:.0f} s"
    return Outcome.OK, None
