"""The chain as one endpoint shows it during a job: heads, blocks, events, storage; with caches by block hash."""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import anyio
import anyio.to_thread
from cachetools import LRUCache

from zk_acts.domain.ids import Hash32, hex0x, parse_hex
from zk_acts.domain.json_text import brief
from zkverify_client.adapters.errors import (
    BlockUnknown,
    MalformedChainAnswer,
    RpcRefused,
    StatePruned,
)
from zkverify_client.adapters.event_list import Event
from zkverify_client.adapters.extrinsic import extrinsic_hash
from zkverify_client.adapters.metadata_cache import MetadataCache
from zkverify_client.adapters.pool import ConnectionPool, Role
from zkverify_client.adapters.rpc import Rpc, RpcError
from zkverify_client.adapters.runtime import Runtime, RuntimeVersion
from zkverify_client.adapters.storage_hash import EVENTS_KEY

ResultT = TypeVar("ResultT")
_PRUNED_MARK = "state already discarded"
_UNKNOWN_MARKS = ("unknownblock", "unknown block", "header was not found")
_BLOCK_NUMBER = re.compile(r"0x[0-9a-fA-F]{1,8}")
_MOST_NAME = 64
# What a node sends is kept by what it weighs: a message of 16 MB is blocks of a million extrinsics, or events without end.
_MOST_EXTRINSICS = 1 << 16
_KEPT_EXTRINSICS = 1 << 18
_KEPT_EVENT_BYTES = 32 << 20
_KEPT_DECODED, _EVENTS_PER_PLACE = 16, 1 << 16  # sixteen blocks, or one as full as it may be


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockHead:
    """A block by number and hash."""

    number: int
    hash: Hash32


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockFacts:
    """What we keep of a block: its place and the hashes of its extrinsics, in order."""

    number: int
    hash: Hash32
    parent: Hash32
    extrinsics: tuple[Hash32, ...]


class ChainCache:
    """What never changes about a block or a runtime version, bounded; shared by all jobs."""

    def __init__(self, *, workers: int = 2, metadata: MetadataCache | None = None) -> None:
        """`metadata`: where to keep it beyond this process."""
        self.metadata = metadata
        self.blocks: LRUCache[Hash32, BlockFacts] = LRUCache(
            _KEPT_EXTRINSICS, getsizeof=lambda block: 8 + len(block.extrinsics)
        )
        self.events: LRUCache[Hash32, bytes] = LRUCache(_KEPT_EVENT_BYTES, getsizeof=len)
        self.runtimes: LRUCache[RuntimeVersion, Runtime] = LRUCache(4)
        # A block that has many of our acts is decoded once, not once for each.
        self.decoded: LRUCache[Hash32, tuple[Event, ...]] = LRUCache(
            _KEPT_DECODED, getsizeof=lambda events: 1 + len(events) // _EVENTS_PER_PLACE
        )
        self.finalized: LRUCache[int, Hash32] = LRUCache(8192)
        self.limiter = anyio.CapacityLimiter(workers)
        self.loading = anyio.Lock()


