"""Running things until a signal says stop."""

import signal
from collections.abc import Awaitable, Callable

import anyio

from zk_operator.domain.errors import OperatorError


def run_unwrapped(work: Callable[[], Awaitable[None]]) -> None:
    """Run to the end. An error of ours inside a group of errors is raised alone; a group without one as it is."""
    try:
        anyio.run(work)
    except BaseExceptionGroup as group:
        ours = _first_of_ours(group)
        if ours is None:
            raise
        raise ours from None


async def stop_requested() -> None:
    """Wait for SIGINT or SIGTERM."""
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for _ in signals:
            return


def _first_of_ours(group: BaseExceptionGroup[BaseException]) -> OperatorError | None:
    for error in group.exceptions:
        if isinstance(error, OperatorError):
            return error
        if isinstance(error, BaseExceptionGroup):
            found = _first_of_ours(error)
            if found is not None:
                return found
    return None
