"""Endpoints that are behind the chain, in all or in part."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from zk_devnet.rpc_proxy.fault import PerCall
from zk_devnet.rpc_proxy.message import Answer, Ask, Call, Reply, ask_one, result
from zk_devnet.rpc_proxy.view import (
    Beyond,
    Stranger,
    View,
    chain_head,
    number,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replicas:
    """Behind one URL are several nodes of different heights; each HTTP request meets one of them at random."""

    lags: tuple[int, ...] = (0, 1, 3)
    stranger: Stranger = Stranger.ERROR
    beyond: Beyond = Beyond.FEWER
    rng: random.Random

    async def serve(self, calls: Sequence[Call], ask: Ask) -> list[Reply]:
        """As `Fault`: a whole batch goes to one of them."""
        lag = self.rng.choice(self.lags)
        if lag == 0:
            return await ask(calls)
        head = max(0, await chain_head(ask) - lag)
        view = View(head=head, lag=lag, stranger=self.stranger, beyond=self.beyond)
        return [await view.answer(call, ask) for call in calls]


@dataclass(frozen=True, slots=True, kw_only=True)
class LaggingLogs(PerCall):
    """eth_getLogs is answered by a node some blocks behind the one that answers everything else."""

    blocks: int = 2
    stranger: Stranger = Stranger.EMPTY
    beyond: Beyond = Beyond.FEWER

    async def answer(self, call: Call, ask: Ask) -> Reply:
        """As `PerCall`."""
        if call.method != "eth_getLogs":
            return await ask_one(ask, call)
        head = max(0, await chain_head(ask) - self.blocks)
        view = View(head=head, lag=self.blocks, stranger=self.stranger, beyond=self.beyond)
        return await view.answer(call, ask)


@dataclass(slots=True, kw_only=True)
class StaleHead(PerCall):
    """The node has stopped following the chain: it answers as at the block where that began."""

    blocks: int = 0
    stranger: Stranger = Stranger.ERROR
    beyond: Beyond = Beyond.FEWER
    _head: int | None = field(default=None, init=False)

    async def answer(self, call: Call, ask: Ask) -> Reply:
        """As `PerCall`."""
        now = await chain_head(ask)
        if self._head is None:
            self._head = max(0, now - self.blocks)
        view = View(
            head=self._head,
            lag=now - self._head,
            stranger=self.stranger,
            beyond=self.beyond,
        )
        return await view.answer(call, ask)


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingReceipts(PerCall):
    """The receipt of a mined transaction is null: until so many blocks later, or, with 0, while the fault lasts."""

    blocks: int = 0

    async def answer(self, call: Call, ask: Ask) -> Reply:
        """As `PerCall`."""
        reply = await ask_one(ask, call)
        if call.method != "eth_getTransactionReceipt":
            return reply
        found = reply.result if isinstance(reply, Answer) else None
        mined = number(found.get("blockNumber")) if isinstance(found, dict) else None
        if mined is None:
            return reply
        if self.blocks and await chain_head(ask) >= mined + self.blocks:
            return reply
        return result(call, None)
