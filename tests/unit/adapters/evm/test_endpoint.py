"""Failover by blame."""

import pytest
from tests.unit.adapters.evm.conftest import AT_ONCE, ScriptedTransport, pool_of

from zk_acts.domain.failures import ActRefused, AmbiguousOutcome
from zk_operator.adapters.evm.endpoint import EndpointPool
from zk_operator.adapters.evm.errors import EndpointFailed, RpcError
from zk_operator.adapters.evm.rpc import Rpc
from zk_operator.domain.failures import CallReverted, EvmUnreachable, MalformedAnswer, WrongChain

TURNED_AWAY = EndpointFailed("HTTP 429", may_have_arrived=False)
TIMED_OUT = EndpointFailed("slow", may_have_arrived=True, slow=True)
REFUSED = RpcError(method="m", number=-32000, text="no")


async def test_request__first_endpoint_fails__the_next_answers() -> None:
    one, two = ScriptedTransport("one", m=TIMED_OUT), ScriptedTransport("two", m="yes")
    pool = pool_of(one, two)
    assert await pool.request("m", 1) == "yes"
    assert two.asked[-1] == ("m", (1,))
    assert [not entry.failures for entry in pool.health()] == [False, True]


OVER_THE_LIMIT = [
    (-32005, "project ID request rate exceeded"),
    (-32005, "limit exceeded"),
    (-32000, "App is inactive"),
    (-32001, "You've reached the free tier limits"),
    (-32603, "Internal error"),
    (-32000, "header not found"),
    (0, "words that nobody has heard before"),
]


@pytest.mark.parametrize(("number", "text"), OVER_THE_LIMIT)
async def test_request__refused_in_whichever_words__the_next_endpoint_is_asked(
    number: int, text: str
) -> None:
    refused = RpcError(method="m", number=number, text=text)
    one, two = ScriptedTransport("one", m=refused), ScriptedTransport("two", m="yes")
    assert await pool_of(one, two).request("m") == "yes"


async def test_request__refused_by_all__is_the_answer_and_nobodys_fault() -> None:
    one, two = ScriptedTransport("one", m=REFUSED), ScriptedTransport("two", m=REFUSED)
    pool = pool_of(one, two)
    with pytest.raises(RpcError):
        await pool.request("m")
    assert [not entry.failures for entry in pool.health()] == [True, True]


async def test_request__refused_by_one_alone__is_its_fault_and_it_is_asked_last() -> None:
    one, two = ScriptedTransport("one", m=REFUSED), ScriptedTransport("two", m="yes")
    pool = pool_of(one, two)
    await pool.request("m")
    await pool.request("m")
    assert one.count("m") == 1
    assert pool.health()[0].failures


async def test_request__method_that_one_lacks__is_not_its_fault() -> None:
    pool = pool_of(ScriptedTransport("one"), ScriptedTransport("two", m="yes"))
    await pool.request("m")
    assert not pool.health()[0].failures


async def test_request__block_that_no_node_has_yet__is_asked_for_again() -> None:
    answers: list[object] = [RpcError(method="m", number=-32000, text="header not found"), "yes"]
    one = ScriptedTransport("one", m=lambda: answers.pop(0))
    pool = pool_of(one)
    assert await pool.request("m") == "yes"
    assert not pool.health()[0].failures


async def test_consistently__each_request_meets_another_node__is_repeated_alone() -> None:
    asked = 0

    def every_second() -> object:
        nonlocal asked
        asked += 1
        missing = RpcError(method="m", number=-32000, text="header for hash not found")
        return missing if asked % 2 else "yes"

    async def ten(rpc: Rpc) -> list[object]:
        return [await rpc.request("m") for _ in range(10)]

    assert await pool_of(ScriptedTransport(m=every_second)).consistently(ten) == ["yes"] * 10
    assert asked == 20


