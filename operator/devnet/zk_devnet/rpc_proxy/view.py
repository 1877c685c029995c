"""What a node answers whose newest block is an older one than the chain's.

Wherever a request says "latest", the node means its own head; a block, receipt or log beyond it does not exist for it.
The words are geth's, and for a range beyond the head reth's.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from zk_devnet.rpc_proxy.message import (
    Answer,
    Ask,
    Call,
    Json,
    Refusal,
    Reply,
    ask_one,
    look_up,
    refused,
    result,
)

HEADER_NOT_FOUND: Final = Refusal(code=-32000, message="header not found")
HASH_NOT_FOUND: Final = Refusal(code=-32000, message="header for hash not found")
UNKNOWN_BLOCK: Final = Refusal(code=-32000, message="unknown block")
BEYOND_HEAD: Final = Refusal(
    code=-32000, message="request beyond head block: requested {asked}, head {head}"
)
RANGE_BEYOND_HEAD: Final = Refusal(
    code=-32602, message="block range extends beyond current head block"
)
STATE_BLOCK: Final[Mapping[str, int]] = {
    "eth_call": 1,
    "eth_estimateGas": 1,
    "eth_createAccessList": 1,
    "eth_getBalance": 1,
    "eth_getCode": 1,
    "eth_getTransactionCount": 1,
    "eth_getStorageAt": 2,
    "eth_getProof": 2,
}
"""At which place each method that reads state names its block."""
BY_NUMBER: Final = frozenset(
    {
        "eth_getBlockByNumber",
        "eth_getHeaderByNumber",
        "eth_getBlockTransactionCountByNumber",
        "eth_getTransactionByBlockNumberAndIndex",
        "eth_getBlockReceipts",
    }
)
BY_HASH: Final = frozenset(
    {
        "eth_getBlockByHash",
        "eth_getHeaderByHash",
        "eth_getBlockTransactionCountByHash",
        "eth_getTransactionByBlockHashAndIndex",
    }
)
BY_TRANSACTION: Final = frozenset({"eth_getTransactionReceipt", "eth_getTransactionByHash"})
_HASH_LENGTH: Final = 66
_HEADER_ONLY: Final = False


class Stranger(StrEnum):
    """What a node says when it is asked for the logs of a block that it does not have."""

    ERROR = "error"
    EMPTY = "empty"


class Beyond(StrEnum):
    """What a node says when it is asked for a range of logs that ends beyond its head."""

    FEWER = "fewer"
    ERROR = "error"


async def chain_head(ask: Ask) -> int:
    """The endpoint's newest block; 0 where it names none."""
    return number(await look_up(ask, "eth_blockNumber")) or 0


