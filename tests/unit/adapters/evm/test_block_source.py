"""Answers that a scan must not believe."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import anyio
import pytest
from eth_utils.crypto import keccak
from tests.unit.adapters.evm.conftest import ScriptedTransport, pool_of

from zk_operator.adapters.evm.block_source import EvmBlockSource
from zk_operator.adapters.evm.errors import EndpointFailed, RpcError
from zk_operator.domain.chain_event import BlockTag, OrderSettled, Undecodable
from zk_operator.domain.errors import OperatorError
from zk_operator.domain.failures import EvmUnreachable, MalformedAnswer
from zk_operator.domain.ids import Address

MANAGER = Address(b"\x11" * 20)
SETTLED = keccak(text="OrderSettled(bytes32,uint256)")


@dataclass(kw_only=True)
class Node:
    """A chain behind JSON-RPC. `forks`: heights whose block hash differs from the plain one."""

    height: int = 20
    forks: dict[int, bytes] = field(default_factory=dict)
    logs: list[dict[str, Any]] = field(default_factory=list)
    ranges: list[tuple[int, int]] = field(default_factory=list)
    max_range: int = 10**9

    def hash_at(self, number: int) -> bytes:
        return self.forks.get(number, number.to_bytes(32))

    def block(self, wanted: str, _full: bool) -> object:
        number = self.height if wanted == "latest" else int(wanted, 16)
        if number > self.height:
            return None
        parent = self.hash_at(number - 1) if number else bytes(32)
        return {
            "number": hex(number),
            "hash": "0x" + self.hash_at(number).hex(),
            "parentHash": "0x" + parent.hex(),
            "timestamp": hex(1000 + number),
        }

    def get_logs(self, query: dict[str, Any]) -> object:
        first, last = int(query["fromBlock"], 16), int(query["toBlock"], 16)
        self.ranges.append((first, last))
        if last - first + 1 > self.max_range:
            return RpcError(method="eth_getLogs", number=-32005, text="query returned too much")
        return [log for log in self.logs if first <= int(log["blockNumber"], 16) <= last]

    def settled(self, number: int, index: int = 0, **changes: object) -> dict[str, Any]:
        return {
            "address": "0x" + MANAGER.hex(),
            "topics": ["0x" + SETTLED.hex(), "0x" + b"o".hex() * 32],
            "data": "0x" + (5).to_bytes(32).hex(),
            "blockNumber": hex(number),
            "blockHash": "0x" + self.hash_at(number).hex(),
            "transactionHash": "0x" + b"t".hex() * 32,
            "logIndex": hex(index),
            "removed": False,
        } | changes

    def transport(self, name: str = "one") -> ScriptedTransport:
        return ScriptedTransport(name, eth_getBlockByNumber=self.block, eth_getLogs=self.get_logs)


def source_of(*transports: ScriptedTransport, max_range: int = 100) -> EvmBlockSource:
    return EvmBlockSource(pool=pool_of(*transports), addresses=[MANAGER], max_range=max_range)


async def test_events__canonical_logs__are_decoded_with_their_places() -> None:
    node = Node()
    node.logs = [node.settled(3), node.settled(3, 1), node.settled(9, 4)]
    events = await source_of(node.transport()).events(0, 20)
    assert [(e.at.block_number, e.at.log_index) for e in events] == [(3, 0), (3, 1), (9, 4)]
    assert all(isinstance(e, OrderSettled) and e.payout == 5 for e in events)


async def test_events__range_refused__is_halved_without_gap_or_overlap() -> None:
    node = Node(max_range=3)
    node.logs = [node.settled(number) for number in range(21)]
    source = source_of(node.transport())
    events = await source.events(0, 20)
    assert [event.at.block_number for event in events] == list(range(21))
    before = len(node.ranges)
    node.max_range = 10**9
    assert len(await source.events(0, 20)) == 21
    sizes = [last - first + 1 for first, last in node.ranges[before:]]
    assert sizes[0] < 10
    assert sizes[1] > sizes[0]


async def test_events__single_block_refused__raises_the_nodes_answer() -> None:
    node = Node(max_range=0)
    with pytest.raises(RpcError):
        await source_of(node.transport()).events(4, 5)


async def test_events__slow_endpoint__next_scan_asks_for_less() -> None:
    node = Node()
    transport = node.transport()
    transport.answers["eth_getLogs"] = EndpointFailed("slow", may_have_arrived=True, slow=True)
    source = source_of(transport)
    with pytest.raises(EvmUnreachable):
        await source.events(0, 20)
    transport.answers["eth_getLogs"] = node.get_logs
    await source.events(0, 20)
    assert node.ranges[0] == (0, 9)


async def test_events__endpoint_lags_behind__the_other_one_answers() -> None:
    behind, ahead = Node(height=8), Node(height=20)
    ahead.logs = [ahead.settled(15)]
    events = await source_of(behind.transport("one"), ahead.transport("two")).events(0, 20)
    assert len(events) == 1
    assert behind.ranges == []


async def test_events__chain_moves_while_reading__is_not_believed() -> None:
    node = Node()

    def get_logs(query: dict[str, Any]) -> object:
        node.forks[20] = b"f" * 32
        return []

    transport = node.transport()
    transport.answers["eth_getLogs"] = get_logs
    with pytest.raises(EvmUnreachable, match="moved"):
        await source_of(transport).events(0, 20)


async def test_events__early_part_replaced_while_later_is_read__is_not_believed() -> None:
    node = Node()
    plain = node.get_logs

    def get_logs(query: dict[str, Any]) -> object:
        if int(query["fromBlock"], 16) > 0:
            node.forks[9] = b"f" * 32
        return plain(query)

    transport = node.transport()
    transport.answers["eth_getLogs"] = get_logs
    with pytest.raises(MalformedAnswer, match="moved"):
        await source_of(transport, max_range=10).events(0, 20)


async def test_block__replaced_since_its_events_were_read__is_noticed_once() -> None:
    node = Node()
    source = source_of(node.transport())
    await source.events(15, 20)
    node.forks[20] = b"f" * 32
    with pytest.raises(MalformedAnswer, match="moved"):
        await source.block(20)
    again = await source.block(20)
    assert again is not None
    assert again.hash == b"f" * 32


Spoil = Callable[[Node], list[dict[str, Any]]]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda n: [n.settled(2)],
        lambda n: [n.settled(6, removed=True)],
        lambda n: [n.settled(6, removed="false")],
        lambda n: [n.settled(6, address="0x" + "22" * 20)],
        lambda n: [n.settled(6, 1), n.settled(6, 0)],
        lambda n: [n.settled(6), n.settled(6)],
        lambda n: [n.settled(7), n.settled(6)],
        lambda n: [n.settled(6), n.settled(6, 1, blockHash="0x" + "ee" * 32)],
        lambda n: [n.settled(10, blockHash="0x" + "ee" * 32)],
        lambda n: [n.settled(6, blockHash=None)],
        lambda n: [n.settled(6, blockNumber=None)],
        lambda n: [n.settled(6, topics=["0x12"])],
        lambda n: [n.settled(6, topics=["0x" + "00" * 32] * 5)],
        lambda n: [n.settled(6, data="zz")],
        lambda n: [n.settled(6, logIndex=0)],
    ],
)
async def test_events__answer_that_cannot_be__is_malformed(spoil: Spoil) -> None:
    node = Node()
    transport = node.transport()
    transport.answers["eth_getLogs"] = spoil(node)
    with pytest.raises(MalformedAnswer):
        await source_of(transport).events(5, 10)


@pytest.mark.parametrize("answer", [None, {}, "0x", 5])
async def test_events__answer_is_no_list__is_malformed(answer: object) -> None:
    transport = Node().transport()
    transport.answers["eth_getLogs"] = answer
    with pytest.raises(MalformedAnswer):
        await source_of(transport).events(5, 10)


async def test_events__one_log_does_not_decode__the_others_do() -> None:
    node = Node()
    node.logs = [node.settled(3), node.settled(4, data="0x01"), node.settled(5)]
    events = await source_of(node.transport()).events(0, 20)
    assert [type(event) for event in events] == [OrderSettled, Undecodable, OrderSettled]


async def test_head__nothing_finalized_yet__is_the_genesis_block() -> None:
    node = Node()
    transport = node.transport()

    def block(wanted: str, full: bool) -> object:
        if wanted == "finalized":
            return RpcError(method="m", number=-32000, text="finalized block not found")
        return None if wanted == "safe" else node.block(wanted, full)

    transport.answers["eth_getBlockByNumber"] = block
    source = source_of(transport)
    assert (await source.head(BlockTag.FINALIZED)).number == 0
    assert (await source.head(BlockTag.SAFE)).number == 0
    assert (await source.head(BlockTag.LATEST)).number == 20


async def test_block__another_number_than_asked_for__is_malformed() -> None:
    node = Node()
    transport = node.transport()
    transport.answers["eth_getBlockByNumber"] = node.block("0x5", False)
    with pytest.raises(MalformedAnswer):
        await source_of(transport).block(6)


@pytest.mark.parametrize("missing", ["number", "hash", "parentHash", "timestamp"])
async def test_block__field_missing__is_malformed(missing: str) -> None:
    node = Node()
    header = node.block("0x5", False)
    assert isinstance(header, dict)
    transport = node.transport()
    transport.answers["eth_getBlockByNumber"] = {
        key: value for key, value in header.items() if key != missing
    }
    with pytest.raises(OperatorError, match="ZKO-EVM-002"):
        await source_of(transport).block(5)


async def test_wait_for_head__no_feed__never_returns() -> None:
    source = source_of(Node().transport())
    with anyio.move_on_after(0) as scope:
        await source.wait_for_head()
    assert scope.cancelled_caught
