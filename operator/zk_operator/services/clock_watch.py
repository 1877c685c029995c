"""Clock watch: compares this machine's clock with the chain's. Batches are timed by both, so they have to agree."""

import anyio
import structlog

from zk_operator.domain.chain_event import BlockRef, BlockTag
from zk_operator.services.hold_errors import ClockSkewed
from zk_operator.services.purchase_gate import Hold
from zk_operator.services.tools import Tools

log = structlog.get_logger("clock_watch")
ALERT = "clock"
MOST_SKEW_S = 120  # ten slots of Ethereum


class ClockWatch:
    """Raises an alert while the clocks disagree, or while the chain stands still: both need a human.

    A clock that agreed once goes on by itself while it does not. One that never did, or that even so is behind the chain,
    is wrong: by it a request that is under way may seem to be over, so nothing is bought.
    """

    name = "clock"
    description = "Compares this machine's clock with the chain's"

    def __init__(self, tools: Tools) -> None:
        self._source = tools.source
        self._clock = tools.clock
        self._board = tools.board
        self._gate = tools.gate

    async def wake(self) -> None:
        """Clocks drift slowly: the interval is enough."""
        await anyio.sleep_forever()

    async def tick(self) -> None:
        """Compare once."""
        self.look(await self._source.head(BlockTag.LATEST))

    def look(self, head: BlockRef) -> None:
        """Compare with a head that was just read."""
        behind_s = self._clock.wall_ms() // 1000 - head.timestamp
        if abs(behind_s) <= MOST_SKEW_S:
            self._clock.follow()
            self._gate.release(Hold.CLOCK)
            if self._board.clear_alert(ALERT):
                log.info("clock.agreed", behind_s=behind_s)
            return
        text = f"block {head.number} is {behind_s} s behind this machine's clock"
        if self._board.raise_alert(ALERT, text):
            log.error("clock.skewed", code=ClockSkewed.code, block=head.number, behind_s=behind_s)
        # Steady time goes on whatever the wall clock shows: only one that was never right stops purchases
        # (ADR 0217).
        if self._goes_on(head):
            self._gate.release(Hold.CLOCK)
        else:
            self._gate.hold(Hold.CLOCK, text)

    def _goes_on(self, head: BlockRef) -> bool:
        """Whether time is right without the wall clock. A head that is old says nothing: the chain may stand still."""
        ahead_s = head.timestamp - self._clock.now_ms() // 1000
        return self._clock.is_believed and ahead_s <= MOST_SKEW_S
