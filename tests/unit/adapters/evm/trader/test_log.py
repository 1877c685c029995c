"""Finding an order's events: the ranges that are asked for, and what is believed."""

from collections.abc import Callable
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from tests.unit.adapters.evm.conftest import ScriptedTransport, pool_of
from tests.unit.adapters.evm.trader.conftest import MANAGER, OWNER, id_of, order_of

from zk_acts.domain.ids import hex0x
from zk_operator.adapters.evm.errors import EndpointFailed, RpcError
from zk_operator.domain.chain_event import OrderRefunded, OrderSettled
from zk_operator.domain.failures import EvmUnreachable, MalformedAnswer
from zk_operator.domain.ids import OrderId
from zk_operator.domain.order import ORDER_ABI, Order
from zk_trader.log import OrderLog

ORDER = order_of()
ID = id_of(ORDER)
HEAD = 10_000
Query = dict[str, Any]


def block(_: str, _full: bool) -> Query:
    return {
        "number": hex(HEAD),
        "hash": hex0x(b"\x01" * 32),
        "parentHash": hex0x(b"\x02" * 32),
        "timestamp": "0x1",
    }


def entry(topics: list[bytes], data: bytes, *, at: int, address: bytes = MANAGER) -> Query:
    return {
        "address": hex0x(address),
        "topics": [hex0x(topic) for topic in topics],
        "data": hex0x(data),
        "blockNumber": hex(at),
        "blockHash": hex0x(at.to_bytes(32, "big")),
        "transactionHash": hex0x(b"\x03" * 32),
        "logIndex": "0x0",
        "removed": False,
    }


def placed_log(order: Order, order_id: OrderId = ID, *, at: int, **changes: Any) -> Query:
    topic = keccak(text=f"NewTaskCreated(uint32,bytes32,{ORDER_ABI})")
    topics = [topic, (4).to_bytes(32, "big"), bytes(order_id)]
    return entry(topics, encode([ORDER_ABI], [order.as_abi()]), at=at, **changes)


def ended_log(event: str, amount: int, *, at: int, order_id: OrderId = ID) -> Query:
    topic = keccak(text=f"{event}(bytes32,uint256)")
    return entry([topic, bytes(order_id)], amount.to_bytes(32, "big"), at=at)


def log_over(answer: Callable[[Query], object]) -> tuple[OrderLog, ScriptedTransport]:
    transport = ScriptedTransport(eth_getBlockByNumber=block, eth_getLogs=answer)
    return OrderLog(pool=pool_of(transport), manager=MANAGER), transport


def ranges(transport: ScriptedTransport) -> list[tuple[int, int]]:
    queries: list[Any] = [params[0] for method, params in transport.asked if "Logs" in method]
    return [(int(query["fromBlock"], 16), int(query["toBlock"], 16)) for query in queries]


def holding(log: Query, *, widest: int = 10**9) -> Callable[[Query], object]:
    """A node with that one log, which refuses ranges beyond `widest`."""

    def answer(query: Query) -> object:
        first, last = int(query["fromBlock"], 16), int(query["toBlock"], 16)
        if last - first + 1 > widest:
            return RpcError(method="eth_getLogs", number=-32005, text="range too large")
        return [log] if first <= int(log["blockNumber"], 16) <= last else []

    return answer


async def test_placed__young_order__is_found_in_the_first_range() -> None:
    log, transport = log_over(holding(placed_log(ORDER, at=9_500)))
    found = await log.placed(ID, from_block=0)
    assert found is not None
    assert (found.order, found.task_index, found.at.block_number) == (ORDER, 4, 9_500)
    assert ranges(transport) == [(8_001, 10_000)]


async def test_placed__query__names_manager_event_and_id() -> None:
    log, transport = log_over(holding(placed_log(ORDER, at=9_500)))
    await log.placed(ID, from_block=0)
    ((query,),) = [params for method, params in transport.asked if method == "eth_getLogs"]
    assert isinstance(query, dict)
    assert query["address"] == hex0x(MANAGER)
    topic = hex0x(keccak(text=f"NewTaskCreated(uint32,bytes32,{ORDER_ABI})"))
    assert query["topics"] == [topic, None, hex0x(ID)]


async def test_placed__old_order__is_reached_in_growing_ranges_without_gaps() -> None:
    log, transport = log_over(holding(placed_log(ORDER, at=3)))
    assert await log.placed(ID, from_block=2) is not None
    assert ranges(transport) == [(8_001, 10_000), (4_001, 8_000), (2, 4_000)]


async def test_placed__ranges_refused__asks_for_less_and_stays_below() -> None:
    log, transport = log_over(holding(placed_log(ORDER, at=8_900), widest=600))
    assert await log.placed(ID, from_block=0) is not None
    assert ranges(transport) == [
        (8_001, 10_000),
        (9_001, 10_000),
        (9_501, 10_000),
        (9_001, 9_500),
        (8_501, 9_000),
    ]


async def test_placed__slow_answer__asks_for_less() -> None:
    failures = [EndpointFailed(may_have_arrived=True, slow=True)]
    node = holding(placed_log(ORDER, at=9_900))
    log, transport = log_over(lambda query: failures.pop() if failures else node(query))
    assert await log.placed(ID, from_block=0) is not None
    assert ranges(transport) == [(8_001, 10_000), (9_001, 10_000)]


async def test_placed__every_range_refused__is_an_error() -> None:
    log, _ = log_over(lambda _: RpcError(method="eth_getLogs", number=-32601, text="no"))
    with pytest.raises(RpcError):
        await log.placed(ID, from_block=0)


async def test_placed__endpoint_down__is_an_error_at_once() -> None:
    log, transport = log_over(lambda _: EndpointFailed(may_have_arrived=False))
    with pytest.raises(EvmUnreachable):
        await log.placed(ID, from_block=0)
    assert len(ranges(transport)) == 1


async def test_placed__nowhere__is_none() -> None:
    log, transport = log_over(lambda _: [])
    assert await log.placed(ID, from_block=0) is None
    assert ranges(transport)[-1][0] == 0
    assert await log.placed(ID, from_block=HEAD + 1) is None


@pytest.mark.parametrize(
    "lie",
    [
        placed_log(order_of(min_out=0), at=9_500),
        placed_log(ORDER, OrderId(b"\x09" * 32), at=9_500),
        placed_log(ORDER, at=9_500, address=OWNER),
        ended_log("OrderSettled", 5, at=9_500),
    ],
    ids=["other terms", "other id", "other contract", "other event"],
)
async def test_placed__answer_that_is_not_the_orders__is_not_believed(lie: Query) -> None:
    log, _ = log_over(lambda _: [lie])
    with pytest.raises(MalformedAnswer):
        await log.placed(ID, from_block=0)


async def test_ended__settled_or_refunded__is_the_newest() -> None:
    for name, kind in (("OrderSettled", OrderSettled), ("OrderRefunded", OrderRefunded)):
        log, _ = log_over(holding(ended_log(name, 77, at=9_500)))
        found = await log.ended(ID, from_block=0)
        assert isinstance(found, kind)
        assert 77 in {getattr(found, "payout", None), getattr(found, "amount", None)}


async def test_ended__of_another_order__is_not_believed() -> None:
    lie = ended_log("OrderSettled", 5, at=9_500, order_id=OrderId(b"\x09" * 32))
    log, _ = log_over(lambda _: [lie])
    with pytest.raises(MalformedAnswer):
        await log.ended(ID, from_block=0)
