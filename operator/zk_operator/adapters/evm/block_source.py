"""Blocks and events over JSON-RPC, each answer checked before it is believed."""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Final

import anyio

from zk_operator.adapters.evm.endpoint import EndpointPool
from zk_operator.adapters.evm.errors import EndpointFailed, RpcError
from zk_operator.adapters.evm.event_codec import RawLog, decode_log
from zk_operator.adapters.evm.heads import HeadFeed
from zk_operator.adapters.evm.rpc import Rpc
from zk_operator.adapters.evm.wire import as_hex, data, hash32, items, members, place
from zk_operator.domain.chain_event import BlockRef, BlockTag, ChainEvent, LogRef
from zk_operator.domain.failures import MalformedAnswer
from zk_operator.domain.ids import Address, Hash32, hex0x

_HEADER_ONLY: Final = False
_MAX_TOPICS: Final = 4
_NO_SUCH_BLOCK: Final = re.compile("not found|unknown block", re.IGNORECASE)


async def fetch_block(rpc: Rpc, number: int | BlockTag) -> BlockRef | None:
    """The canonical block of that number or tag, or None where the endpoint has none."""
    wanted = number.value if isinstance(number, BlockTag) else as_hex(number)
    answer = await rpc.request("eth_getBlockByNumber", wanted, _HEADER_ONLY)
    if answer is None:
        return None
    header = members(answer, "block")
    block = BlockRef(
        number=place(header.get("number"), "block number"),
        hash=hash32(header.get("hash"), "block hash"),
        parent_hash=hash32(header.get("parentHash"), "parent hash"),
        timestamp=place(header.get("timestamp"), "timestamp"),
    )
    if isinstance(number, int) and not isinstance(number, BlockTag) and block.number != number:
        raise MalformedAnswer("another block than asked for", asked=number, got=block.number)
    return block


async def fetch_head(rpc: Rpc, tag: BlockTag) -> BlockRef:
    """The newest block with that tag; the genesis block where nothing is safe or finalized yet."""
    try:
        block = await fetch_block(rpc, tag)
    except RpcError as error:
        # geth and reth say it by an error: "finalized block not found", "unknown block".
        if tag is BlockTag.LATEST or not _NO_SUCH_BLOCK.search(error.text):
            raise
        block = None
    if block is None and tag is not BlockTag.LATEST:
        block = await fetch_block(rpc, 0)
    if block is None:
        raise MalformedAnswer("the endpoint has no head")
    return block


