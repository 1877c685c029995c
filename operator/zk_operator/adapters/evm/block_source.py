"""Blocks and logs over JSON-RPC; every answer is checked, nothing that it says is believed without its frame."""

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import Final

import anyio

from zk_operator.adapters.evm.blame import is_missing_block
from zk_operator.adapters.evm.endpoint import EndpointPool
from zk_operator.adapters.evm.errors import EndpointFailed, RpcError
from zk_operator.adapters.evm.event_codec import RawLog, decode_log
from zk_operator.adapters.evm.headers import ChainHead, Header
from zk_operator.adapters.evm.heads import HeadFeed
from zk_operator.adapters.evm.logs import logs_of_block, logs_of_range
from zk_operator.domain.chain_event import BlockRef, BlockTag
from zk_operator.domain.failures import MalformedAnswer
from zk_operator.domain.ids import Address
from zk_operator.ports.chain import Reading

NEAR_BLOCKS: Final = 64


class EvmBlockSource:
    """BlockSource over a pool of endpoints. `addresses` are the contracts whose logs are events.

    Endpoints may disagree, and behind one URL are several nodes of different heights. Near the head, where they differ,
    logs are read block by block: named by hash, and checked against what the header commits to. Older blocks are read in
    ranges, from one view of the chain (the hash of the last block is the same before and after). The view comes with the
    events: whoever goes on from its last block notices when that was replaced.
    """

    def __init__(
        self,
        *,
        pool: EndpointPool,
        addresses: Sequence[Address],
        feed: HeadFeed | None = None,
        max_range: int = 2_000,
        near_blocks: int = NEAR_BLOCKS,
        head: ChainHead | None = None,
    ) -> None:
        self._pool = pool
        self._addresses = frozenset(addresses)
        self._feed = feed
        self._max_range = max_range
        self._range = max_range
        self._largest = max_range  # of ranges now; grows only between scans, so that each gets on
        self._near_blocks = near_blocks
        self._head = head or ChainHead(pool=pool)

    async def head(self, tag: BlockTag) -> BlockRef:
        """As `BlockSource`."""
        return await self._head.tagged(tag)

    async def block(self, number: int) -> BlockRef | None:
        """As `BlockSource`."""
        return await self._head.block(number)

    async def read(self, first: int, last: int) -> Reading:
        """As `BlockSource`. A range that is refused is halved; sizes grow again with success."""
        newest = max(last, self._head.number)
        # Near the head, block by block and by hash: behind one URL are several nodes, and a range is answered
        # by whichever (ADR 0210).
        near = max(first, min(last, newest - self._near_blocks) + 1)
        old, views = await self._old(first, min(last, near - 1))
        young, headers = await self._young(near, last, views[-1:])
        events = [event for log in (*old, *young) if (event := decode_log(log)) is not None]
        return Reading(blocks=(*views, *headers), events=tuple(events))

    async def wait_for_head(self) -> None:
        """Return at the next announcement of the WebSocket; never, where there is none."""
        if self._feed is None:
            await anyio.sleep_forever()
        else:
            await self._feed.wait()

    async def _young(
        self, first: int, last: int, before: Sequence[BlockRef]
    ) -> tuple[list[RawLog], list[BlockRef]]:
        """The logs of blocks near the head, and these blocks, each the child of the one before."""
        headers = [await self._head.header(number) for number in range(first, last + 1)]
        blocks = [header.ref for header in headers]
        if any(child.parent_hash != parent.hash for parent, child in pairwise([*before, *blocks])):
            raise MalformedAnswer("the chain moved while events were read", first=first, last=last)
        return [log for header in headers for log in await self._in_block(header)], blocks

    async def _in_block(self, header: Header) -> list[RawLog]:
        return await self._pool.consistently(
            lambda rpc: logs_of_block(rpc, header, self._addresses), names_block=True
        )

    async def _old(self, first: int, last: int) -> tuple[list[RawLog], list[BlockRef]]:
        """The logs of blocks that every node has, in as few ranges as the endpoint takes; and the last block of each."""
        logs: list[RawLog] = []
        views: list[BlockRef] = []
        while first <= last:
            found, view = await self._adaptive(first, min(last, first + self._range - 1))
            logs.extend(found)
            views.append(view)
            first = view.number + 1
        # Parts that were read first may be of a fork that was left while the others were read (ADR 0060).
        await self._check_unmoved(views[:-1])
        if views:
            self._largest = min(self._max_range, self._largest + self._largest // 4 + 1)
        return logs, views

    async def _adaptive(self, first: int, upto: int) -> tuple[list[RawLog], BlockRef]:
        """The logs of the range, or of as much of its beginning as the endpoint gives at once."""
        while True:
            read = partial(logs_of_range, first=first, last=upto, addresses=self._addresses)
            try:
                answer = await self._pool.consistently(read)
            except RpcError as error:
                # A missing block is no limit on ranges: a smaller one would miss it too.
                if upto == first or is_missing_block(error):
                    raise
                upto = first + (upto - first + 1) // 2 - 1
                self._range = upto - first + 1
            except EndpointFailed as error:
                # Limits are said in many ways: whatever it was, the next scan asks for less.
                if not error.lags:
                    self._range = self._largest = max(1, (upto - first + 1) // 2)
                raise
            else:
                self._range = min(self._largest, self._range + self._range // 4 + 1)
                return answer

    async def _check_unmoved(self, views: Sequence[BlockRef]) -> None:
        """Error: MalformedAnswer if a part of the range was replaced while later parts were read."""
        for view in views:
            if (await self._head.header(view.number)).ref != view:
                raise MalformedAnswer("the chain moved while events were read", block=view.number)
