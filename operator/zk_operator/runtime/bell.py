"""Early wake-ups inside the process. A bell carries no data: the rows are the truth, the periodic tick the safety net."""

import anyio


class Bell:
    """Rung by whoever has made work; waited for by the service that does it. Rings before a wait are kept."""

    def __init__(self) -> None:
        self._event = anyio.Event()

    def ring(self) -> None:
        """Wake the waiter, now or at its next wait."""
        self._event.set()

    async def wait(self) -> None:
        """Return once rung since the last return."""
        await self._event.wait()
        self._event = anyio.Event()
