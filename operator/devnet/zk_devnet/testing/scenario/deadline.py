"""Waiting for a condition, never longer than it may take."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio

T = TypeVar("T")
_POLL_S = 0.1


class ScenarioStuck(AssertionError):
    """Raised when a condition that a scenario waits for does not come true in time."""


async def until(condition: Callable[[], Awaitable[T | None]], what: str, *, timeout_s: float) -> T:
    """The first true value of the condition, looked at ten times a second. Raises ScenarioStuck."""
    with anyio.move_on_after(timeout_s):
        while True:
            value = await condition()
            if value:
                return value
            await anyio.sleep(_POLL_S)
    raise ScenarioStuck(f"not within {timeout_s:g} s: {what}")