def number(value: Json) -> int | None:
    """The integer of a quantity; None for anything else."""
    try:
        return int(value, 16) if isinstance(value, str) and value.startswith("0x") else None
    except ValueError:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A node with `head` as its newest block, `lag` blocks behind: so far behind are its safe and finalized ones too."""

    head: int
    lag: int = 0
    stranger: Stranger = Stranger.ERROR
    beyond: Beyond = Beyond.FEWER

    async def answer(self, call: Call, ask: Ask) -> Reply:
        """What this node says."""
        work = self._work(call.method)
        return await (work(call, ask) if work else ask_one(ask, call))

    def _work(self, method: str) -> Callable[[Call, Ask], Awaitable[Reply]] | None:
        kinds: tuple[tuple[bool, Callable[[Call, Ask], Awaitable[Reply]]], ...] = (
            (method == "eth_blockNumber", self._height),
            (method == "eth_getLogs", self._logs),
            (method == "eth_feeHistory", self._fees),
            (method in STATE_BLOCK, self._state),
            (method in BY_NUMBER, self._by_number),
            (method in BY_HASH, self._by_hash),
            (method in BY_TRANSACTION, self._by_transaction),
        )
        return next((work for fits, work in kinds if fits), None)

    async def _height(self, call: Call, _ask: Ask) -> Reply:
        return result(call, hex(self.head))

    async def _by_number(self, call: Call, ask: Ask) -> Reply:
        at = await self.resolve(call.param(0), ask)
        if at is None:
            return await ask_one(ask, call)
        if at > self.head:
            return result(call, None)
        return await ask_one(ask, call.with_param(0, _named(call.param(0), at)))

    async def _by_hash(self, call: Call, ask: Ask) -> Reply:
        at = await self.resolve(call.param(0), ask)
        return result(call, None) if _is_after(at, self.head) else await ask_one(ask, call)

    async def _by_transaction(self, call: Call, ask: Ask) -> Reply:
        reply = await ask_one(ask, call)
        found = reply.result if isinstance(reply, Answer) else None
        mined = number(found.get("blockNumber")) if isinstance(found, dict) else None
        return result(call, None) if _is_after(mined, self.head) else reply

    async def _state(self, call: Call, ask: Ask) -> Reply:
        place = STATE_BLOCK[call.method]
        named = call.param(place)
        at = await self.resolve(named, ask)
        if at is None:
            return await ask_one(ask, call)
        if at > self.head:
            return refused(call, HASH_NOT_FOUND if names_hash(named) else HEADER_NOT_FOUND)
        return await ask_one(ask, call.with_param(place, _named(named, at)))

    async def _fees(self, call: Call, ask: Ask) -> Reply:
        at = await self.resolve(call.param(1), ask)
        if at is None:
            return await ask_one(ask, call)
        if at > self.head:
            return refused(call, BEYOND_HEAD, asked=at, head=self.head)
        return await ask_one(ask, call.with_param(1, hex(at)))

    async def _logs(self, call: Call, ask: Ask) -> Reply:
        query = call.param(0)
        if not isinstance(query, dict):
            return await ask_one(ask, call)
        if query.get("blockHash") is not None:
            return await self._logs_of_block(call, query["blockHash"], ask)
        first = await self.resolve(query.get("fromBlock"), ask)
        last = await self.resolve(query.get("toBlock"), ask)
        if first is None or last is None:
            return await ask_one(ask, call)
        if last > self.head and self.beyond is Beyond.ERROR:
            return refused(call, RANGE_BEYOND_HEAD)
        last = min(last, self.head)
        if first > last:
            return result(call, [])
        asked = {**query, "fromBlock": hex(first), "toBlock": hex(last)}
        return await ask_one(ask, call.with_param(0, asked))

    async def _logs_of_block(self, call: Call, block_hash: Json, ask: Ask) -> Reply:
        at = await self.resolve(block_hash, ask)
        if at is not None and at <= self.head:
            return await ask_one(ask, call)
        if self.stranger is Stranger.EMPTY:
            return result(call, [])
        return refused(call, UNKNOWN_BLOCK)

    async def resolve(self, named: Json, ask: Ask) -> int | None:
        """The number of a block that a parameter names, by tag, number, hash or object; None where nobody knows it."""
        if named in (None, "latest", "pending"):
            return self.head
        if named == "earliest":
            return 0
        if named in ("safe", "finalized"):
            found = _number_of(await look_up(ask, "eth_getBlockByNumber", named, _HEADER_ONLY))
            return None if found is None else min(self.head, max(0, found - self.lag))
        if isinstance(named, dict):
            return await self.resolve(named.get("blockHash") or named.get("blockNumber"), ask)
        if names_hash(named):
            return _number_of(await look_up(ask, "eth_getBlockByHash", named, _HEADER_ONLY))
        return number(named)


def names_hash(named: Json) -> bool:
    """Whether a parameter names its block by hash."""
    if isinstance(named, dict):
        return named.get("blockHash") is not None
    return isinstance(named, str) and len(named) == _HASH_LENGTH


def _named(named: Json, at: int) -> Json:
    """The parameter as it is passed on: a block that is named for good stays as it is, a tag becomes a number."""
    is_tag = named is None or (isinstance(named, str) and not named.startswith("0x"))
    return hex(at) if is_tag else named


def _number_of(block: Json) -> int | None:
    return number(block.get("number")) if isinstance(block, dict) else None


def _is_after(at: int | None, head: int) -> bool:
    return at is not None and at > head
