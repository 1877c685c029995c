"""Head watch: a finalized head of zkVerify wakes the stages that wait for its finality and publications.

A courtesy only: those stages look at their interval anyway, and find the same.
"""

from collections.abc import Sequence
from typing import Protocol

from zk_acts.runtime.wake_up import WakeUp

PATIENCE_S = 20.0  # shorter than the service's interval, so that its subscription is not cancelled


class HeadSource(Protocol):
    """Announces heads; see VerificationReader."""

    async def wait_for_head(self, at_most_s: float) -> None: ...


class HeadWatch:
    """Notifies those who wait at each announced head, and once in a while without."""

    name = "zkverify_heads"
    description = "Hears of finalized blocks of zkVerify"

    def __init__(self, *, source: HeadSource, downstream: Sequence[WakeUp]) -> None:
        self._source = source
        self._downstream = downstream

    async def wake(self) -> None:
        """Wait for the next head."""
        await self._source.wait_for_head(PATIENCE_S)

    async def tick(self) -> None:
        """Wake those who wait for it."""
        for wake_up in self._downstream:
            wake_up.notify()
