"""Endpoints that are behind the chain."""

from typing import Any

import pytest
from tests.unit.devnet.rpc_proxy.chain import (
    FINALIZED,
    HEAD,
    Chain,
    answered,
    block,
    block_hash,
    call,
    error_of,
    log,
    served,
    told,
)

from zk_devnet.rpc_proxy.message import Answer
from zk_devnet.rpc_proxy.panel import Panel

LAG = "replicas:lags=3"
BEHIND = HEAD - 3


@pytest.mark.parametrize(
    ("method", "params", "expected"),
    [
        ("eth_blockNumber", (), hex(BEHIND)),
        ("eth_getBlockByNumber", ("latest", False), block(BEHIND)),
        ("eth_getBlockByNumber", (hex(BEHIND), False), block(BEHIND)),
        ("eth_getBlockByNumber", (hex(BEHIND + 1), False), None),
        ("eth_getBlockByNumber", ("finalized", False), block(FINALIZED - 3)),
        ("eth_getBlockByNumber", ("earliest", False), block(0)),
        ("eth_getBlockByHash", (block_hash(BEHIND), False), block(BEHIND)),
        ("eth_getBlockByHash", (block_hash(BEHIND + 1), False), None),
        ("eth_getTransactionReceipt", (hex(BEHIND),), {"blockNumber": hex(BEHIND)}),
        ("eth_getTransactionReceipt", (hex(BEHIND + 1),), None),
        ("eth_getTransactionByHash", (hex(BEHIND + 1),), None),
        ("eth_getBlockReceipts", (hex(BEHIND + 1),), None),
        ("eth_gasPrice", (), []),
    ],
)
async def test_replica__behind__knows_nothing_beyond_its_head(
    method: str, params: tuple[Any, ...], expected: Any
) -> None:
    assert await told(LAG, method, *params) == expected


@pytest.mark.parametrize("method", ["eth_call", "eth_getBalance", "eth_getTransactionCount"])
@pytest.mark.parametrize(
    ("named", "passed_on"),
    [
        ((), hex(BEHIND)),
        (("latest",), hex(BEHIND)),
        (("pending",), hex(BEHIND)),
        (("finalized",), hex(FINALIZED - 3)),
        ((hex(4),), hex(4)),
        ((block_hash(4),), block_hash(4)),
        (({"blockHash": block_hash(4)},), {"blockHash": block_hash(4)}),
    ],
)
async def test_replica__asked_for_state__reads_it_at_its_own_head_or_at_the_block_named(
    method: str, named: tuple[Any, ...], passed_on: Any
) -> None:
    assert await told(LAG, method, "0x01", *named) == ["0x01", passed_on]


@pytest.mark.parametrize(
    ("named", "message"),
    [
        (hex(HEAD), "header not found"),
        ({"blockNumber": hex(HEAD)}, "header not found"),
        (block_hash(HEAD), "header for hash not found"),
        ({"blockHash": block_hash(HEAD), "requireCanonical": True}, "header for hash not found"),
    ],
)
async def test_replica__asked_for_state_beyond_its_head__has_no_header(
    named: Any, message: str
) -> None:
    assert await error_of(LAG, "eth_call", {}, named) == (-32000, message)


async def test_replica__call_with_overrides__keeps_them() -> None:
    assert await told(LAG, "eth_call", {}, "latest", {"0xaa": {}}) == [
        {},
        hex(BEHIND),
        {"0xaa": {}},
    ]


async def test_replica__fee_history__ends_at_its_head() -> None:
    assert await told(LAG, "eth_feeHistory", "0xa", "latest", [50]) == ["0xa", hex(BEHIND), [50]]
    code, message = await error_of(LAG, "eth_feeHistory", "0xa", hex(HEAD), [50])
    assert (code, message) == (
        -32000,
        f"request beyond head block: requested {HEAD}, head {BEHIND}",
    )


