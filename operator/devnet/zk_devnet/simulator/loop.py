"""An event loop in virtual time: when nothing is ready, the clock jumps to the next timer. No sockets, no threads."""

import asyncio
import contextvars
import selectors
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Stalled(Exception):
    """Raised when everything waits for something that nobody will bring."""


class Watched(Protocol):
    """Whoever wants to know of each step that a task of it takes. `is_dead`: nothing of it may have effects any more."""

    is_dead: bool

    def began(self, task: "asyncio.Task[Any]") -> None:
        """Called with each task that it starts."""
        ...

    def step(self) -> Callable[[], None] | None:
        """Called before a step is queued; what it returns runs before that step."""
        ...


WATCHED: contextvars.ContextVar[Watched | None] = contextvars.ContextVar("watched", default=None)


class _Timers(selectors.BaseSelector):
    """Never waits: moves the loop's clock instead."""

    MOST_ROUNDS = 100_000  # of steps that follow each other without any time between them

    def __init__(self, loop: "VirtualLoop") -> None:
        self._loop = loop
        self._rounds = 0

    def select(self, timeout: float | None = None) -> list[Any]:
        """Let the time pass that would have been waited."""
        if timeout is None:
            raise Stalled("nothing is left to happen")
        self._rounds += 1
        if timeout > 0:
            self._rounds = 0
            self._loop.pass_time(timeout)
        if self._rounds > self.MOST_ROUNDS:
            raise Stalled("something goes round and round, and no time passes")
        return []

    def register(self, fileobj: Any, events: int, data: Any = None) -> Any:
        """Sockets are not simulated."""
        raise NotImplementedError

    def unregister(self, fileobj: Any) -> Any:
        """Sockets are not simulated."""
        raise NotImplementedError

    def get_map(self) -> Any:
        """Nothing is registered."""
        return {}


class VirtualLoop(asyncio.BaseEventLoop):
    """Runs tasks one after the other; `time` starts at 0."""

    def __init__(self) -> None:
        super().__init__()
        self._virtual_s = 0.0
        self._selector = _Timers(self)
        # A timer is due when the clock reads its moment to the last digit.
        self._clock_resolution = 1e-9

    def time(self) -> float:
        """Virtual seconds."""
        return self._virtual_s

    def pass_time(self, seconds: float) -> None:
        """Move the clock."""
        self._virtual_s += seconds

    def call_soon(  # type: ignore[override]  # the signature of all handles
        self,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> asyncio.Handle:
        """Queue a step; whoever watches the task hears of it first."""
        watched = WATCHED.get() if context is None else context.get(WATCHED)
        if watched is not None and (before := watched.step()) is not None:
            super().call_soon(before, context=contextvars.Context())
        return super().call_soon(callback, *args, context=context)

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

    def _process_events(self, event_list: list[Any]) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """Nobody sleeps who would have to be woken."""


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