async def test_request__block_that_another_endpoint_has__is_asked_for_there_first() -> None:
    missing = RpcError(method="m", number=-32000, text="header not found")
    one, two = ScriptedTransport("one", m=missing), ScriptedTransport("two", m="yes")
    pool = pool_of(one, two)
    assert await pool.request("m") == "yes"
    before = one.count("m")
    assert await pool.request("m") == "yes"
    assert one.count("m") == before


async def test_request__revert__is_the_answer_of_the_first() -> None:
    async def work(rpc: Rpc) -> None:
        raise CallReverted(function="f", reason="NotOpen")

    one, two = ScriptedTransport("one"), ScriptedTransport("two")
    with pytest.raises(CallReverted):
        await pool_of(one, two).consistently(work)
    assert two.asked == []


async def test_request__asked_to_be_left_alone__is_not_asked_again_so_soon() -> None:
    busy = EndpointFailed("rate-limited", may_have_arrived=False, retry_after_s=30)
    one = ScriptedTransport("one", m=busy)
    pool = pool_of(one)
    for _ in range(3):
        with pytest.raises(EndpointFailed):
            await pool.request("m")
    assert one.count("m") == 1


async def test_request__failed_endpoint__is_asked_last_until_it_cooled_down() -> None:
    one, two = ScriptedTransport("one", m=TIMED_OUT), ScriptedTransport("two", m="yes")
    pool = pool_of(one, two)
    await pool.request("m")
    one.answers["m"] = "recovered"
    assert await pool.request("m") == "yes"
    two.answers["m"] = TIMED_OUT
    assert await pool.request("m") == "recovered"
    assert pool.health()[0].last_error is None


async def test_request__all_fail__names_every_reason() -> None:
    pool = pool_of(ScriptedTransport("one", m=TIMED_OUT), ScriptedTransport("two", m=TURNED_AWAY))
    with pytest.raises(EvmUnreachable, match="ZKO-EVM-001") as caught:
        await pool.request("m")
    assert "slow" in str(caught.value)
    assert "HTTP 429" in str(caught.value)


async def test_request__only_endpoint_fails__raises_its_error() -> None:
    with pytest.raises(EndpointFailed):
        await pool_of(ScriptedTransport(m=TIMED_OUT)).request("m")


async def test_request__another_chain__is_fatal() -> None:
    pool = pool_of(ScriptedTransport(eth_chainId="0x1", m="yes"))
    with pytest.raises(WrongChain, match="chain_id=1"):
        await pool.request("m")


async def test_request__fallback_of_another_chain__the_third_is_asked() -> None:
    down, wrong = (
        ScriptedTransport("one", m=TIMED_OUT),
        ScriptedTransport("two", eth_chainId="0x1", m="no"),
    )
    assert await pool_of(down, wrong, ScriptedTransport("three", m="yes")).request("m") == "yes"


async def test_request__only_the_wrong_one_is_left__is_no_end() -> None:
    down = ScriptedTransport("one", m=TIMED_OUT)
    with pytest.raises(EvmUnreachable):
        await pool_of(down, ScriptedTransport("two", eth_chainId="0x1", m="no")).request("m")


async def test_check__one_of_another_chain__is_left_out_with_an_alert_until_it_is_right() -> None:
    alerts: dict[str, str | None] = {}
    one, two = (
        ScriptedTransport("one", m="yes"),
        ScriptedTransport("two", eth_chainId="0x1", m="no"),
    )
    pool = EndpointPool(
        transports=[one, two], chain_id=31337, again_s=AT_ONCE, alert=alerts.__setitem__
    )
    await pool.check()
    assert "chain_id=1" in (alerts["two"] or "")
    assert [not entry.failures for entry in pool.health()] == [True, False]
    two.answers["eth_chainId"] = hex(31337)
    await pool.check()
    assert alerts["two"] is None


async def test_check__all_of_another_chain__is_fatal() -> None:
    wrong = [ScriptedTransport(name, eth_chainId="0x1") for name in ("one", "two")]
    with pytest.raises(WrongChain):
        await pool_of(*wrong).check()


async def test_check__none_answers__is_unreachable() -> None:
    with pytest.raises(EvmUnreachable):
        await pool_of(ScriptedTransport(eth_chainId=TIMED_OUT)).check()


