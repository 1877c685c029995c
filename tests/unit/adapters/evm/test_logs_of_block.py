"""An empty answer for a block near the head: what proves that it is true."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.unit.adapters.evm.conftest import ScriptedTransport
from tests.unit.adapters.evm.test_block_source import Node, near_source_of, source_of

from zk_acts.domain.errors import OperatorError
from zk_operator.adapters.evm.errors import EndpointFailed, RpcError
from zk_operator.domain.failures import EvmUnreachable, MalformedAnswer

NO_METHOD = RpcError(method="eth_getBlockReceipts", number=-32601, text="not found")
OTHER = {"address": "0x" + "22" * 20}


def forgetful(node: Node, *, denials: int = 10**9, **changes: object) -> ScriptedTransport:
    """Answers [] where it is asked for our logs of a block, so many times; the rest as `changes` say."""
    transport = node.transport()
    left = [denials]

    def get_logs(query: dict[str, Any]) -> object:
        if "address" in query and "blockHash" in query and left[0]:
            left[0] -= 1
            return []
        return node.get_logs(query)

    transport.answers |= {"eth_getLogs": get_logs} | changes
    return transport


def one_order(**kinds: Any) -> Node:
    node = Node(**kinds)
    node.logs = [node.settled(19)]
    return node


ODD_LOGS = [
    {"topics": ["0x" + "00" * 32] * 5},
    {"topics": None},
    {"removed": "no"},
    {"logIndex": None},
    {"data": None},
]


@pytest.mark.parametrize("odd", ODD_LOGS)
async def test_events__another_contracts_log_is_odd__does_not_hide_ours(
    odd: dict[str, Any],
) -> None:
    node = one_order()
    receipts = [{"logs": [node.settled(19, 9, **odd) | OTHER]}, {"logs": node.logs}]
    transport = forgetful(node, eth_getBlockReceipts=lambda _: receipts)
    events = (await near_source_of(transport).read(15, 20)).events
    assert [event.at.block_number for event in events] == [19]


async def test_events__our_log_in_a_receipt_is_odd__is_malformed() -> None:
    node = one_order()
    receipts = [{"logs": [node.settled(19, topics=None)]}]
    transport = forgetful(node, eth_getBlockReceipts=lambda _: receipts)
    with pytest.raises(MalformedAnswer):
        await near_source_of(transport).read(15, 20)


async def test_events__receipts_of_another_block__are_not_believed() -> None:
    node = one_order()
    receipts = [{"blockHash": "0x" + "ee" * 32, "logs": []}]
    transport = forgetful(node, eth_getBlockReceipts=lambda _: receipts)
    with pytest.raises(MalformedAnswer, match="another block"):
        await near_source_of(transport).read(15, 20)


RECEIPTS: list[Callable[[Node], object]] = [
    lambda _: NO_METHOD,
    lambda _: RpcError(method="m", number=-32600, text="not part of your plan"),
    lambda node: [{"logs": []}, None],
]


@pytest.mark.parametrize("receipts", RECEIPTS)
async def test_events__no_receipts_and_an_empty_answer__all_logs_of_the_block_tell(
    receipts: Callable[[Node], object],
) -> None:
    node = one_order()
    transport = forgetful(node, eth_getBlockReceipts=lambda _: receipts(node))
    events = (await near_source_of(transport).read(15, 20)).events
    assert [event.at.block_number for event in events] == [19]


async def test_events__node_without_block_or_receipts__is_never_believed() -> None:
    node = one_order(has_receipts=False)
    transport = node.transport()
    transport.answers["eth_getLogs"] = []
    with pytest.raises(EvmUnreachable, match="lags"):
        await near_source_of(transport).read(15, 20)


async def test_events__receipts_denied_for_want_of_the_block__are_asked_for_again() -> None:
    node = one_order(has_blooms=False)
    answers: list[object] = [RpcError(method="m", number=-32000, text="block not found")] * 2

    def receipts(block_hash: str) -> object:
        return (
            answers.pop(0) if answers and block_hash.endswith("13") else node.receipts(block_hash)
        )

    transport = forgetful(node, eth_getBlockReceipts=receipts)
    events = (await near_source_of(transport).read(15, 20)).events
    assert [event.at.block_number for event in events] == [19]


async def test_events__hash_denied_in_unknown_words__is_asked_for_again() -> None:
    node = one_order()
    transport = node.transport()
    words = (
        "One of the blocks specified in filter (fromBlock, toBlock or blockHash) cannot be found."
    )
    answers: list[object] = [RpcError(method="m", number=-32000, text=words)]
    transport.answers["eth_getLogs"] = lambda query: (
        answers.pop(0) if answers else node.get_logs(query)
    )
    assert len((await near_source_of(transport).read(15, 20)).events) == 1


async def test_events__log_that_says_nothing_of_its_removal__is_taken() -> None:
    node = Node()
    node.logs = [node.settled(19, removed=None)]
    assert len((await near_source_of(node.transport()).read(15, 20)).events) == 1


# --- ranges ---


async def test_events__ranges_time_out_above_a_size__every_second_scan_gets_through() -> None:
    node = Node(height=400)
    transport = node.transport()

    def get_logs(query: dict[str, Any]) -> object:
        if int(query["toBlock"], 16) - int(query["fromBlock"], 16) >= 30:
            return EndpointFailed("slow", may_have_arrived=True, slow=True)
        return node.get_logs(query)

    transport.answers["eth_getLogs"] = get_logs
    source = source_of(transport, max_range=200)
    first, failures = 0, 0
    for _ in range(20):
        try:
            await source.read(first, first + 199)
        except OperatorError:
            failures += 1
        else:
            first += 200
            if first == 400:
                break
    assert first == 400
    assert failures <= 5


async def test_events__node_without_the_last_block_after_the_logs__is_asked_again() -> None:
    node = Node()
    transport = node.transport()
    plain, answers = node.block, [node.block(hex(20), False), None]
    transport.answers["eth_getBlockByNumber"] = lambda wanted, full: (
        answers.pop(0) if answers else plain(wanted, full)
    )
    assert (await source_of(transport).read(10, 20)).events == ()


async def test_events__node_without_an_earlier_range_s_end__is_asked_again() -> None:
    node = Node(height=40)
    transport = node.transport()
    plain, lacking = node.block, [True]
    asked: list[str] = []

    def block(wanted: str, full: bool) -> object:
        asked.append(wanted)
        if asked.count(hex(9)) == 3 and lacking:  # before and after its logs, then at the end
            lacking.pop()
            return None
        return plain(wanted, full)

    transport.answers["eth_getBlockByNumber"] = block
    assert (await source_of(transport, max_range=10).read(0, 40)).events == ()