@pytest.mark.parametrize(
    ("first", "last", "blocks"),
    [
        (hex(2), hex(4), [2, 3, 4]),
        (hex(BEHIND - 1), hex(HEAD), [BEHIND - 1, BEHIND]),
        (hex(BEHIND - 1), "latest", [BEHIND - 1, BEHIND]),
        (hex(BEHIND + 1), hex(HEAD), []),
    ],
)
async def test_replica__range_of_logs_beyond_its_head__gives_silently_fewer(
    first: str, last: str, blocks: list[int]
) -> None:
    query = {"fromBlock": first, "toBlock": last, "address": "0xaa"}
    assert await told(LAG, "eth_getLogs", query) == [log(at) for at in blocks]


async def test_replica__range_beyond_its_head__may_be_an_error_instead() -> None:
    query = {"fromBlock": "0x1", "toBlock": hex(HEAD)}
    found = await error_of("replicas:lags=3,beyond=error", "eth_getLogs", query)
    assert found == (-32602, "block range extends beyond current head block")


async def test_replica__logs_of_a_block_that_it_does_not_have__are_an_error_or_none() -> None:
    query = {"blockHash": block_hash(HEAD)}
    assert await error_of(LAG, "eth_getLogs", query) == (-32000, "unknown block")
    assert await told("replicas:lags=3,stranger=empty", "eth_getLogs", query) == []
    assert await told(LAG, "eth_getLogs", {"blockHash": block_hash(5)}) == [log(5)]


async def test_replicas__many_requests__each_meets_one_of_them() -> None:
    panel, chain = Panel(faults=["replicas:lags=0|1|3"]), Chain()
    seen = set()
    for _ in range(60):
        [reply] = await served(panel, chain, call("eth_blockNumber"))
        assert isinstance(reply, Answer)
        seen.add(int(reply.result, 16))
    assert seen == {HEAD, HEAD - 1, HEAD - 3}


async def test_replicas__one_batch__meets_a_single_one() -> None:
    panel, chain = Panel(faults=["replicas:lags=0|1|3"]), Chain()
    for _ in range(20):
        replies = await served(panel, chain, *[call("eth_blockNumber", id=at) for at in range(5)])
        assert len({reply.result for reply in replies if isinstance(reply, Answer)}) == 1


async def test_replicas__the_same_seed__the_same_choices() -> None:
    async def heads(seed: int) -> list[Any]:
        panel = Panel(seed=seed, faults=["replicas:lags=0|1|2|3"])
        return [
            reply.result
            for _ in range(30)
            for reply in await served(panel, Chain(), call("eth_blockNumber"))
            if isinstance(reply, Answer)
        ]

    assert await heads(5) == await heads(5) != await heads(6)


async def test_lagging_logs__headers_are_honest__logs_of_the_last_blocks_are_missing() -> None:
    fault = "lagging-logs:blocks=2"
    query = {"fromBlock": hex(HEAD - 3), "toBlock": hex(HEAD)}
    assert await told(fault, "eth_blockNumber") == hex(HEAD)
    assert await told(fault, "eth_getLogs", query) == [log(HEAD - 3), log(HEAD - 2)]
    assert await told(fault, "eth_getLogs", {"blockHash": block_hash(HEAD)}) == []


async def test_stale_head__the_chain_goes_on__this_node_does_not() -> None:
    chain, panel = Chain(), Panel(faults=["stale-head"])
    await served(panel, chain, call("eth_blockNumber"))
    chain.head += 10
    [reply] = await served(panel, chain, call("eth_getBlockByNumber", "latest", False))
    assert isinstance(reply, Answer)
    assert reply.result == block(HEAD)


@pytest.mark.parametrize(
    ("fault", "mined", "known"),
    [
        ("missing-receipts", 3, False),
        ("missing-receipts:blocks=4", HEAD - 3, False),
        ("missing-receipts:blocks=4", HEAD - 4, True),
    ],
)
async def test_missing_receipts__mined_lately__null_although_the_transaction_is_known(
    fault: str, mined: int, known: bool
) -> None:
    found = await told(fault, "eth_getTransactionReceipt", hex(mined))
    assert (found is not None) is known
    assert (await answered(fault, call("eth_getTransactionByHash", hex(mined)))).result
