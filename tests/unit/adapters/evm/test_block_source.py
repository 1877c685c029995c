"""Answers that a scan must not believe."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any

import anyio
import pytest
from eth_utils.crypto import keccak
from tests.unit.adapters.evm.conftest import ScriptedTransport, pool_of

from zk_acts.domain.errors import OperatorError
from zk_devnet.simulator.evm.block import bloom_of
from zk_operator.adapters.evm.block_source import EvmBlockSource
from zk_operator.adapters.evm.errors import EndpointFailed, RpcError
from zk_operator.adapters.evm.headers import ChainHead
from zk_operator.domain.chain_event import BlockTag, OrderSettled, Undecodable
from zk_operator.domain.failures import DepthUnknown, EvmUnreachable, MalformedAnswer
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
    by_hash: list[int] = field(default_factory=list)
    forgets: set[int] = field(default_factory=set)  # answers [] for the logs of these blocks
    has_receipts: bool = True
    has_blooms: bool = True

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
            "logsBloom": "0x" + self.bloom_at(number).hex(),
            "transactions": ["0x" + b"t".hex() * 32],
        }

    def bloom_at(self, number: int) -> bytes:
        here = [log for log in self.logs if log["blockNumber"] == hex(number)]
        named = [
            bytes.fromhex(text[2:]) for log in here for text in (log["address"], *log["topics"])
        ]
        bloom = reduce(or_, map(bloom_of, named), bloom_of(b"somebody else"))
        return bloom.to_bytes(256) if self.has_blooms else bytes(256)

    def number_of(self, block_hash: str) -> int | None:
        return next(
            (n for n in range(self.height + 1) if "0x" + self.hash_at(n).hex() == block_hash), None
        )

    def logs_at(self, block_hash: str) -> object:
        number = self.number_of(block_hash)
        if number is None or number in self.forgets:
            return []
        self.by_hash.append(number)
        return [log for log in self.logs if log["blockHash"] == block_hash]

    def receipts(self, block_hash: str) -> object:
        if not self.has_receipts:
            return RpcError(method="eth_getBlockReceipts", number=-32601, text="not found")
        if self.number_of(block_hash) is None:
            return None
        here = [log for log in self.logs if log["blockHash"] == block_hash]
        other = [log | {"address": "0x" + "22" * 20} for log in here]
        return [{"logs": other}, {"logs": here}]

    def get_logs(self, query: dict[str, Any]) -> object:
        if "blockHash" in query:
            return self.logs_at(query["blockHash"])
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
        return ScriptedTransport(
            name,
            eth_getBlockByNumber=self.block,
            eth_getLogs=self.get_logs,
            eth_getBlockReceipts=self.receipts,
        )


def source_of(*transports: ScriptedTransport, max_range: int = 100) -> EvmBlockSource:
    """Reads every block as an old one."""
    return EvmBlockSource(
        pool=pool_of(*transports), addresses=[MANAGER], max_range=max_range, near_blocks=0
    )


def near_source_of(*transports: ScriptedTransport, near_blocks: int = 64) -> EvmBlockSource:
    return EvmBlockSource(pool=pool_of(*transports), addresses=[MANAGER], near_blocks=near_blocks)


async def test_events__canonical_logs__are_decoded_with_their_places() -> None:
    node = Node()
    node.logs = [node.settled(3), node.settled(3, 1), node.settled(9, 4)]
    events = (await source_of(node.transport()).read(0, 20)).events
    assert [(e.at.block_number, e.at.log_index) for e in events] == [(3, 0), (3, 1), (9, 4)]
    assert all(isinstance(e, OrderSettled) and e.payout == 5 for e in events)


async def test_events__range_refused__is_halved_without_gap_or_overlap() -> None:
    node = Node(max_range=3)
    node.logs = [node.settled(number) for number in range(21)]
    source = source_of(node.transport())
    events = (await source.read(0, 20)).events
    assert [event.at.block_number for event in events] == list(range(21))
    before = len(node.ranges)
    node.max_range = 10**9
    assert len((await source.read(0, 20)).events) == 21
    sizes = [last - first + 1 for first, last in node.ranges[before:]]
    assert sizes[0] < 10
    assert sizes[1] > sizes[0]


async def test_events__single_block_refused__raises_the_nodes_answer() -> None:
    node = Node(max_range=0)
    with pytest.raises(RpcError):
        await source_of(node.transport()).read(4, 5)


async def test_events__slow_endpoint__next_scan_asks_for_less() -> None:
    node = Node()
    transport = node.transport()
    transport.answers["eth_getLogs"] = EndpointFailed("slow", may_have_arrived=True, slow=True)
    source = source_of(transport)
    with pytest.raises(EvmUnreachable):
        await source.read(0, 20)
    transport.answers["eth_getLogs"] = node.get_logs
    await source.read(0, 20)
    assert node.ranges[0] == (0, 9)


async def test_events__endpoint_lags_behind__the_other_one_answers() -> None:
    behind, ahead = Node(height=8), Node(height=20)
    ahead.logs = [ahead.settled(15)]
    events = (await source_of(behind.transport("one"), ahead.transport("two")).read(0, 20)).events
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
        await source_of(transport).read(0, 20)


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
        await source_of(transport, max_range=10).read(0, 20)


async def test_read__old_and_young_blocks__the_view_comes_with_the_events() -> None:
    node = Node()
    source = EvmBlockSource(
        pool=pool_of(node.transport()), addresses=[MANAGER], near_blocks=3, max_range=10
    )
    reading = await source.read(0, 20)
    assert [block.number for block in reading.blocks] == [9, 17, 18, 19, 20]
    assert [block.hash for block in reading.blocks][-1] == node.hash_at(20)


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
        await source_of(transport).read(5, 10)


@pytest.mark.parametrize("answer", [None, {}, "0x", 5])
async def test_events__answer_is_no_list__is_malformed(answer: object) -> None:
    transport = Node().transport()
    transport.answers["eth_getLogs"] = answer
    with pytest.raises(MalformedAnswer):
        await source_of(transport).read(5, 10)


async def test_events__one_log_does_not_decode__the_others_do() -> None:
    node = Node()
    node.logs = [node.settled(3), node.settled(4, data="0x01"), node.settled(5)]
    events = (await source_of(node.transport()).read(0, 20)).events
    assert [type(event) for event in events] == [OrderSettled, Undecodable, OrderSettled]


UNKNOWN_DEPTHS = [
    None,
    RpcError(method="m", number=-32000, text="finalized block not found"),
    RpcError(method="m", number=-39001, text="Unknown block"),
    RpcError(method="m", number=-32602, text="invalid argument 0: hex string without 0x prefix"),
]


def without_tags(node: Node, answer: object, name: str = "one") -> ScriptedTransport:
    transport = node.transport(name)
    transport.answers["eth_getBlockByNumber"] = lambda wanted, full: (
        answer if wanted in ("safe", "finalized") else node.block(wanted, full)
    )
    return transport


@pytest.mark.parametrize("answer", UNKNOWN_DEPTHS)
@pytest.mark.parametrize("tag", [BlockTag.SAFE, BlockTag.FINALIZED])
async def test_head__no_endpoint_knows_the_tag__is_never_taken_for_the_genesis_block(
    tag: BlockTag, answer: object
) -> None:
    source = source_of(without_tags(Node(), answer))
    with pytest.raises(DepthUnknown, match=tag.value):
        await source.head(tag)
    assert (await source.head(BlockTag.LATEST)).number == 20


async def test_head__one_endpoint_knows_the_tag__it_is_asked() -> None:
    good = Node()
    transport = good.transport("two")
    transport.answers["eth_getBlockByNumber"] = lambda wanted, full: good.block(
        "0xc" if wanted == "safe" else wanted, full
    )
    source = source_of(without_tags(Node(), None), transport)
    assert (await source.head(BlockTag.SAFE)).number == 12


async def test_head__a_node_behind_the_url_lags__does_not_go_back() -> None:
    node = Node()
    transport = node.transport()
    heights = [20, 18, 21, 15]
    transport.answers["eth_getBlockByNumber"] = lambda _wanted, full: node.block(
        hex(heights.pop(0)), full
    )
    node.height = 21
    source = source_of(transport)
    assert [(await source.head(BlockTag.LATEST)).number for _ in range(4)] == [20, 20, 21, 21]


async def test_head__lower_and_nobody_confirms_the_higher__is_believed_in_the_end() -> None:
    node = Node()
    pool = pool_of(node.transport())
    head = ChainHead(pool=pool, silence_s=0)
    source = EvmBlockSource(pool=pool, addresses=[MANAGER], head=head)
    await source.head(BlockTag.LATEST)
    node.height = 15
    assert (await source.head(BlockTag.LATEST)).number == 15
    assert await source.block(16) is None


async def test_block__a_node_behind_the_url_lags__is_asked_for_again() -> None:
    node = Node()
    transport = node.transport()
    source = source_of(transport)
    await source.head(BlockTag.LATEST)
    answers: list[object] = [None, node.block(hex(20), False)]
    transport.answers["eth_getBlockByNumber"] = lambda _wanted, _full: answers.pop(0)
    block = await source.block(20)
    assert block is not None
    assert block.number == 20


# --- near the head ---


async def test_events__near_the_head__only_blocks_whose_bloom_admits_them_are_asked_for() -> None:
    node = Node()
    node.logs = [node.settled(15), node.settled(19), node.settled(19, 1)]
    events = (await near_source_of(node.transport()).read(10, 20)).events
    assert [(e.at.block_number, e.at.log_index) for e in events] == [(15, 0), (19, 0), (19, 1)]
    assert node.by_hash == [15, 19]
    assert node.ranges == []


async def test_events__old_and_young_blocks__are_all_read_once() -> None:
    node = Node()
    node.logs = [node.settled(number) for number in range(21)]
    events = (await near_source_of(node.transport(), near_blocks=5).read(0, 20)).events
    assert [event.at.block_number for event in events] == list(range(21))
    assert node.ranges == [(0, 15)]
    assert node.by_hash == list(range(16, 21))


async def test_events__node_without_the_block_says_none__the_receipts_have_them() -> None:
    node = Node(forgets={19})
    node.logs = [node.settled(19)]
    events = (await near_source_of(node.transport()).read(15, 20)).events
    assert [event.at.block_number for event in events] == [19]


async def test_events__no_node_has_the_block__nothing_is_believed() -> None:
    node = Node()
    node.logs = [node.settled(19)]
    transport = node.transport()
    transport.answers["eth_getLogs"] = []
    transport.answers["eth_getBlockReceipts"] = None
    with pytest.raises(EvmUnreachable, match="lags"):
        await near_source_of(transport).read(15, 20)


async def test_events__no_receipts_either__none_is_believed_only_when_said_repeatedly() -> None:
    node = Node(has_receipts=False)
    node.logs = [node.settled(19)]
    transport = node.transport()
    answers: list[object] = [[], [], node.logs]
    transport.answers["eth_getLogs"] = lambda _query: answers.pop(0)
    assert len((await near_source_of(transport).read(15, 20)).events) == 1


async def test_events__bloom_admits_them_wrongly__there_are_none() -> None:
    node = Node()
    transport = node.transport()
    full = node.block

    def block(wanted: str, whole: bool) -> object:
        header = full(wanted, whole)
        assert isinstance(header, dict)
        return header | {"logsBloom": "0x" + "ff" * 256}

    transport.answers["eth_getBlockByNumber"] = block
    assert (await near_source_of(transport).read(15, 20)).events == ()


async def test_events__chain_without_blooms__every_block_is_asked_for() -> None:
    node = Node(has_blooms=False)
    node.logs = [node.settled(19)]
    events = (await near_source_of(node.transport()).read(15, 20)).events
    assert [event.at.block_number for event in events] == [19]
    assert node.by_hash == list(range(15, 21))


async def test_events__near_blocks_do_not_link__is_not_believed() -> None:
    node = Node(forks={18: b"f" * 32})
    transport = node.transport()
    plain = node.block

    def block(wanted: str, full: bool) -> object:
        header = plain(wanted, full)
        assert isinstance(header, dict)
        straight = {"parentHash": "0x" + (18).to_bytes(32).hex()}
        return header | straight if wanted == hex(19) else header

    transport.answers["eth_getBlockByNumber"] = block
    with pytest.raises(MalformedAnswer, match="moved"):
        await near_source_of(transport).read(15, 20)


async def test_events__old_part_is_of_another_branch__is_not_believed() -> None:
    node = Node()
    transport = node.transport()

    def block(wanted: str, full: bool) -> object:
        if wanted == hex(16):
            node.forks[15] = b"f" * 32  # replaced after the old part was read
        return node.block(wanted, full)

    transport.answers["eth_getBlockByNumber"] = block
    with pytest.raises(OperatorError, match="moved"):
        await near_source_of(transport, near_blocks=5).read(0, 20)


async def test_events__range_refused_in_any_way__the_next_scan_asks_for_less() -> None:
    node = Node()
    transport = node.transport()
    transport.answers["eth_getLogs"] = EndpointFailed("HTTP 400", may_have_arrived=False)
    source = source_of(transport)
    with pytest.raises(EvmUnreachable):
        await source.read(0, 20)
    transport.answers["eth_getLogs"] = node.get_logs
    await source.read(0, 20)
    assert node.ranges[0] == (0, 9)


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
