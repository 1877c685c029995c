"""An event loop in virtual time: when nothing is ready, the clock jumps to the next timer. No sockets, no threads."""

import asyncio
import contextvars
import heapq
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Final, Protocol, TypeVar

T = TypeVar("T")
MOST_STEPS: Final = 300_000  # that follow each other without any time between them


class Stalled(Exception):
    """Raised when everything waits for something that nobody will bring."""


class Watched(Protocol):
    """Whoever wants to know of each step that a task of it takes. `is_dead`: nothing of it may have effects any more."""

    is_dead: bool

    def began(self, task: "asyncio.Task[Any]") -> None:
        """Called with each task that it starts."""
        ...

    def step(self, callback: Callable[..., object]) -> Callable[[], None] | None:
        """Called before a step is queued; what it returns runs before that step. A task's own has the task as `__self__`."""
        ...


WATCHED: contextvars.ContextVar[Watched | None] = contextvars.ContextVar("watched", default=None)


class _Step(asyncio.TimerHandle):
    """A call to be made, now or at a time. Lighter than asyncio's, which ask the loop for its debug mode all the time."""

    __slots__ = ("arguments", "callback", "context")

    def __init__(
        self, callback: Callable[..., object], arguments: Any, context: contextvars.Context | None
    ) -> None:
        self.callback: Callable[..., object] | None = callback
        self.arguments = arguments
        self.context = contextvars.copy_context() if context is None else context

    def cancel(self) -> None:
        """It is not made."""
        self.callback = self.arguments = None

    def cancelled(self) -> bool:
        """Whether it is made no more."""
        return self.callback is None


class VirtualLoop(asyncio.BaseEventLoop):
    """Runs tasks one after the other; `time` starts at 0."""

    def __init__(self) -> None:
        super().__init__()
        self._virtual_s = 0.0
        self._ready: deque[_Step] = deque()
        self._timers: list[tuple[float, int, _Step]] = []
        self._timers_made = self._steps = 0

    def time(self) -> float:
        """Virtual seconds."""
        return self._virtual_s

    def call_soon(  # type: ignore[override]  # the signature of all handles
        self,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> asyncio.Handle:
        """Queue a step; whoever watches the task hears of it first."""
        watched = WATCHED.get() if context is None else context.get(WATCHED)
        if watched is not None and (before := watched.step(callback)) is not None:
            self._ready.append(_Step(before, (), contextvars.Context()))
        step = _Step(callback, args, context)
        self._ready.append(step)
        return step

    call_soon_threadsafe = call_soon  # type: ignore[assignment]  # there is one thread

    def call_later(  # type: ignore[override]
        self,
        delay: float,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        """As `call_at`, from now on."""
        return self.call_at(self._virtual_s + delay, callback, *args, context=context)

    def call_at(  # type: ignore[override]
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        """Queue a step for that time; of equal times in the order of asking."""
        step = _Step(callback, args, context)
        self._timers_made += 1
        heapq.heappush(self._timers, (when, self._timers_made, step))
        return step

    def create_task(
        self,
        coro: Any,
        *,
        name: object = None,
        context: contextvars.Context | None = None,
    ) -> "asyncio.Task[Any]":
        """As asyncio's; whoever is watched hears of it."""
        task: asyncio.Task[Any] = super().create_task(coro, name=name, context=context)
        watched = WATCHED.get() if context is None else context.get(WATCHED)
        if watched is not None:
            watched.began(task)
        return task

    def _run_once(self) -> None:
        """What is ready; where nothing is, what the next time brings."""
        ready = self._ready
        if not ready:
            self._pass_time()
        self._steps += len(ready)
        if self._steps > MOST_STEPS:
            raise Stalled("something goes round and round, and no time passes")
        for _ in range(len(ready)):
            step = ready.popleft()
            if step.callback is not None:
                step.context.run(step.callback, *step.arguments)

    def _pass_time(self) -> None:
        """Never waits: moves the clock instead."""
        timers = self._timers
        while timers and timers[0][2].callback is None:
            heapq.heappop(timers)
        if not timers:
            raise Stalled("nothing is left to happen")
        self._steps = 0
        self._virtual_s = max(self._virtual_s, timers[0][0])
        while timers and timers[0][0] <= self._virtual_s:
            self._ready.append(heapq.heappop(timers)[2])


def run_virtual(main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run to the end in a loop of its own; what is left running then is cancelled."""
    loop = VirtualLoop()
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(main())
    finally:
        _cancel_rest(loop)
        asyncio.set_event_loop(None)
        loop.close()


def _cancel_rest(loop: VirtualLoop) -> None:
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    if left:
        with suppress(Stalled):
            loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