class Chain:
    """One job's view through one connection. Every answer is checked for its shape.

    Errors: ConnectionLost, MalformedChainAnswer, StatePruned, BlockUnknown, RpcRefused.
    """

    def __init__(self, rpc: Rpc, cache: ChainCache) -> None:
        self.rpc = rpc
        self._cache = cache
        self._anchored = False

    async def call(self, method: str, params: Sequence[Any] = ()) -> Any:
        """A call whose error objects have no meaning of their own beyond lost state."""
        try:
            return await self.rpc.request(method, params)
        except RpcError as error:
            raise refusal(method, error) from error

    def recalling(self) -> "Chain":
        """The same view, which asks each question once: for a job that has many pieces of work at one moment."""
        return Chain(_Recalling(self.rpc), self._cache)

    async def best(self) -> BlockHead:
        """The best head."""
        return await self._head(None)

    async def finalized(self) -> BlockHead:
        """The finalized head."""
        block_hash = _hash32(await self.call("chain_getFinalizedHead"))
        return await self._head(block_hash)

    async def hash_at(self, number: int) -> Hash32 | None:
        """The hash of the best chain's block of that number; None where the endpoint has none."""
        answer = await self.call("chain_getBlockHash", [number])
        return None if answer is None else _hash32(answer)

    async def head_at(self, number: int) -> BlockHead | None:
        """The best chain's block of that number; None where the endpoint has none."""
        block_hash = await self.hash_at(number)
        return None if block_hash is None else BlockHead(number=number, hash=block_hash)

    async def canonical_hash(self, number: int, finalized: BlockHead) -> Hash32 | None:
        """As `hash_at`, but asked only once per finalized block."""
        if number > finalized.number:
            return await self.hash_at(number)
        await self._check_anchor(finalized)
        if (known := self._cache.finalized.get(number)) is not None:
            return known
        block_hash = await self.hash_at(number)
        if block_hash is not None:
            self._cache.finalized[number] = block_hash
        return block_hash

    async def _check_anchor(self, finalized: BlockHead) -> None:
        """Once per job: forget finalized blocks of another history (a test network that was started anew)."""
        if self._anchored:
            return
        known = [number for number in self._cache.finalized if number <= finalized.number]
        if known and await self.hash_at(max(known)) != self._cache.finalized[max(known)]:
            self._cache.finalized.clear()
        self._anchored = True

    async def block(self, block_hash: Hash32) -> BlockFacts:
        """A block's facts. StatePruned where the endpoint kept only its header, BlockUnknown where not even that."""
        if (known := self._cache.blocks.get(block_hash)) is not None:
            return known
        answer = await self.call("chain_getBlock", [hex0x(block_hash)])
        if answer is None:
            if await self.call("chain_getHeader", [hex0x(block_hash)]) is None:
                raise BlockUnknown(block=hex0x(block_hash))
            raise StatePruned("the endpoint does not keep a block's body", block=hex0x(block_hash))
        facts = await self._in_worker(lambda: _block_facts(block_hash, answer))
        self._cache.blocks[block_hash] = facts
        return facts

    async def raw_events(self, block_hash: Hash32) -> bytes:
        """System.Events of the block, undecoded. Every block but the first has some: each extrinsic ends with one."""
        if (known := self._cache.events.get(block_hash)) is not None:
            return known
        raw = await self.storage(EVENTS_KEY, block_hash)
        if raw is None or raw in (b"", _NO_EVENTS):
            header = await self.call("chain_getHeader", [hex0x(block_hash)])
            if _number(_field(header, "number")):
                raise MalformedChainAnswer("a block has no events", block=hex0x(block_hash))
            return _NO_EVENTS
        # However large: a search has to get past blocks that others have filled. Only decoding has a bound.
        self._cache.events[block_hash] = raw
        return raw

    def forget(self) -> None:
        """Something that was told of blocks made no sense, and may be remembered: ask for all of it again."""
        cache = self._cache
        for known in (cache.blocks, cache.events, cache.decoded, cache.finalized):
            known.clear()

    async def events(self, block: BlockFacts) -> tuple[Event, ...]:
        """The block's events, decoded by the runtime that executed it: its parent's."""
        if (known := self._cache.decoded.get(block.hash)) is not None:
            return known
        raw = await self.raw_events(block.hash)
        runtime = await self.executing_runtime(block)
        events = await self._in_worker(lambda: runtime.decode_events(raw))
        self._cache.decoded[block.hash] = events
        return events

    async def executing_runtime(self, block: BlockFacts) -> Runtime:
        """The runtime that executed the block."""
        return await self.runtime(block.parent if block.number else block.hash)

    async def storage(self, key: str, at: Hash32 | None = None) -> bytes | None:
        """A raw storage value at a block (default: the best); None where there is none."""
        params = [key] if at is None else [key, hex0x(at)]
        answer = await self.call("state_getStorage", params)
        return None if answer is None else _raw(answer)

    async def version(self, at: Hash32 | None = None) -> RuntimeVersion:
        """The runtime's version in a block's state (default: the best block's)."""
        params = [] if at is None else [hex0x(at)]
        return _version(await self.call("state_getRuntimeVersion", params))

    async def runtime(self, at: Hash32 | None = None) -> Runtime:
        """The runtime in a block's state (default: the best block's), loaded at most once per version."""
        version = await self.version(at)
        if (known := self._cache.runtimes.get(version)) is not None:
            return known
        async with self._cache.loading:
            if (known := self._cache.runtimes.get(version)) is not None:
                return known
            runtime = await self._load(version, at)
            self._cache.runtimes[version] = runtime
            return runtime

    async def _load(self, version: RuntimeVersion, at: Hash32 | None) -> Runtime:
        kept = self._cache.metadata
        metadata = None if kept is None else await self._in_worker(lambda: kept.find(version))
        if metadata is not None:
            known = metadata
            return await self._in_worker(lambda: Runtime(version=version, metadata=known))
        fetched = _raw(await self.call("state_getMetadata", [] if at is None else [hex0x(at)]))
        runtime = await self._in_worker(lambda: Runtime(version=version, metadata=fetched))
        if kept is not None:
            await self._in_worker(lambda: kept.keep(version, fetched))
        return runtime

    async def _head(self, block_hash: Hash32 | None) -> BlockHead:
        params = [] if block_hash is None else [hex0x(block_hash)]
        header = await self.call("chain_getHeader", params)
        number = _number(_field(header, "number"))
        if block_hash is None:
            answer = await self.hash_at(number)
            if answer is None:
                raise MalformedChainAnswer("the best block has no hash", number=number)
            block_hash = answer
        return BlockHead(number=number, hash=block_hash)

    async def _in_worker(self, work: Callable[[], ResultT]) -> ResultT:
        return await anyio.to_thread.run_sync(work, limiter=self._cache.limiter)


