"""Finds an order's events by its id: the contract stores no terms, its logs have them."""

from collections.abc import Sequence
from typing import Final

from zk_acts.domain.ids import Hash32, hex0x
from zk_operator.adapters.evm.abi import contract_abi
from zk_operator.adapters.evm.endpoint import EndpointPool
from zk_operator.adapters.evm.errors import EndpointFailed, RpcError
from zk_operator.adapters.evm.event_codec import decode_log
from zk_operator.adapters.evm.headers import fetch_head
from zk_operator.adapters.evm.logs import parse_log
from zk_operator.adapters.evm.rpc import Rpc
from zk_operator.adapters.evm.wire import as_hex, items, members
from zk_operator.domain.chain_event import (
    BlockTag,
    ChainEvent,
    OrderPlaced,
    OrderRefunded,
    OrderSettled,
)
from zk_operator.domain.failures import MalformedAnswer
from zk_operator.domain.ids import Address, OrderId
from zk_operator.domain.order import SigningDomain, order_id

_FIRST_RANGE: Final = 2_000
_LARGEST_RANGE: Final = 1_000_000
Topic = Hash32 | OrderId | Sequence[Hash32] | None


class OrderLog:
    """Searches from the head backwards in growing ranges, so that a young order is found at once.

    Errors: EvmUnreachable, MalformedAnswer.
    """

    def __init__(self, *, pool: EndpointPool, manager: Address) -> None:
        self._pool = pool
        self._manager = manager
        self._domain = SigningDomain(chain_id=pool.chain_id, manager=manager)

    async def placed(self, wanted: OrderId, *, from_block: int) -> OrderPlaced | None:
        """The order's placing, its terms checked against the id; None if no block from there on has it."""
        event = await self._search([_topic("NewTaskCreated"), None, wanted], from_block)
        if event is None:
            return None
        if not isinstance(event, OrderPlaced) or not self._is_of(event, wanted):
            raise MalformedAnswer("the log's terms are not the order's", order_id=hex0x(wanted))
        return event

    async def ended(
        self, wanted: OrderId, *, from_block: int
    ) -> OrderSettled | OrderRefunded | None:
        """The order's settlement or refund."""
        ends = [_topic("OrderSettled"), _topic("OrderRefunded")]
        event = await self._search([ends, wanted], from_block)
        if event is None:
            return None
        if not isinstance(event, OrderSettled | OrderRefunded) or event.order_id != wanted:
            raise MalformedAnswer("the log is not the order's end", order_id=hex0x(wanted))
        return event

    def _is_of(self, event: OrderPlaced, wanted: OrderId) -> bool:
        return event.order_id == wanted == order_id(event.order, self._domain)

    async def _search(self, topics: Sequence[Topic], from_block: int) -> ChainEvent | None:
        """The newest event with these topics."""
        return await self._pool.consistently(
            lambda rpc: self._backwards(rpc, [_as_json(topic) for topic in topics], from_block)
        )

    async def _backwards(
        self, rpc: Rpc, topics: list[object], from_block: int
    ) -> ChainEvent | None:
        upto = (await fetch_head(rpc, BlockTag.LATEST)).number
        size, largest = _FIRST_RANGE, _LARGEST_RANGE
        while upto >= from_block:
            first = max(from_block, upto - size + 1)
            try:
                found = await self._fetch(rpc, topics, first, upto)
            except (RpcError, EndpointFailed) as error:
                if first == upto or not _may_be_too_large(error):
                    raise
                size = largest = (upto - first + 1) // 2
                continue
            if found:
                return found[-1]
            upto, size = first - 1, min(largest, size * 2)
        return None

    async def _fetch(
        self, rpc: Rpc, topics: list[object], first: int, last: int
    ) -> list[ChainEvent]:
        query = {
            "fromBlock": as_hex(first),
            "toBlock": as_hex(last),
            "address": hex0x(self._manager),
            "topics": topics,
        }
        logs = [
            parse_log(members(entry, "log"))
            for entry in items(await rpc.request("eth_getLogs", query), "logs")
        ]
        if any(log.address != self._manager for log in logs):
            raise MalformedAnswer("a log of another contract")
        return [event for log in logs if (event := decode_log(log)) is not None]


def _may_be_too_large(error: RpcError | EndpointFailed) -> bool:
    return isinstance(error, RpcError) or error.slow


def _topic(event: str) -> Hash32:
    events = contract_abi("OrderServiceManager").events
    return next(Hash32(topic) for topic, entry in events.items() if entry.name == event)


def _as_json(topic: Topic) -> object:
    if topic is None:
        return None
    return hex0x(topic) if isinstance(topic, bytes) else [hex0x(each) for each in topic]
