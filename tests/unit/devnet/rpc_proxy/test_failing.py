"""Silence, cut connections, answers that are not what they should be, and transactions gone wrong."""

import json
from typing import Any

import pytest
from eth_account import Account
from tests.unit.devnet.rpc_proxy.chain import HEAD, Chain, answered, call, log, served, told

from zk_devnet.rpc_proxy.message import CUT, Answer, Page, Reply, Silence
from zk_devnet.rpc_proxy.panel import Panel

SENDER = Account.from_key("0x" + "11" * 32)
RECEIVER = "0x" + "22" * 20


async def reply_to(fault: str, chain: Chain) -> Reply:
    [reply] = await served(Panel(faults=[fault]), chain, call("eth_blockNumber"))
    return reply


async def test_down__any_request__is_cut_and_not_carried_out() -> None:
    chain = Chain()
    assert await reply_to("down", chain) == CUT
    assert chain.asked == []


async def test_lose_answers__any_request__is_carried_out_and_cut() -> None:
    chain = Chain()
    assert await reply_to("lose-answers", chain) == CUT
    assert chain.asked == [call("eth_blockNumber")]


async def test_hang__without_a_time__never_answers() -> None:
    assert await reply_to("hang", Chain()) == Silence()


async def test_hang__with_a_time__answers_so_much_later() -> None:
    answer = await answered("hang:after=2.5", call("eth_blockNumber"))
    assert (answer.result, answer.delay_s) == (hex(HEAD), 2.5)


@pytest.mark.parametrize("what", ["html", "truncated", "empty"])
async def test_garbage__instead_of_the_response__is_no_json(what: str) -> None:
    reply = await reply_to(f"garbage:what={what}", Chain())
    assert isinstance(reply, Page)
    with pytest.raises(json.JSONDecodeError):
        json.loads(reply.text)


async def test_garbage__in_the_answer__another_id_no_result_or_another_form() -> None:
    wrong = await reply_to("garbage:what=wrong-id", Chain())
    assert isinstance(wrong, Answer)
    assert wrong.id != 7
    nothing = await reply_to("garbage:what=no-result", Chain())
    assert isinstance(nothing, Answer)
    assert nothing.as_json() == {"jsonrpc": "2.0", "id": 7}
    other = await reply_to("garbage:what=wrong-form", Chain())
    assert isinstance(other, Answer)
    assert other.as_json() == {"jsonrpc": "2.0", "id": 7, "result": "0x00"}


@pytest.mark.parametrize("fault", ["duplicate", "reorder"])
async def test_batch__answers_twice_or_in_another_order__all_are_there(fault: str) -> None:
    calls = [call("eth_getBlockByNumber", hex(at), False, id=at) for at in range(4)]
    replies = await served(Panel(faults=[fault]), Chain(), *calls)
    ids = [reply.id for reply in replies if isinstance(reply, Answer)]
    assert ids != [0, 1, 2, 3]
    assert set(ids) == {0, 1, 2, 3}
    assert len(ids) == (5 if fault == "duplicate" else 4)


async def test_bad_log__after_the_good_ones__does_not_decode() -> None:
    *good, bad = await told("bad-log", "eth_getLogs", {"fromBlock": "0x1", "toBlock": "0x2"})
    assert good == [log(1), log(2)]
    assert (bad["topics"], bad["data"], bad["logIndex"]) == (["0xaa"], "0x1234", "0x1")


def sent(fee: int, nonce: int = 3) -> tuple[str, str]:
    """A transaction's bytes and hash."""
    signed = SENDER.sign_transaction(
        {
            "chainId": 1,
            "nonce": nonce,
            "to": RECEIVER,
            "value": 0,
            "gas": 21_000,
            "maxFeePerGas": fee * 10,
            "maxPriorityFeePerGas": fee,
        }
    )
    return signed.raw_transaction.to_0x_hex(), signed.hash.to_0x_hex()


async def test_swallow_sends__the_hash_comes_back__the_endpoint_hears_nothing() -> None:
    raw, tx_hash = sent(10)
    chain = Chain()
    assert (await answered("swallow-sends", call("eth_sendRawTransaction", raw), chain)).result == (
        tx_hash
    )
    assert chain.asked == []


async def test_swallow_sends__first_offer_only__it_is_pending_until_its_nonce_is_used() -> None:
    panel, chain = Panel(faults=["swallow-sends:offers=1"]), Chain()
    (first, first_hash), (second, _) = sent(10), sent(20)

    async def asked(method: str, parameter: str) -> Any:
        [reply] = await served(panel, chain, call(method, parameter))
        assert isinstance(reply, Answer)
        return reply.result

    for raw in (first, second, first):
        await asked("eth_sendRawTransaction", raw)
    assert [one.params for one in chain.asked] == [(second,)]
    chain.nonce = 3
    assert (await asked("eth_getTransactionByHash", first_hash))["blockNumber"] is None
    chain.nonce = 4
    assert await asked("eth_getTransactionByHash", first_hash) is None


async def test_underpriced__below_the_bump__is_refused_until_it_is_reached() -> None:
    panel, chain = Panel(faults=["underpriced:percent=40"]), Chain()

    async def members(fee: int, nonce: int = 3) -> Any:
        raw, _ = sent(fee, nonce)
        [reply] = await served(panel, chain, call("eth_sendRawTransaction", raw))
        assert isinstance(reply, Answer)
        return reply.members

    assert "result" in await members(100)
    assert "result" in await members(100)  # the same again
    assert (await members(139))["error"]["message"] == "replacement transaction underpriced"
    assert "result" in await members(1, nonce=4)
    assert "result" in await members(140)
    assert "error" in await members(150)
