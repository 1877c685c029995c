"""Whether a transaction that no node knows of is still worth sending: asked of the contract, by what it would do now."""

from collections.abc import Callable

from zk_acts.domain.acts import Intent
from zk_acts.ports.act import Fees
from zk_operator.domain.chain_event import BlockTag
from zk_operator.ports.chain import SettlementCalls
from zk_operator.services.tools import Tools


class TransactionUse:
    """By the signed bytes, not by the rows: after a pause the rows are old, and a replacement is another call than its row's work."""

    def __init__(
        self,
        tools: Tools,
        *,
        calls: SettlementCalls,
        can_replace: Callable[[Fees], bool],
    ) -> None:
        """`can_replace`: whether the account may offer more than these fees."""
        self._source = tools.source
        self._reader = tools.reader
        self._calls = calls
        self._can_replace = can_replace

    async def is_wanted(self, row: Intent) -> bool:
        """Whether it would end an order at the head, or nothing else can use up its nonce. Errors: as `BlockSource`."""
        call = self._calls.of(row.payload)
        # Signed when fees were high, it may be too dear to be replaced: kept back, it would hold up the account for
        # good (ADR 0235).
        if not call.data or not self._can_replace(Fees(fee_cap=row.fee_cap, tip=row.tip)):
            return True
        head = await self._source.head(BlockTag.LATEST)
        return await self._reader.at(head).is_useful(call)
