"""Whether a transaction that no node knows of is still worth sending: asked of the contract, by what it would do now."""

from zk_acts.domain.acts import Intent
from zk_operator.domain.chain_event import BlockTag
from zk_operator.ports.chain import BlockSource, SettlementCalls, SettlementReader


class TransactionUse:
    """By the signed bytes, not by the rows: after a pause the rows are old, and a replacement is another call than its row's work."""

    def __init__(
        self, *, source: BlockSource, reader: SettlementReader, calls: SettlementCalls
    ) -> None:
        self._source = source
        self._reader = reader
        self._calls = calls

    async def is_wanted(self, row: Intent) -> bool:
        """Whether it would end an order at the head, or is only there to use up its nonce. Errors: as `BlockSource`."""
        call = self._calls.of(row.payload)
        if not call.data:
            return True
        head = await self._source.head(BlockTag.LATEST)
        return await self._reader.at(head).is_useful(call)
