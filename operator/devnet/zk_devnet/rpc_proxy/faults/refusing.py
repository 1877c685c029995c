"""Endpoints that answer some requests with an error, in the words of real ones."""

from dataclasses import dataclass, replace
from typing import Final

from zk_devnet.rpc_proxy.fault import PerCall
from zk_devnet.rpc_proxy.message import (
    Answer,
    Ask,
    Call,
    Json,
    Page,
    Refusal,
    Reply,
    ask_one,
    refused,
    result,
)
from zk_devnet.rpc_proxy.view import STATE_BLOCK, View, chain_head
from zk_devnet.rpc_proxy.words import (
    DEPTH,
    PRUNED,
    RANGE,
    RATE,
    DepthWords,
    PrunedWords,
    RangeWords,
    RateWords,
)

_NO_LOGS: Final = Refusal(
    code=-32601, message="the method eth_getLogs does not exist/is not available"
)
_PLACES: Final = {**STATE_BLOCK, "eth_getBlockByNumber": 0, "eth_feeHistory": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseLogs(PerCall):
    """eth_getLogs is not served, whatever the range."""

    async def answer(self, call: Call, ask: Ask) -> Reply:
        """As `PerCall`."""
        return refused(call, _NO_LOGS) if call.method == "eth_getLogs" else await ask_one(ask, call)


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeLimit(PerCall):
    """eth_getLogs over more than so many blocks is refused, in a provider's words and with its HTTP status."""

    blocks: int = 10
    text: RangeWords = RangeWords.ALCHEMY
    status: int = 0

    async def answer(self, call: Call, ask: Ask) -> Reply:
        """As `PerCall`. `status` 0: the provider's own."""
        query = call.param(0)
        if call.method != "eth_getLogs" or not isinstance(query, dict) or query.get("blockHash"):
            return await ask_one(ask, call)
        view = View(head=await chain_head(ask))
        first = await view.resolve(query.get("fromBlock"), ask)
        last = await view.resolve(query.get("toBlock"), ask)
        if first is None or last is None or last - first < self.blocks:
            return await ask_one(ask, call)
        works = {"first": hex(first), "last": hex(first + self.blocks - 1)}
        answer = refused(
            call, RANGE[self.text], blocks=self.blocks, asked=last - first + 1, **works
        )
        return _with_status(answer, self.status)


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit(PerCall):
    """Over the limit, in a provider's words; with `retry_after`, an HTTP header says for how many seconds."""

    text: RateWords = RateWords.ALCHEMY
    retry_after: int = 0
    status: int = 0

    async def answer(self, call: Call, _ask: Ask) -> Reply:
        """As `PerCall`. `status` 0: the provider's own."""
        headers = {"Retry-After": str(self.retry_after)} if self.retry_after else {}
        words = RATE[self.text]
        if self.text is RateWords.PLAIN:
            return Page(
                text=words.message,
                status=self.status or words.status,
                content_type="text/plain",
                headers=headers,
            )
        return replace(_with_status(refused(call, words), self.status), headers=headers)


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthUnknown(PerCall):
    """The node knows no safe or finalized block, as after a restart, or as one without a consensus client."""

    tags: tuple[str, ...] = ("safe", "finalized")
    text: DepthWords = DepthWords.UNKNOWN

    async def answer(self, call: Call, ask: Ask) -> Reply:
        """As `PerCall`."""
        named = [tag for tag in self._named(call) if tag in self.tags]
        if not named:
            return await ask_one(ask, call)
        if self.text is DepthWords.NULL:
            return result(call, None)
        return refused(call, DEPTH[self.text], tag=named[0])

    def _named(self, call: Call) -> list[Json]:
        query = call.param(0)
        if call.method == "eth_getLogs" and isinstance(query, dict):
            return [query.get("fromBlock"), query.get("toBlock")]
        return [call.param(_PLACES[call.method])] if call.method in _PLACES else []


@dataclass(frozen=True, slots=True, kw_only=True)
class PrunedState(PerCall):
    """Reading state more than so many blocks behind the head is refused, as by a node that is no archive."""

    blocks: int = 128
    text: PrunedWords = PrunedWords.TRIE_NODE

    async def answer(self, call: Call, ask: Ask) -> Reply:
        """As `PerCall`."""
        if call.method not in STATE_BLOCK:
            return await ask_one(ask, call)
        view = View(head=await chain_head(ask))
        at = await view.resolve(call.param(STATE_BLOCK[call.method]), ask)
        if at is None or at >= view.head - self.blocks:
            return await ask_one(ask, call)
        return refused(call, PRUNED[self.text], at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongChain(PerCall):
    """The endpoint says that it serves another chain."""

    chain_id: int = 1

    async def answer(self, call: Call, ask: Ask) -> Reply:
        """As `PerCall`."""
        if call.method == "eth_chainId":
            return result(call, hex(self.chain_id))
        if call.method == "net_version":
            return result(call, str(self.chain_id))
        return await ask_one(ask, call)


def _with_status(answer: Answer, status: int) -> Answer:
    return replace(answer, status=status) if status else answer