async def test_request__chain_id__is_checked_once_and_again_after_an_outage() -> None:
    one = ScriptedTransport(m="yes")
    pool = pool_of(one)
    for _ in range(3):
        await pool.request("m")
    assert one.count("eth_chainId") == 1
    one.answers["m"] = TIMED_OUT
    with pytest.raises(EndpointFailed):
        await pool.request("m")
    one.answers["m"] = "yes"
    await pool.request("m")
    assert one.count("eth_chainId") == 2


async def test_request__chain_id_refused_by_rpc_error__is_the_endpoints_fault() -> None:
    one, two = ScriptedTransport("one", eth_chainId=REFUSED), ScriptedTransport("two", m="yes")
    assert await pool_of(one, two).request("m") == "yes"


async def test_consistently__second_request_fails__all_run_again_elsewhere() -> None:
    one = ScriptedTransport("one", a="a1", b=TIMED_OUT)
    two = ScriptedTransport("two", a="a2", b="b2")

    async def work(rpc: Rpc) -> tuple[object, object]:
        return await rpc.request("a"), await rpc.request("b")

    assert await pool_of(one, two).consistently(work) == ("a2", "b2")


async def test_consistently__nonsense_everywhere__is_malformed() -> None:
    async def work(rpc: Rpc) -> None:
        raise MalformedAnswer

    with pytest.raises(MalformedAnswer):
        await pool_of(ScriptedTransport("one"), ScriptedTransport("two")).consistently(work)


async def send(rpc: Rpc) -> None:
    try:
        await rpc.request("m")
    except RpcError as error:
        raise ActRefused(answer=error.text) from error


async def test_deliver__turned_away_then_accepted__is_done() -> None:
    one, two = ScriptedTransport("one", m=TURNED_AWAY), ScriptedTransport("two", m="yes")
    await pool_of(one, two).deliver(send)
    assert two.count("m") == 1


async def test_deliver__timed_out_then_accepted__is_done() -> None:
    one, two = ScriptedTransport("one", m=TIMED_OUT), ScriptedTransport("two", m="yes")
    await pool_of(one, two).deliver(send)


async def test_deliver__timed_out_then_refused__stays_ambiguous() -> None:
    one, two = ScriptedTransport("one", m=TIMED_OUT), ScriptedTransport("two", m=REFUSED)
    with pytest.raises(AmbiguousOutcome):
        await pool_of(one, two).deliver(send)


async def test_deliver__refused_at_once__is_refused() -> None:
    one, two = ScriptedTransport("one", m=REFUSED), ScriptedTransport("two", m="yes")
    with pytest.raises(ActRefused):
        await pool_of(one, two).deliver(send)
    assert two.count("m") == 0


async def test_deliver__answer_in_unknown_words__the_same_bytes_go_to_the_next() -> None:
    async def ambiguous(rpc: Rpc) -> None:
        if await rpc.request("m") == "what?":
            raise AmbiguousOutcome(answer="what?")

    one, two = ScriptedTransport("one", m="what?"), ScriptedTransport("two", m="yes")
    await pool_of(one, two).deliver(ambiguous)
    assert two.count("m") == 1


async def test_deliver__timed_out_everywhere__is_ambiguous() -> None:
    with pytest.raises(AmbiguousOutcome):
        await pool_of(ScriptedTransport(m=TIMED_OUT)).deliver(send)


async def test_deliver__nothing_left_this_machine__is_unreachable() -> None:
    with pytest.raises(EvmUnreachable):
        await pool_of(ScriptedTransport(m=TURNED_AWAY)).deliver(send)


async def test_aclose__closes_every_transport() -> None:
    one, two = ScriptedTransport("one"), ScriptedTransport("two")
    await pool_of(one, two).aclose()
    assert one.closed
    assert two.closed


def test_pool__no_endpoints__is_a_value_error() -> None:
    with pytest.raises(ValueError, match="at least one"):
        pool_of()
