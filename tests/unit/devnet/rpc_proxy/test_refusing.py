"""Endpoints that answer with errors, in the words of real ones."""

from typing import Any

import pytest
from tests.unit.devnet.rpc_proxy.chain import HEAD, Chain, answered, call, error_of, served, told

from zk_devnet.rpc_proxy.message import Answer, Page
from zk_devnet.rpc_proxy.panel import Panel
from zk_devnet.rpc_proxy.words import (
    DEPTH,
    PRUNED,
    RANGE,
    RATE,
    UNDERPRICED,
    DepthWords,
    PrunedWords,
    RangeWords,
    RateWords,
    UnderpricedWords,
)

WIDE = {"fromBlock": "0x1", "toBlock": "0x14"}


def test_words__every_name__has_a_text() -> None:
    assert set(RANGE) == set(RangeWords)
    assert set(RATE) == set(RateWords)
    assert set(DEPTH) == set(DepthWords) - {DepthWords.NULL}
    assert set(PRUNED) == set(PrunedWords)
    assert set(UNDERPRICED) == set(UnderpricedWords)


async def test_refuse_logs__other_methods__are_answered() -> None:
    assert (await error_of("refuse-logs", "eth_getLogs", WIDE))[0] == -32601
    assert await told("refuse-logs", "eth_blockNumber") == hex(HEAD)


async def test_range_limit__too_long__http_400_and_a_range_that_works() -> None:
    answer = await answered("range-limit:blocks=10", call("eth_getLogs", WIDE))
    assert answer.status == 400
    assert "this block range should work: [0x1, 0xa]" in answer.members["error"]["message"]


@pytest.mark.parametrize("text", list(RangeWords))
async def test_range_limit__in_any_words__has_no_placeholder_left(text: RangeWords) -> None:
    fault = f"range-limit:blocks=10,text={text}"
    _, message = await error_of(fault, "eth_getLogs", WIDE)
    assert "{" not in message
    assert (await answered(fault + ",status=200", call("eth_getLogs", WIDE))).status == 200


@pytest.mark.parametrize("last", ["0xa", "0x5"])
async def test_range_limit__a_range_that_is_short_enough__is_answered(last: str) -> None:
    query = {"fromBlock": "0x1", "toBlock": last}
    assert len(await told("range-limit:blocks=10", "eth_getLogs", query)) == int(last, 16)


async def test_range_limit__up_to_latest__is_counted_from_the_head() -> None:
    query = {"fromBlock": "0x1", "toBlock": "latest"}
    assert (await error_of("range-limit:blocks=19", "eth_getLogs", query))[0] == -32600
    assert len(await told("range-limit:blocks=20", "eth_getLogs", query)) == HEAD


@pytest.mark.parametrize(
    ("text", "status", "code"),
    [("alchemy", 429, 429), ("infura", 200, -32005), ("internal", 200, -32603)],
)
async def test_rate_limit__by_provider__its_status_and_code(
    text: str, status: int, code: int
) -> None:
    answer = await answered(f"rate-limit:text={text},retry_after=3", call("eth_blockNumber"))
    assert (answer.status, answer.members["error"]["code"]) == (status, code)
    assert answer.headers == {"Retry-After": "3"}


async def test_rate_limit__plain__is_no_json() -> None:
    panel = Panel(faults=["rate-limit:text=plain,retry_after=2"])
    assert await served(panel, Chain(), call("eth_blockNumber")) == [
        Page(
            text="Too Many Requests",
            status=429,
            content_type="text/plain",
            headers={"Retry-After": "2"},
        )
    ]


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("eth_getBlockByNumber", ("safe", False)),
        ("eth_call", ({}, "safe")),
        ("eth_getTransactionCount", ("0x01", "safe")),
        ("eth_getLogs", ({"fromBlock": "0x1", "toBlock": "safe"},)),
    ],
)
@pytest.mark.parametrize("text", [one for one in DepthWords if one is not DepthWords.NULL])
async def test_depth_unknown__wherever_the_tag_is_named__an_error(
    method: str, params: tuple[Any, ...], text: DepthWords
) -> None:
    code, message = await error_of(f"depth-unknown:text={text}", method, *params)
    assert code == DEPTH[text].code
    assert "{" not in message


async def test_depth_unknown__other_tags_and_numbers__are_answered() -> None:
    fault = "depth-unknown:tags=safe"
    for named in ("latest", "finalized", "0x3"):
        assert await told(fault, "eth_getBlockByNumber", named, False) is not None


async def test_depth_unknown__null__no_block_and_no_error() -> None:
    answer = await answered("depth-unknown:text=null", call("eth_getBlockByNumber", "safe", False))
    assert answer.members == {"result": None}


@pytest.mark.parametrize("text", list(PrunedWords))
async def test_pruned_state__old_blocks__are_refused_and_young_ones_not(text: PrunedWords) -> None:
    fault = f"pruned-state:blocks=8,text={text}"
    code, _ = await error_of(fault, "eth_call", {}, hex(HEAD - 9))
    assert code == PRUNED[text].code
    assert await told(fault, "eth_call", {}, hex(HEAD - 8)) == [{}, hex(HEAD - 8)]
    assert await told(fault, "eth_getBlockByNumber", "0x1", False) is not None


async def test_wrong_chain__chain_id_and_version__are_the_other_chains() -> None:
    assert await told("wrong-chain:chain_id=5", "eth_chainId") == "0x5"
    assert await told("wrong-chain:chain_id=5", "net_version") == "5"
    assert await told("wrong-chain", "eth_blockNumber") == hex(HEAD)


async def test_refusal__of_one_call_of_a_batch__leaves_the_others_answered() -> None:
    replies = await served(
        Panel(faults=["refuse-logs"]),
        Chain(),
        call("eth_getLogs", WIDE, id=1),
        call("eth_blockNumber", id=2),
    )
    by_id = {reply.id: reply.members for reply in replies if isinstance(reply, Answer)}
    assert "error" in by_id[1]
    assert by_id[2] == {"result": hex(HEAD)}
