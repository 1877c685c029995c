"""Faults from text, when they strike, and several at once."""

from pathlib import Path

import pytest
from tests.unit.devnet.rpc_proxy.chain import HEAD, Chain, call, served

from zk_devnet.cli.devnet_rpc_proxy import described
from zk_devnet.rpc_proxy.catalogue import FAULTS, about, make_fault
from zk_devnet.rpc_proxy.errors import FaultUnknown
from zk_devnet.rpc_proxy.fault import Fault
from zk_devnet.rpc_proxy.message import CUT, Answer, Page, Reply, parse_request
from zk_devnet.rpc_proxy.panel import Panel
from zk_devnet.rpc_proxy.upstream import read_replies
from zk_devnet.rpc_proxy.words import DepthWords, PrunedWords, RangeWords, RateWords


async def strikes(panel: Panel, method: str, times: int) -> list[bool]:
    """Whether each of so many requests is cut."""
    chain = Chain()
    return [(await served(panel, chain, call(method)))[0] == CUT for _ in range(times)]


@pytest.mark.parametrize("name", FAULTS)
def test_catalogue__every_fault__is_made_without_options_and_says_what_it_imitates(
    name: str,
) -> None:
    assert isinstance(make_fault(name, seed=1).fault, Fault)
    assert about(name).endswith(".")
    assert f"{name}\n    {about(name)}" in described()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("no-such", "known=replicas"),
        ("replicas:lag=1", "lags=0|1|3"),
        ("replicas:lags=few", "value=few"),
        ("rate-limit:text=nobody", "free-tier"),
        ("down:count", "key=value"),
    ],
)
def test_make_fault__what_makes_no_sense__is_refused_with_what_there_is(
    text: str, told: str
) -> None:
    with pytest.raises(FaultUnknown) as caught:
        make_fault(text, seed=1)
    assert told in str(caught.value)


async def test_trigger__count__strikes_so_often_and_then_no_more() -> None:
    panel = Panel(faults=["down:count=2"])
    assert await strikes(panel, "eth_blockNumber", 4) == [True, True, False, False]
    assert panel.struck == {"down": 2}


async def test_trigger__methods__only_those() -> None:
    panel = Panel(faults=["down:method=eth_getLogs|eth_call,count=1"])
    assert await strikes(panel, "eth_blockNumber", 2) == [False, False]
    assert await strikes(panel, "eth_call", 2) == [True, False]


async def test_trigger__fraction__about_so_many() -> None:
    struck = sum(await strikes(Panel(faults=["down:fraction=0.3"]), "eth_blockNumber", 1_000))
    assert 250 < struck < 350


async def test_panel__two_faults__the_first_is_nearest_to_the_client() -> None:
    panel = Panel(faults=["wrong-chain:chain_id=9", "replicas:lags=2"])
    replies = await served(panel, Chain(), call("eth_chainId"), call("eth_blockNumber"))
    results = [reply.result for reply in replies if isinstance(reply, Answer)]
    assert results == ["0x9", hex(HEAD - 2)]


async def test_panel__armed_again_and_cleared__the_last_word_holds() -> None:
    panel = Panel(faults=["replicas:lags=2"])
    panel.arm("replicas:lags=4")
    assert panel.armed() == {"replicas": "replicas:lags=4"}
    panel.clear("down")
    panel.clear("replicas")
    [reply] = await served(panel, Chain(), call("eth_blockNumber"))
    assert isinstance(reply, Answer)
    assert reply.result == hex(HEAD)


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"id": 1}', b'[{"method": "a"}, 3]', b"null"])
def test_request__that_is_no_json_rpc__is_answered_with_an_error(body: bytes) -> None:
    answer = parse_request(body)
    assert isinstance(answer, Answer)
    assert answer.status == 400
    assert "error" in answer.members


def replies_of(text: str, status: int = 200) -> list[Reply]:
    calls = [call("a", id="x"), call("b", id="x")]
    return read_replies(calls, Page(text=text, status=status))


def test_upstream__batch_in_any_order__each_reply_gets_its_clients_id() -> None:
    text = '[{"id": 1, "result": 2}, {"id": 0, "error": {"code": 1}}]'
    first, second = replies_of(text)
    assert first == Answer(id="x", members={"error": {"code": 1}})
    assert second == Answer(id="x", members={"result": 2})


@pytest.mark.parametrize("text", ["<html>", '{"id": 0, "result": 1}', "[1, 2]", "3"])
def test_upstream__what_is_no_answer_to_all__is_passed_on_as_it_is(text: str) -> None:
    assert replies_of(text, 502) == [Page(text=text, status=502)]


def test_reference__every_fault_and_every_text__is_on_the_page() -> None:
    page = (Path(__file__).parents[4] / "docs/reference/rpc-proxy.md").read_text()
    words = [*FAULTS, *RangeWords, *RateWords, *DepthWords, *PrunedWords]
    assert [word for word in words if f"`{word}`" not in page] == []
