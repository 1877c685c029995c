"""Extrinsics that were signed before a runtime upgrade, and trial runs before spending."""

import pytest

from zk_acts.ports.act import Unknown
from zk_devnet.testing import scripted_zkverify_node as script
from zk_devnet.testing.scripted_zkverify_node import ScriptedNode
from zkverify_client.adapters.account import account_key
from zkverify_client.adapters.channel import SubmissionPolicy, ZkVerifyChannel
from zkverify_client.adapters.client import ZkVerifyClient, ZkVerifyConfig
from zkverify_client.adapters.errors import DryRunFailed, MalformedChainAnswer
from zkverify_client.adapters.extrinsic import call_of, is_signed_for
from zkverify_client.adapters.rpc import RpcError
from zkverify_client.adapters.runtime import Runtime
from zkverify_client.domain.groth16 import Groth16Vk
from zkverify_client.domain.statement import groth16_vk_hash
from zkverify_client.ports.zkverify import RegisterVk
from zkverify_client.signing.signer import ZkVerifySigner

from .conftest import IntentOf


@pytest.fixture
def channel(
    client: ZkVerifyClient, node: ScriptedNode, signer: ZkVerifySigner, vk: Groth16Vk
) -> ZkVerifyChannel:
    node.storage[account_key(signer.public_key)] = script.account_info(0, 10**20)
    node.mine_many(4)
    return client.channel(signer, vk)


async def test_outcome__not_in_the_pool__says_whether_the_signature_still_holds(
    channel: ZkVerifyChannel, node: ScriptedNode, vk: Groth16Vk, intent_of: IntentOf
) -> None:
    intent = intent_of(await channel.prepare(RegisterVk(vk_hash=groth16_vk_hash(vk)), 0))
    assert await channel.outcome(intent) == Unknown(resign=False)
    node.spec_version += 1
    assert await channel.outcome(intent) == Unknown(resign=True)


async def test_resign__after_an_upgrade__is_the_same_call_and_nonce_for_the_new_runtime(
    channel: ZkVerifyChannel,
    node: ScriptedNode,
    vk: Groth16Vk,
    runtime: Runtime,
    intent_of: IntentOf,
) -> None:
    old = intent_of(await channel.prepare(RegisterVk(vk_hash=groth16_vk_hash(vk)), 7))
    node.spec_version += 1
    new = await channel.resign(old)
    assert (new.nonce, new.fees.tip) == (7, old.tip + 1)
    assert new.reference != old.reference
    assert call_of(runtime, new.payload) == call_of(runtime, old.payload)
    birth = node.blocks[new.born_block].hash
    before = is_signed_for(runtime, new.payload, genesis_hash=node.genesis_hash, birth_hash=birth)
    assert not before  # `runtime` is the version before the upgrade
    assert await channel.outcome(intent_of(new)) == Unknown(resign=False)


def _trying(
    client: ZkVerifyClient, node: ScriptedNode, signer: ZkVerifySigner, vk: Groth16Vk
) -> ZkVerifyChannel:
    config = ZkVerifyConfig(network=client._config.network, policy=SubmissionPolicy(dry_run=True))
    trying = ZkVerifyClient(config, client.pool, client.access._cache)
    node.storage[account_key(signer.public_key)] = script.account_info(0, 10**20)
    node.mine_many(4)
    return trying.channel(signer, vk)


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        ("0x000103a106000000", "SettlementGroth16Pallet.VerificationKeyAlreadyRegistered"),
        ("0x000102", "dispatch error 02"),
        ("0x010001", "invalid transaction: Payment"),
        ("0x010100", "validity unknown"),
    ],
)
async def test_prepare__trial_fails__nothing_is_prepared(
    client: ZkVerifyClient,
    node: ScriptedNode,
    signer: ZkVerifySigner,
    vk: Groth16Vk,
    result: str,
    reason: str,
) -> None:
    channel = _trying(client, node, signer, vk)
    node.overrides["state_call"] = lambda *_: result
    with pytest.raises(DryRunFailed) as failed:
        await channel.prepare(RegisterVk(vk_hash=groth16_vk_hash(vk)), 0)
    assert failed.value.context["reason"] == reason


@pytest.mark.parametrize("result", ["0x0000", "0x010002"])
async def test_prepare__trial_succeeds_or_waits_for_an_earlier_nonce__is_prepared(
    client: ZkVerifyClient, node: ScriptedNode, signer: ZkVerifySigner, vk: Groth16Vk, result: str
) -> None:
    channel = _trying(client, node, signer, vk)
    node.overrides["state_call"] = lambda *_: result
    assert await channel.prepare(RegisterVk(vk_hash=groth16_vk_hash(vk)), 0)


async def test_prepare__node_refuses_trials__is_prepared_without(
    client: ZkVerifyClient, node: ScriptedNode, signer: ZkVerifySigner, vk: Groth16Vk
) -> None:
    def refuse(*_: object) -> None:
        raise RpcError(code=-32601, message="Method not allowed", data="")

    channel = _trying(client, node, signer, vk)
    node.overrides["state_call"] = refuse
    assert await channel.prepare(RegisterVk(vk_hash=groth16_vk_hash(vk)), 0)


async def test_prepare__trial_answers_nonsense__is_an_error_of_ours(
    client: ZkVerifyClient, node: ScriptedNode, signer: ZkVerifySigner, vk: Groth16Vk
) -> None:
    channel = _trying(client, node, signer, vk)
    node.overrides["state_call"] = lambda *_: "0x77"
    with pytest.raises(MalformedChainAnswer):
        await channel.prepare(RegisterVk(vk_hash=groth16_vk_hash(vk)), 0)
