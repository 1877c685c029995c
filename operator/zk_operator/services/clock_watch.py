"""Clock watch: compares this machine's clock with the chain's. Batches are timed by both, so they have to agree."""

from typing import ClassVar

import anyio
import structlog

from zk_operator.domain.chain_event import BlockTag
from zk_operator.domain.errors import Disposition, OperatorError
from zk_operator.ports.chain import BlockSource
from zk_operator.ports.clock import Clock
from zk_operator.runtime.health import HealthBoard

log = structlog.get_logger("clock_watch")
ALERT = "clock"
MOST_SKEW_S = 120  # ten slots of Ethereum


class ClockSkewed(OperatorError):
    """Raised when the newest block's time and this machine's clock are far apart.

    Meaning: The newest block's time and this machine's clock are more than two minutes apart. Either the clock is
    wrong or the chain stands still. Batches are timed by both: with a wrong clock they are given up too early or
    too late.

    What you see: `clock.skewed` once, the alert `clock` in `/status` and on the page until they agree, then
    `clock.agreed`. A positive number of seconds means that the block is older than the clock says.

    What to do: Compare the machine's clock with a time server (`timedatectl`) and put it right. If it is right, see
    whether the endpoint follows the chain (`zk-operator status`, another endpoint) and whether the chain itself
    makes blocks.
    """

    code: ClassVar[str] = "ZKO-RUN-003"
    disposition = Disposition.DEGRADED


class ClockWatch:
    """Raises an alert while the clocks disagree, or while the chain stands still: both need a human."""

    name = "clock"
    description = "Compares this machine's clock with the chain's"

    def __init__(self, *, source: BlockSource, clock: Clock, board: HealthBoard) -> None:
        self._source = source
        self._clock = clock
        self._board = board

    async def wake(self) -> None:
        """Clocks drift slowly: the interval is enough."""
        await anyio.sleep_forever()

    async def tick(self) -> None:
        """Compare once."""
        head = await self._source.head(BlockTag.LATEST)
        behind_s = self._clock.now_ms() // 1000 - head.timestamp
        if abs(behind_s) <= MOST_SKEW_S:
            if self._board.clear_alert(ALERT):
                log.info("clock.agreed", behind_s=behind_s)
            return
        text = f"block {head.number} is {behind_s} s behind this machine's clock"
        if self._board.raise_alert(ALERT, text):
            log.error("clock.skewed", code=ClockSkewed.code, block=head.number, behind_s=behind_s)
