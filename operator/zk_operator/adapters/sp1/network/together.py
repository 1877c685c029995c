"""Questions that do not wait for each other's answers."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Generic, TypeVar, TypeVarTuple

import anyio
from anyio.abc import TaskGroup

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class Answer(Generic[T]):
    """A place for an answer; `value` is there once the block has ended."""

    __slots__ = ("value",)
    value: T


class Questions:
    """Asks at once; the block that gave it out waits for all answers."""

    def __init__(self, tasks: TaskGroup) -> None:
        self._tasks = tasks

    def ask(self, question: Callable[[*Ts], Awaitable[T]], *about: *Ts) -> Answer[T]:
        """Start one."""
        answer: Answer[T] = Answer()

        async def put() -> None:
            answer.value = await question(*about)

        self._tasks.start_soon(put, name=f"question:{question.__name__}")
        return answer


@asynccontextmanager
async def together() -> AsyncIterator[Questions]:
    """All answers are there at the end. One that fails ends the others, and its error leaves as itself."""
    try:
        async with anyio.create_task_group() as tasks:
            yield Questions(tasks)
    except ExceptionGroup as group:
        raise _first(group) from None


def _first(group: ExceptionGroup[Exception]) -> Exception:
    first = group.exceptions[0]
    return _first(first) if isinstance(first, ExceptionGroup) else first
