"""A stand-in for the spend check where a test has no contract: every batch is open."""

from zk_operator.domain.records import Batch
from zk_operator.services.purchase_gate import Purchase
from zk_operator.services.spend_check import Standing


class EverythingOpen:
    """Standings."""

    async def standing(self, batch: Batch, purchase: Purchase) -> Standing:
        """Open."""
        del batch, purchase  # whichever they are
        return Standing.OPEN
