"""A stand-in for the spend check where a test has no contract: every batch is open."""

from zk_acts.ports.clock import Clock
from zk_operator.domain.records import Batch
from zk_operator.services.purchase_gate import Purchase
from zk_operator.services.standing import Standing


class EverythingOpen:
    """Standings, by this clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def now_s(self) -> int:
        """The clock's time."""
        return self._clock.now_ms() // 1000

    async def standing(self, batch: Batch, purchase: Purchase) -> Standing:
        """Open."""
        del batch, purchase  # whichever they are
        return Standing.OPEN
