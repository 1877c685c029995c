"""Faults of reading and pricing on the EVM chain, as they were before, or as they are easily made."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import Any
from unittest.mock import patch

from zk_operator.adapters.evm import fees, headers, transaction_channel
from zk_operator.adapters.evm.block_source import EvmBlockSource
from zk_operator.adapters.evm.event_codec import decode_log
from zk_operator.domain.failures import DepthUnknown
from zk_operator.domain.records import Intent
from zk_operator.ports.act import Lapsed
from zk_operator.ports.chain import Reading
from zk_operator.services.account_rows import AccountRows
from zk_operator.services.order_audit import OrderAudit


def range_logs() -> AbstractContextManager[object]:
    """Logs are read by range up to the head, an empty answer is believed, and nobody counts the orders."""

    async def read(self: Any, first: int, last: int) -> Reading:
        logs, views = await self._old(first, last)
        events = [event for log in logs if (event := decode_log(log)) is not None]
        return Reading(blocks=tuple(views), events=tuple(events))

    async def look(_self: Any, _cursor: Any) -> bool:
        return False

    stack = ExitStack()
    stack.enter_context(patch.object(EvmBlockSource, "read", read))
    stack.enter_context(patch.object(OrderAudit, "look", look))
    return stack


def receipt_null() -> AbstractContextManager[object]:
    """A nonce that is used, and no receipt: taken for replaced, whoever was asked, and never looked at again."""

    async def lapse(*_: Any) -> Lapsed:
        return Lapsed(by_nonce=True)

    async def unexplained(_self: Any, _since_ms: int) -> Sequence[Intent]:
        return ()

    stack = ExitStack()
    stack.enter_context(patch.object(transaction_channel, "lapse", lapse))
    stack.enter_context(patch.object(AccountRows, "unexplained", unexplained))
    return stack


def depth_zero() -> AbstractContextManager[object]:
    """A depth that no endpoint knows is the genesis block."""
    fetch_head = headers.fetch_head

    async def fetch(rpc: Any, tag: Any) -> Any:
        try:
            return await fetch_head(rpc, tag)
        except DepthUnknown:
            genesis = await headers.fetch_block(rpc, 0)
            if genesis is None:
                raise
            return genesis

    return patch.object(headers, "fetch_head", fetch)


def same_price() -> AbstractContextManager[object]:
    """A replacement offers what the stuck transaction offers."""
    return patch.object(fees, "bumped", lambda fee, _percent: fee)
