"""What may end an act, and what an account has used: nodes of different heights, and nodes that forget."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.unit.adapters.evm.conftest import ScriptedTransport
from tests.unit.adapters.evm.test_transaction_channel import (
    REFERENCE,
    SIGNER,
    channel_of,
    intent,
    node,
    receipt,
    used_in,
    with_transactions,
)

from zk_acts.ports.act import Failed, Included, Lapsed, Pending, Unknown
from zk_operator.adapters.evm.errors import RpcError
from zk_operator.domain.failures import EvmUnreachable

OURS = "0x" + REFERENCE.hex()
RIVAL = "0x" + "ab" * 32
GONE = RpcError(method="m", number=-32000, text="missing trie node")
FUTURE = RpcError(method="m", number=-32000, text="header not found")


def used(number: int, *hashes: str, count: Any = None, **answers: Any) -> ScriptedTransport:
    """The nonce was used in that block, by a transaction with one of these hashes."""
    transport = node(eth_getTransactionCount=count or used_in(number), **answers)
    plain = transport.answers["eth_getBlockByNumber"]
    transport.answers["eth_getBlockByNumber"] = with_transactions(plain, number, *hashes)
    return transport


def kept_from(number: int, plain: Callable[..., object]) -> Callable[..., object]:
    """Counts at older blocks are gone."""
    return lambda account, block: (
        GONE if block.startswith("0x") and int(block, 16) < number else plain(account, block)
    )


async def test_outcome__used_by_another_but_still_told_of__has_lapsed() -> None:
    told = used(12, RIVAL, eth_getTransactionByHash={"hash": OURS, "blockNumber": None})
    assert await channel_of(told).outcome(intent()) == Lapsed(by_nonce=True)


async def test_outcome__depth_is_pruned_but_in_the_pool__is_pending() -> None:
    told = node(eth_getTransactionByHash={"hash": OURS}, eth_getTransactionCount=GONE)
    assert await channel_of(told).outcome(intent()) == Pending()


async def test_outcome__first_endpoint_is_pruned__the_second_shows_it_at_once() -> None:
    pruned = node(eth_getTransactionCount=kept_from(18, used_in(12)))
    archive = used(12, RIVAL)
    outcome = await channel_of(pruned, archive).outcome(intent())
    assert outcome == Lapsed(by_nonce=True)


@pytest.mark.parametrize("kept", [13, 15, 17])
async def test_outcome__state_kept_from_near_the_use__shows_it(kept: int) -> None:
    outcome = await channel_of(used(17, RIVAL, count=kept_from(kept, used_in(17)))).outcome(
        intent()
    )
    assert outcome == Lapsed(by_nonce=True)


async def test_outcome__old_states_for_blocks_that_a_node_lacks__are_no_proof() -> None:
    """The node's state ends at block 10; for later ones it gives that, but for the one in five that another answers."""
    asked = [0]

    def count(_account: str, block: str) -> str:
        asked[0] += 1
        fresh = block == "latest" or asked[0] == 1  # of the node that has all
        return "0x5" if fresh else "0x4"

    channel = channel_of(used(14, OURS, count=count))
    assert await channel.outcome(intent()) == Pending()


async def test_outcome__nonce_used_without_a_transaction__counts_when_said_repeatedly() -> None:
    """By an authorization (EIP-7702): no transaction of the account is in the block."""
    channel = channel_of(used(12))
    outcomes = [await channel.outcome(intent()) for _ in range(5)]
    assert outcomes == [Pending()] * 4 + [Lapsed(by_nonce=True)]


async def test_outcome__pruned_and_one_of_three_nodes_has_the_receipt__never_lapses() -> None:
    asked = [0]

    def found(_hash: str) -> object:
        asked[0] += 1
        return receipt(17) if asked[0] % 3 == 0 else None

    transport = node(
        eth_getTransactionReceipt=found, eth_getTransactionCount=kept_from(18, used_in(17))
    )
    channel = channel_of(transport)
    outcomes = [await channel.outcome(intent()) for _ in range(12)]
    assert Lapsed(by_nonce=True) not in outcomes
    assert any(isinstance(outcome, Included) for outcome in outcomes)


async def test_outcome__row_of_a_version_that_kept_no_birth__is_looked_for_from_the_start() -> None:
    outcome = await channel_of(used(1, RIVAL)).outcome(replace(intent(), born_block=0))
    assert outcome == Lapsed(by_nonce=True)


async def test_outcome__used_before_it_was_signed__has_lapsed() -> None:
    transport = node(eth_getTransactionCount=used_in(3), head=100, final=98)
    outcome = await channel_of(transport).outcome(replace(intent(), born_block=90))
    assert outcome == Lapsed(by_nonce=True)


async def test_outcome__final_block_lies_below_its_birth__has_lapsed_if_used_there() -> None:
    transport = node(eth_getTransactionCount=used_in(3), head=2_000, final=18)
    outcome = await channel_of(transport).outcome(replace(intent(), born_block=1_990))
    assert outcome == Lapsed(by_nonce=True)


async def test_outcome__used_by_ours_in_a_block_in_capitals__is_not_lapsed() -> None:
    loud = "0x" + REFERENCE.hex().upper()
    with pytest.raises(EvmUnreachable):
        await channel_of(used(12, loud)).outcome(intent())


async def test_outcome__receipt_of_a_block_that_this_node_lacks__is_asked_for_again() -> None:
    transport = node(eth_getTransactionReceipt=receipt(17))
    plain: Any = transport.answers["eth_getBlockByNumber"]
    lacking = [True]

    def block(wanted: str, full: bool) -> object:
        if wanted == hex(17) and lacking:
            lacking.pop()
            return None
        return plain(wanted, full)

    transport.answers["eth_getBlockByNumber"] = block
    assert isinstance(await channel_of(transport).outcome(intent()), Included)


@pytest.mark.parametrize("transaction", [None, "0x", {}, {"gas": 5}])
async def test_outcome__reverted_and_the_transaction_is_not_told__is_failed_all_the_same(
    transaction: object,
) -> None:
    transport = node(
        eth_getTransactionReceipt=receipt(status="0x0"),
        eth_getTransactionByHash=transaction,
        eth_call=GONE,
    )
    assert isinstance(await channel_of(transport).outcome(intent()), Failed)


async def test_outcome__not_used_and_unknown__is_unknown() -> None:
    assert await channel_of(node()).outcome(intent()) == Unknown()


# --- before an act ---


async def test_next_nonce__pool_of_a_node_that_lags__counts_what_the_head_has() -> None:
    transport = node(
        eth_getTransactionCount=lambda _, block: "0x4" if block == "pending" else "0x6"
    )
    assert await channel_of(transport).next_nonce() == 6


async def test_next_nonce__pool_has_more__counts_that() -> None:
    transport = node(
        eth_getTransactionCount=lambda _, block: "0x9" if block == "pending" else "0x6"
    )
    assert await channel_of(transport).next_nonce() == 9


async def test_next_nonce__node_without_the_head__is_asked_again() -> None:
    answers: list[object] = [FUTURE, None, "0x6"]
    transport = node(
        eth_getTransactionCount=lambda _, block: "0x4" if block == "pending" else answers.pop(0)
    )
    assert await channel_of(transport).next_nonce() == 6


async def test_balance__is_that_of_the_head() -> None:
    transport = node(eth_getBalance=lambda _, block: "0x7" if block == hex(20) else "0x1")
    assert await channel_of(transport).balance() == 7


def test_account__is_lower_case__as_hashes_and_senders_are_compared() -> None:
    assert channel_of(node()).account == "0x" + SIGNER.address.hex()
