"""Who is asked again, who is blamed, and what ends the process: several endpoints that answer differently."""

import pytest
from tests.unit.adapters.evm.conftest import ScriptedTransport, pool_of

from zk_operator.adapters.evm.errors import EndpointFailed, RpcError
from zk_operator.adapters.evm.headers import ChainHead, fetch_head, lags
from zk_operator.adapters.evm.rpc import Rpc
from zk_operator.domain.chain_event import BlockTag
from zk_operator.domain.failures import (
    DepthUnknown,
    EvmUnreachable,
    MalformedAnswer,
    NoContractCode,
)
from zk_operator.domain.ids import Address

TIMED_OUT = EndpointFailed("slow", may_have_arrived=True, slow=True)
NOT_FOUND = RpcError(method="m", number=-32000, text="header not found")
REFUSED = RpcError(method="m", number=-32005, text="limit exceeded")
NO_CODE = NoContractCode(address="0x11")


async def asks(rpc: Rpc) -> object:
    return await rpc.request("m")


def block(number: int) -> dict[str, str]:
    named = "0x" + number.to_bytes(32).hex()
    return {
        "number": hex(number),
        "hash": named,
        "parentHash": named,
        "timestamp": "0x1",
    }


async def test_consistently__one_lacks_the_block_and_one_hangs__the_hanging_one_is_waited_for_once() -> (
    None
):
    one, two = ScriptedTransport("one", m=NOT_FOUND), ScriptedTransport("two", m=TIMED_OUT)
    with pytest.raises(RpcError, match="header not found"):
        await pool_of(one, two).request("m")
    assert two.count("m") == 1
    assert one.count("m") == 3


async def test_consistently__one_refuses_and_one_is_about_to_have_it__is_asked_again() -> None:
    answers: list[object] = [lags(5), "yes"]
    one = ScriptedTransport("one", m=REFUSED)
    two = ScriptedTransport("two", m=lambda: answers.pop(0))
    assert await pool_of(one, two).request("m") == "yes"


async def test_consistently__one_never_has_it_and_one_refuses__the_refusal_is_the_answer() -> None:
    one, two = ScriptedTransport("one", m=lags(5)), ScriptedTransport("two", m=REFUSED)
    with pytest.raises(RpcError, match="limit exceeded"):
        await pool_of(one, two).request("m")


UNHEARD_OF = [
    RpcError(method="m", number=-32000, text="Block with such an ID doesn't exist yet"),
    RpcError(method="m", number=-32001, text="Resource not found"),
    MalformedAnswer("m's result is no data", value="None"),
    NO_CODE,
]


@pytest.mark.parametrize("answer", UNHEARD_OF)
async def test_consistently__block_that_is_there_denied_in_unknown_words__is_asked_for_again(
    answer: Exception,
) -> None:
    answers: list[object] = [answer, "yes"]
    pool = pool_of(ScriptedTransport(m=lambda: answers.pop(0)))
    assert await pool.consistently(asks, names_block=True) == "yes"
    assert not pool.health()[0].failures


@pytest.mark.parametrize("answer", UNHEARD_OF)
async def test_consistently__no_block_named__is_not_asked_again(answer: Exception) -> None:
    one = ScriptedTransport(m=answer)
    with pytest.raises(type(answer)):
        await pool_of(one).request("m")
    assert one.count("m") == 1


@pytest.mark.parametrize("other", [TIMED_OUT, REFUSED, lags(5)])
async def test_consistently__no_code_at_one_endpoint_alone__ends_nothing(other: Exception) -> None:
    one, two = ScriptedTransport("one", m=NO_CODE), ScriptedTransport("two", m=other)
    with pytest.raises(EvmUnreachable):
        await pool_of(one, two).request("m")


async def test_consistently__no_code_at_the_first__the_second_is_asked_and_the_first_blamed() -> (
    None
):
    pool = pool_of(ScriptedTransport("one", m=NO_CODE), ScriptedTransport("two", m="yes"))
    assert await pool.request("m") == "yes"
    assert [not entry.failures for entry in pool.health()] == [False, True]


async def test_consistently__no_code_anywhere__is_fatal() -> None:
    pool = pool_of(ScriptedTransport("one", m=NO_CODE), ScriptedTransport("two", m=NO_CODE))
    with pytest.raises(NoContractCode):
        await pool.request("m")


async def test_head__endpoint_without_the_tag__is_not_to_blame_for_that() -> None:
    one = ScriptedTransport(
        "one", eth_getBlockByNumber=lambda wanted, _: block(9) if wanted == "latest" else None
    )
    two = ScriptedTransport("two", eth_getBlockByNumber=lambda _wanted, _full: block(7))
    pool = pool_of(one, two)
    assert (await ChainHead(pool=pool).tagged(BlockTag.SAFE)).number == 7
    assert not pool.health()[0].failures


async def test_head__endpoint_over_its_limit__says_nothing_about_the_depth() -> None:
    pool = pool_of(ScriptedTransport(eth_getBlockByNumber=REFUSED))
    with pytest.raises(RpcError, match="limit exceeded"):
        await pool.consistently(lambda rpc: fetch_head(rpc, BlockTag.SAFE))


async def test_head__only_the_tag_is_refused__is_an_unknown_depth() -> None:
    pool = pool_of(
        ScriptedTransport(
            eth_getBlockByNumber=lambda wanted, _: block(9) if wanted == "latest" else REFUSED
        )
    )
    with pytest.raises(DepthUnknown):
        await pool.consistently(lambda rpc: fetch_head(rpc, BlockTag.SAFE))


async def test_head__first_endpoint_stands_still__the_second_leads() -> None:
    heights = {"one": 20, "two": 20}

    def at(name: str) -> ScriptedTransport:
        return ScriptedTransport(name, eth_getBlockByNumber=lambda *_: block(heights[name]))

    one, two = at("one"), at("two")
    head = ChainHead(pool=pool_of(one, two))
    assert (await head.latest()).number == 20
    heights["one"], heights["two"] = 12, 21  # restored from an old snapshot
    assert (await head.latest()).number == 21


async def test_head__all_went_back__is_believed() -> None:
    heights = {"one": 20, "two": 20}

    def at(name: str) -> ScriptedTransport:
        return ScriptedTransport(name, eth_getBlockByNumber=lambda *_: block(heights[name]))

    head = ChainHead(pool=pool_of(at("one"), at("two")), silence_s=0)
    await head.latest()
    heights["one"] = heights["two"] = 3
    assert (await head.latest()).number == 3
    assert head.number == 3


ADDRESS = Address(b"\x11" * 20)


@pytest.mark.parametrize("bloom", [None, "0x", "0x" + "00" * 256])
async def test_header__bloom_that_says_nothing__admits_every_address(bloom: object) -> None:
    answer = block(5) | {"logsBloom": bloom, "transactions": ["0x" + "aa" * 32]}
    head = ChainHead(pool=pool_of(ScriptedTransport(eth_getBlockByNumber=answer)))
    assert (await head.header(5)).may_have_logs_of(ADDRESS)


async def test_header__bloom_of_a_wrong_length__is_malformed() -> None:
    answer = block(5) | {"logsBloom": "0x00"}
    head = ChainHead(pool=pool_of(ScriptedTransport(eth_getBlockByNumber=answer)))
    with pytest.raises(MalformedAnswer):
        await head.header(5)
