"""Faults of buying."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import Any
from unittest.mock import patch

from zk_operator.domain.chain_event import BlockRef
from zk_operator.domain.ids import OrderId
from zk_operator.services.depth import block_at
from zk_operator.services.spend_check import SpendCheck, Standing


def early_batch() -> AbstractContextManager[object]:
    """Nobody compares the scan with the depth of spending, or asks the contract there."""

    async def depth(self: Any) -> BlockRef:
        return await block_at(self._source, self._depths[0])

    async def standing(_self: Any, *_: Any) -> Standing:
        return Standing.OPEN

    async def open_ones(
        _self: Any, order_ids: Sequence[OrderId], _deep: BlockRef
    ) -> frozenset[OrderId]:
        return frozenset(order_ids)

    stack = ExitStack()
    stack.enter_context(patch.object(SpendCheck, "depth", depth))
    stack.enter_context(patch.object(SpendCheck, "standing", standing))
    stack.enter_context(patch.object(SpendCheck, "open_ones", open_ones))
    return stack
