"""The channel over a scripted node: what became of what was sent."""

from dataclasses import replace
from typing import Any

import pytest

from zk_acts.domain.acts import Intent
from zk_acts.ports.act import Failed, Included, Lapsed, Pending, Unknown
from zk_devnet.testing import scripted_zkverify_node as script
from zk_devnet.testing.scripted_zkverify_node import ScriptedNode
from zkverify_client.adapters.account import account_key
from zkverify_client.adapters.channel import ZkVerifyChannel
from zkverify_client.adapters.errors import (
    MalformedChainAnswer,
)
from zkverify_client.adapters.rpc import RpcError
from zkverify_client.adapters.runtime import AGGREGATE, Runtime
from zkverify_client.ports.zkverify import SubmitProof
from zkverify_client.signing.signer import ZkVerifySigner


def _mine(node: ScriptedNode, intent: Intent, signer: ZkVerifySigner, *records: bytes) -> None:
    """A block with another extrinsic first, then ours with its events."""
    fee = script.fee_paid(1, signer.public_key, node.fee)
    noise = (script.succeeded(0), *records, fee, script.succeeded(1))
    node.mine([b"\x04\x04", intent.payload], noise)


def _placed(request_: SubmitProof) -> tuple[bytes, bytes]:
    return (
        script.proof_verified(1, request_.statement),
        script.new_proof(1, request_.statement, 0, 1),
    )


async def test_outcome__sent_and_mined__is_pending_then_included_then_final(
    channel: ZkVerifyChannel,
    node: ScriptedNode,
    signer: ZkVerifySigner,
    request_: SubmitProof,
    runtime: Runtime,
    intent: Intent,
) -> None:
    assert await channel.outcome(intent) == Unknown()
    await channel.send(intent)
    await channel.send(intent)  # the same bytes again: already imported
    assert await channel.outcome(intent) == Pending()
    node.storage[runtime.storage_key(AGGREGATE, "Domains", bytes(4))] = script.domain_entry(
        size=8, held=[(signer.public_key, request_.statement, 77)]
    )
    _mine(node, intent, signer, *_placed(request_))
    seen = await channel.outcome(intent)
    assert isinstance(seen, Included)
    assert (seen.final, seen.paid, seen.block_number) == (False, node.fee + 77, 6)
    node.mine_many(2)
    final = await channel.outcome(intent)
    assert final == replace(seen, final=True)


async def test_outcome__asked_again__reads_only_new_blocks(
    channel: ZkVerifyChannel, node: ScriptedNode, intent: Intent
) -> None:
    node.mine_many(20)
    await channel.outcome(intent)
    node.calls.clear()
    node.mine()
    await channel.outcome(intent)
    assert node.calls.count("chain_getBlock") == 1
    assert node.calls.count("chain_getBlockHash") <= 5


async def test_outcome__block_retracted__goes_back_and_is_found_in_the_other_fork(
    channel: ZkVerifyChannel,
    node: ScriptedNode,
    signer: ZkVerifySigner,
    request_: SubmitProof,
    intent: Intent,
) -> None:
    await channel.send(intent)
    _mine(node, intent, signer, *_placed(request_))
    assert isinstance(await channel.outcome(intent), Included)
    node.retract(1)
    node.mine(salt=b"other fork")
    assert await channel.outcome(intent) == Unknown()
    _mine(node, intent, signer, *_placed(request_))
    found = await channel.outcome(intent)
    assert isinstance(found, Included)
    assert found.block_number == 7


async def test_outcome__its_block_answered_without_a_body__nothing_is_concluded(
    channel: ZkVerifyChannel,
    node: ScriptedNode,
    signer: ZkVerifySigner,
    request_: SubmitProof,
    intent: Intent,
) -> None:
    await channel.send(intent)
    _mine(node, intent, signer, *_placed(request_))
    node.mine_many(70)

    def without_body(asked: ScriptedNode, block_hash: str) -> Any:
        answer = script._block(asked, block_hash)
        answer["block"]["extrinsics"] = []
        return answer

    node.overrides["chain_getBlock"] = without_body
    with pytest.raises(
        MalformedChainAnswer
    ):  # and not Lapsed, after which it would be paid for again
        await channel.outcome(intent)


async def test_outcome__era_over_at_the_finalized_head__lapses_and_not_before(
    channel: ZkVerifyChannel, node: ScriptedNode, intent: Intent
) -> None:
    while node.finalized.number < intent.expires - 2:
        node.mine()
    assert await channel.outcome(intent) == Unknown()
    node.mine()
    assert await channel.outcome(intent) == Lapsed()


async def test_outcome__nonce_used_by_another_in_a_finalized_block__lapses_by_nonce(
    channel: ZkVerifyChannel, node: ScriptedNode, signer: ZkVerifySigner, intent: Intent
) -> None:
    node.storage[account_key(signer.public_key)] = script.account_info(1, 10**18)
    node.mine()
    assert await channel.outcome(intent) == Unknown()
    node.mine_many(2)
    assert await channel.outcome(intent) == Lapsed(by_nonce=True)


async def test_outcome__endpoint_behind__never_says_lapsed(
    channel: ZkVerifyChannel, node: ScriptedNode, intent: Intent
) -> None:
    node.mine_many(80)
    real = script._block_hash
    node.overrides["chain_getBlockHash"] = lambda n, i: real(n, i) if i < 10 or i > 60 else None
    assert await channel.outcome(intent) == Unknown()


async def test_outcome__failed_by_the_verifier__is_failed_with_its_code(
    channel: ZkVerifyChannel, node: ScriptedNode, signer: ZkVerifySigner, intent: Intent
) -> None:
    fee = script.fee_paid(0, signer.public_key, 5)
    node.mine([intent.payload], [fee, script.failed(0, b"\x03\xa1\x02\x00\x00\x00")])
    verdict = await channel.outcome(intent)
    assert isinstance(verdict, Failed)
    assert (verdict.code, verdict.paid) == ("ZKO-ZKV-033", 5)


async def test_outcome__node_hides_its_pool__is_unknown(
    channel: ZkVerifyChannel, node: ScriptedNode, intent: Intent
) -> None:

    def forbidden(_: ScriptedNode) -> None:
        raise RpcError(code=-32601, message="Method not found", data="")

    node.overrides["author_pendingExtrinsics"] = forbidden
    assert await channel.outcome(intent) == Unknown()
