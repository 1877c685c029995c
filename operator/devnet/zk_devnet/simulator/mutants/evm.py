"""Faults of reading and pricing on the EVM chain, as they were before, or as they are easily made."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from http import HTTPStatus
from typing import Any
from unittest.mock import patch

from zk_acts.domain.acts import Intent
from zk_acts.domain.errors import OperatorError
from zk_acts.ports.act import Lapsed
from zk_acts.services.account_rows import AccountRows
from zk_operator.adapters.evm import blame, endpoint, fees, headers, transaction_channel
from zk_operator.adapters.evm.block_source import EvmBlockSource
from zk_operator.adapters.evm.event_codec import decode_log
from zk_operator.adapters.evm.http import Answer
from zk_operator.domain.failures import DepthUnknown, WrongChain
from zk_operator.ports.chain import Reading
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


def status_first() -> AbstractContextManager[object]:
    """What JSON-RPC says in the body counts only under HTTP 200."""
    result = Answer.result

    def judged(self: Any, raw: bytes, number: int) -> object:
        if self._status != HTTPStatus.OK:
            raise self._no_rpc(raw)
        return result(self, raw, number)

    return patch.object(Answer, "result", judged)


def fatal_chain() -> AbstractContextManager[object]:
    """An endpoint of another chain ends the process when it is needed, though another one is right."""

    def strict(failed: Sequence[OperatorError]) -> OperatorError:
        wrong = [error for error in failed if isinstance(error, WrongChain)]
        return wrong[0] if wrong else blame.summary(failed)

    return patch.object(endpoint, "summary", strict)
