"""Early wake-ups inside the process. A wake-up carries no data: the rows are the truth, the periodic tick the safety net."""

import anyio


class WakeUp:
    """Set off by whoever has made work; waited for by the service that does it. What comes before a wait is kept."""

    def __init__(self) -> None:
        self._event = anyio.Event()

    def notify(self) -> None:
        """Wake the waiter, now or at its next wait."""
        self._event.set()

    async def wait(self) -> None:
        """Return once notified since the last return."""
        await self._event.wait()
        self._event = anyio.Event()