class _Recalling:
    """An Rpc that remembers its answers."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc
        self._known: dict[tuple[str, tuple[Any, ...]], Any] = {}

    async def request(self, method: str, params: Sequence[Any] = ()) -> Any:
        key = (method, tuple(params))
        if key not in self._known:
            self._known[key] = await self._rpc.request(method, params)
        return self._known[key]


class ChainAccess:
    """Runs jobs that read the chain."""

    def __init__(self, pool: ConnectionPool, cache: ChainCache) -> None:
        self._pool = pool
        self._cache = cache

    async def read(self, job: Callable[[Chain], Awaitable[ResultT]]) -> ResultT:
        """Run an idempotent job. Errors: ZkVerifyUnreachable, and those of Chain."""

        async def attempt(rpc: Rpc) -> ResultT:
            chain = Chain(rpc, self._cache)
            try:
                return await job(chain)
            except (MalformedChainAnswer, BlockUnknown):
                chain.forget()
                raise

        return await self._pool.run(Role.QUERY, attempt)


_NO_EVENTS = b"\x00"  # an empty vector


def refusal(method: str, error: RpcError) -> StatePruned | BlockUnknown | RpcRefused:
    """Our error for a node's error object: lost state, a block that it does not know, or anything else.

    A node says "UnknownBlock" of both; only the first is for good.
    """
    text = f"{error.message} {error.data}".lower()
    if _PRUNED_MARK in text:
        return StatePruned(method=method)
    if any(mark in text for mark in _UNKNOWN_MARKS):
        return BlockUnknown(method=method)
    return RpcRefused(method=method, rpc_code=error.code, text=str(error)[:300])


def _field(answer: Any, name: str) -> Any:
    if not isinstance(answer, dict) or name not in answer:
        raise MalformedChainAnswer("an answer lacks a field", field=name)
    return answer[name]


def _raw(answer: Any) -> bytes:
    if not isinstance(answer, str) or not answer.startswith("0x"):
        raise MalformedChainAnswer("an answer is no hex string")
    try:
        return bytes.fromhex(answer[2:])
    except ValueError as error:
        raise MalformedChainAnswer("an answer is no hex string") from error


def _hash32(answer: Any) -> Hash32:
    try:
        return Hash32(parse_hex(answer, 32))
    except (AttributeError, TypeError, ValueError) as error:
        raise MalformedChainAnswer("an answer is no hash") from error


def _number(answer: Any) -> int:
    if not isinstance(answer, str) or not _BLOCK_NUMBER.fullmatch(answer):
        raise MalformedChainAnswer("an answer is no block number", answer=brief(answer, 80))
    return int(answer, 16)


def _version(answer: Any) -> RuntimeVersion:
    version = RuntimeVersion(
        spec_name=_field(answer, "specName"),
        spec_version=_field(answer, "specVersion"),
        transaction_version=_field(answer, "transactionVersion"),
    )
    numbers = (version.spec_version, version.transaction_version)
    if not isinstance(version.spec_name, str) or len(version.spec_name) > _MOST_NAME:
        raise MalformedChainAnswer("a runtime's name is none")
    if not all(type(n) is int and 0 <= n < 1 << 32 for n in numbers):
        raise MalformedChainAnswer("a runtime version is no number")
    return version


def _block_facts(block_hash: Hash32, answer: Any) -> BlockFacts:
    block = _field(answer, "block")
    header = _field(block, "header")
    extrinsics = _field(block, "extrinsics")
    if not isinstance(extrinsics, list):
        raise MalformedChainAnswer("a block has no list of extrinsics")
    if not extrinsics and _number(_field(header, "number")):
        # The first one of a block sets its time. An act that is in none of its blocks would be made again.
        raise MalformedChainAnswer("a block has no extrinsics", block=hex0x(block_hash))
    if len(extrinsics) > _MOST_EXTRINSICS:
        raise MalformedChainAnswer("a block has more extrinsics than fit", count=len(extrinsics))
    return BlockFacts(
        number=_number(_field(header, "number")),
        hash=block_hash,
        parent=_hash32(_field(header, "parentHash")),
        extrinsics=tuple(extrinsic_hash(_raw(raw)) for raw in extrinsics),
    )
