"""Waiting for the chain with an end to it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import anyio

from zk_acts.domain.errors import Disposition, OperatorError

T = TypeVar("T")


class WaitedInVain(Exception):
    """Nothing came within the time. `last_error`: what the latest probe failed with, if it did."""

    def __init__(self, last_error: OperatorError | None) -> None:
        super().__init__(str(last_error) if last_error else "nothing came")
        self.last_error = last_error


@dataclass(frozen=True, slots=True, kw_only=True)
class Polling:
    """How long to wait, and how often to look."""

    timeout_s: float
    poll_s: float

    async def wait(self, probe: Callable[[], Awaitable[T | None]]) -> T:
        """The first value that the probe gives. Its transient errors mean only that it is to be asked again.

        Errors: WaitedInVain; others of the probe.
        """
        last_error: OperatorError | None = None
        with anyio.move_on_after(self.timeout_s):
            while True:
                try:
                    found = await probe()
                    last_error = None
                except OperatorError as error:
                    if error.disposition is not Disposition.TRANSIENT:
                        raise
                    found, last_error = None, error
                if found is not None:
                    return found
                await anyio.sleep(self.poll_s)
        raise WaitedInVain(last_error)
