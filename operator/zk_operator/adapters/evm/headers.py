"""Block headers, and the newest of them. Format: the Ethereum execution API.

The logs bloom of a header is 2048 bits that prove absence, never presence. Format: Ethereum yellow paper, 4.3.1 (M3:2048).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import anyio

from zk_acts.domain.errors import OperatorError
from zk_acts.domain.hashing import keccak
from zk_operator.adapters.evm.endpoint import EndpointPool
from zk_operator.adapters.evm.errors import EndpointFailed, RpcError
from zk_operator.adapters.evm.rpc import Rpc
from zk_operator.adapters.evm.wire import as_hex, data, hash32, items, members, place
from zk_operator.domain.chain_event import BlockRef, BlockTag
from zk_operator.domain.failures import DepthUnknown, MalformedAnswer
from zk_operator.domain.ids import Address

BLOOM_BYTES: Final = 256
_BITS: Final = 2_047  # mask of a bit's number

_HEADER_ONLY: Final = False
_SILENCE_S: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """A block and what its header says of its logs.

    `bloom` None: it says nothing. Some chains leave every bloom empty, so that an empty one proves nothing.
    """

    ref: BlockRef
    bloom: bytes | None
    has_transactions: bool

    def may_have_logs_of(self, address: Address) -> bool:
        """False only where the header proves that there are none."""
        if not self.has_transactions:
            return False
        return self.bloom is None or may_hold(self.bloom, address)


async def fetch_header(rpc: Rpc, number: int | BlockTag) -> Header | None:
    """The canonical block of that number or tag, or None where the endpoint has none. Error: MalformedAnswer."""
    wanted = number.value if isinstance(number, BlockTag) else as_hex(number)
    answer = await rpc.request("eth_getBlockByNumber", wanted, _HEADER_ONLY)
    if answer is None:
        return None
    header = parse_header(answer)
    if not isinstance(number, BlockTag) and header.ref.number != number:
        raise MalformedAnswer("another block than asked for", asked=number, got=header.ref.number)
    return header


def parse_header(answer: object) -> Header:
    """Error: MalformedAnswer."""
    header = members(answer, "block")
    bloom = data(header.get("logsBloom") or "0x", "logs bloom")
    if bloom and len(bloom) != BLOOM_BYTES:
        raise MalformedAnswer("the logs bloom has a wrong length", size=len(bloom))
    transactions = header.get("transactions")
    return Header(
        ref=BlockRef(
            number=place(header.get("number"), "block number"),
            hash=hash32(header.get("hash"), "block hash"),
            parent_hash=hash32(header.get("parentHash"), "parent hash"),
            timestamp=place(header.get("timestamp"), "timestamp"),
        ),
        bloom=bloom if any(bloom) else None,
        has_transactions=transactions is None or bool(items(transactions, "transactions")),
    )


async def fetch_block(rpc: Rpc, number: int | BlockTag) -> BlockRef | None:
    """The canonical block of that number or tag, or None where the endpoint has none."""
    header = await fetch_header(rpc, number)
    return None if header is None else header.ref


async def fetch_head(rpc: Rpc, tag: BlockTag) -> BlockRef:
    """The newest block with that tag, as this endpoint has it.

    Error: DepthUnknown where it does not say which block is safe or finalized: geth and reth answer with an error in
    words of their own ("finalized block not found", "unknown block"), others with null. RpcError where it refuses
    to name the latest one too.
    """
    try:
        block = await fetch_block(rpc, tag)
    except RpcError as error:
        if tag is BlockTag.LATEST:
            raise
        await fetch_block(
            rpc, BlockTag.LATEST
        )  # refused as well: a limit, and nothing about the depth
        raise DepthUnknown(tag=tag.value, answer=error.text) from error
    if block is not None:
        return block
    if tag is BlockTag.LATEST:
        raise MalformedAnswer("the endpoint has no head")
    raise DepthUnknown(tag=tag.value, answer="null")


class ChainHead:
    """The chain's head over all endpoints. It does not go back because a node that lags was asked.

    A chain does get shorter, by a reorg or a new start: a lower head is believed when `silence_s` have passed in which
    no node confirmed the higher one.
    """

    def __init__(
        self,
        *,
        pool: EndpointPool,
        silence_s: float = _SILENCE_S,
        saw: Callable[[int], None] = lambda _: None,
    ) -> None:
        """`saw`: told the time of every newest block that an endpoint shows."""
        self._pool = pool
        self._silence_s = silence_s
        self._saw = saw
        self._newest: BlockRef | None = None
        self._confirmed_at = 0.0

    @property
    def number(self) -> int:
        """The newest block that was seen; 0 before the first look."""
        return self._newest.number if self._newest else 0

    async def latest(self) -> BlockRef:
        """The newest block. An endpoint that stands still is passed over for one that does not."""
        found = await self._highest()
        self._saw(found.timestamp)
        now, newest = anyio.current_time(), self._newest
        # After so long a chain may really be shorter; until then the highest head counts, or work would be
        # done twice (ADR 0210).
        is_over = now - self._confirmed_at > self._silence_s
        if newest is None or found.number >= newest.number or is_over:
            self._newest, self._confirmed_at = found, now
            return found
        return newest

    async def _highest(self) -> BlockRef:
        """The first endpoint's head that is not below the newest block; else the highest of all of theirs."""
        lower: list[BlockRef] = []

        async def look(rpc: Rpc) -> BlockRef:
            head = await fetch_head(rpc, BlockTag.LATEST)
            if head.number >= self.number:
                return head
            lower.append(head)
            raise DepthUnknown("the endpoint's head is an old one", tag=BlockTag.LATEST.value)

        try:
            return await self._pool.consistently(look)
        except OperatorError:
            if not lower:
                raise
            return max(lower, key=lambda head: head.number)

    async def tagged(self, tag: BlockTag) -> BlockRef:
        """The newest block with that tag. Error: DepthUnknown where no endpoint says which that is."""
        if tag is BlockTag.LATEST:
            return await self.latest()
        return await self._pool.consistently(lambda rpc: fetch_head(rpc, tag))

    async def block(self, number: int) -> BlockRef | None:
        """The canonical block of that number; None only beyond the newest that was seen."""

        if number <= self.number:
            return (await self.header(number)).ref
        return await self._pool.consistently(lambda rpc: fetch_block(rpc, number))

    async def header(self, number: int) -> Header:
        """The header of a block that there is. Error: EndpointFailed where no endpoint has it."""

        async def look(rpc: Rpc) -> Header:
            header = await fetch_header(rpc, number)
            if header is None:
                raise lags(number)
            return header

        return await self._pool.consistently(look, names_block=True)


def lags(number: int) -> EndpointFailed:
    """The error of an endpoint that does not have a block which another answer has shown to be there."""
    return EndpointFailed(
        "the endpoint lags behind", may_have_arrived=True, lags=True, wanted_block=number
    )


def may_hold(bloom: bytes, value: bytes) -> bool:
    """Whether a log of the block can have this address or topic. `bloom` is 256 bytes, big-endian."""
    bits = int.from_bytes(bloom)
    return all(bits >> bit & 1 for bit in _bits_of(value))


def _bits_of(value: bytes) -> list[int]:
    """Three bits, each from a pair of bytes of the hash."""
    digest = keccak(value)
    return [int.from_bytes(digest[at : at + 2]) & _BITS for at in (0, 2, 4)]
