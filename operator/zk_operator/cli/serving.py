"""Running things until a signal says stop."""

import signal
from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio

from zk_acts.domain.errors import OperatorError

T = TypeVar("T")


def run_until_signal(work: Callable[[], Awaitable[T]]) -> T | None:
    """Run to the end, or until SIGINT or SIGTERM cancels it; then None.

    An error of ours inside a group of errors is raised alone; a group without one as it is.
    """

    async def guarded() -> T | None:
        result: T | None = None
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_cancel_at_signal, tasks.cancel_scope, name="signals")
            result = await work()
            tasks.cancel_scope.cancel()
        return result

    try:
        return anyio.run(guarded)
    except BaseExceptionGroup as group:
        ours = first_of_ours(group)
        if ours is None:
            raise
        raise ours from None


def first_of_ours(group: BaseExceptionGroup[BaseException]) -> OperatorError | None:
    """The first OperatorError in a group, however deep."""
    for error in group.exceptions:
        if isinstance(error, OperatorError):
            return error
        if isinstance(error, BaseExceptionGroup):
            found = first_of_ours(error)
            if found is not None:
                return found
    return None


async def _cancel_at_signal(scope: anyio.CancelScope) -> None:
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for _ in signals:
            scope.cancel()