class EvmBlockSource:
    """BlockSource over a pool of endpoints. `addresses` are the contracts whose logs are events.

    Endpoints may disagree. The events of a range come from one endpoint and one view of the chain (the hash of the last
    block is the same before and after), and the next `block` of that last number has to confirm that hash: otherwise a
    log of a block that was replaced in between could be missed without a trace.
    """

    def __init__(
        self,
        *,
        pool: EndpointPool,
        addresses: Sequence[Address],
        feed: HeadFeed | None = None,
        max_range: int = 2_000,
    ) -> None:
        self._pool = pool
        self._addresses = frozenset(addresses)
        self._feed = feed
        self._max_range = max_range
        self._range = max_range
        self._view: BlockRef | None = None  # last block of the latest events, until confirmed

    async def head(self, tag: BlockTag) -> BlockRef:
        """As `BlockSource`; the genesis block while nothing is safe or finalized."""
        return await self._pool.consistently(lambda rpc: fetch_head(rpc, tag))

    async def block(self, number: int) -> BlockRef | None:
        """As `BlockSource`."""
        block = await self._pool.consistently(lambda rpc: fetch_block(rpc, number))
        view = self._view
        if view is not None and view.number == number:
            self._view = None
            if block is None or block.hash != view.hash:
                raise MalformedAnswer("the chain moved since its events were read", block=number)
        return block

    async def events(self, first: int, last: int) -> Sequence[ChainEvent]:
        """As `BlockSource`. A range that is refused is halved; sizes grow again with success."""
        events: list[ChainEvent] = []
        views: list[BlockRef] = []
        self._view = None
        while first <= last:
            upto = min(last, first + self._range - 1)
            logs, view = await self._adaptive(first, upto)
            events.extend(event for log in logs if (event := decode_log(log)) is not None)
            views.append(view)
            first = view.number + 1
        await self._check_unmoved(views[:-1])
        self._view = views[-1] if views else None
        return events

    async def wait_for_head(self) -> None:
        """Return at the next announcement of the WebSocket; never, where there is none."""
        if self._feed is None:
            await anyio.sleep_forever()
        else:
            await self._feed.wait()

    async def _adaptive(self, first: int, upto: int) -> tuple[list[RawLog], BlockRef]:
        """The logs of the range, or of as much of its beginning as the endpoint gives at once."""
        while True:
            try:
                answer = await self._logs(first, upto)
            except RpcError:
                if upto == first:
                    raise
                upto = first + (upto - first + 1) // 2 - 1
                self._range = upto - first + 1
            except EndpointFailed as error:
                if error.slow:  # the next scan asks for less
                    self._range = max(1, (upto - first + 1) // 2)
                raise
            else:
                self._range = min(self._max_range, self._range + self._range // 4 + 1)
                return answer

    async def _check_unmoved(self, views: Sequence[BlockRef]) -> None:
        """Error: MalformedAnswer if a part of the range was replaced while later parts were read."""
        for view in views:
            now = await self._pool.consistently(partial(fetch_block, number=view.number))
            if now != view:
                raise MalformedAnswer("the chain moved while events were read", block=view.number)

    async def _logs(self, first: int, last: int) -> tuple[list[RawLog], BlockRef]:
        async def work(rpc: Rpc) -> tuple[list[RawLog], BlockRef]:
            before = await fetch_block(rpc, last)
            if before is None:
                raise EndpointFailed(
                    "the endpoint lags behind", may_have_arrived=True, wanted_block=last
                )
            logs = await self._fetch_logs(rpc, first, last)
            if await fetch_block(rpc, last) != before:
                raise EndpointFailed(
                    "the chain moved while events were read", may_have_arrived=True
                )
            _check_logs(logs, first, before, self._addresses)
            return logs, before

        return await self._pool.consistently(work)

    async def _fetch_logs(self, rpc: Rpc, first: int, last: int) -> list[RawLog]:
        query = {
            "fromBlock": as_hex(first),
            "toBlock": as_hex(last),
            "address": sorted(hex0x(address) for address in self._addresses),
        }
        answer = items(await rpc.request("eth_getLogs", query), "logs")
        return [parse_log(members(entry, "log")) for entry in answer]


def parse_log(entry: Mapping[str, object]) -> RawLog:
    """A log as `eth_getLogs` gives it, its frame checked. Error: MalformedAnswer."""
    if entry.get("removed", False) is not False:
        raise MalformedAnswer("a removed log among the canonical ones")
    topics = tuple(hash32(topic, "topic") for topic in items(entry.get("topics"), "topics"))
    if len(topics) > _MAX_TOPICS:
        raise MalformedAnswer("a log has too many topics", topics=len(topics))
    return RawLog(
        at=LogRef(
            block_number=place(entry.get("blockNumber"), "log's block number"),
            block_hash=hash32(entry.get("blockHash"), "log's block hash"),
            tx_hash=hash32(entry.get("transactionHash"), "log's transaction hash"),
            log_index=place(entry.get("logIndex"), "log index"),
        ),
        address=Address(data(entry.get("address"), "log's address", 20)),
        topics=topics,
        data=data(entry.get("data"), "log's data"),
    )


def _check_logs(
    logs: Sequence[RawLog], first: int, last: BlockRef, addresses: frozenset[Address]
) -> None:
    """Error: MalformedAnswer unless these can be all logs of our contracts in the range, in order."""
    hashes: dict[int, Hash32] = {last.number: last.hash}
    for log in logs:
        at = log.at
        if not first <= at.block_number <= last.number:
            raise MalformedAnswer("a log outside the range", block=at.block_number)
        if log.address not in addresses:
            raise MalformedAnswer("a log of another contract", address=hex0x(log.address))
        if hashes.setdefault(at.block_number, at.block_hash) != at.block_hash:
            raise MalformedAnswer("logs of one height name two blocks", block=at.block_number)
    places = [(log.at.block_number, log.at.log_index) for log in logs]
    if any(earlier >= later for earlier, later in pairwise(places)):
        raise MalformedAnswer("the logs are not in ascending order")
