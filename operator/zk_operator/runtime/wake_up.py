"""Early wake-ups inside the process. A wake_up carries no data: the rows are the truth, the periodic tick the safety net."""

import anyio


class WakeUp:
    """Rung by whoever has made work; waited for by the service that does it. Rings before a wait are kept."""

    def __init__(self) -> None:
        self._event = anyio.Event()

    def notify(self) -> None:
        """Wake the waiter, now or at its next wait."""
        self._event.set()

    async def wait(self) -> None:
        """Return once rung since the last return."""
        await self._event.wait()
        self._event = anyio.Event()
