"""Whatever a node answers, only our own errors come out."""

import random
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zk_acts.domain.acts import ActKind, Intent, Purpose, Resource
from zk_acts.domain.details import Aggregation
from zk_acts.domain.errors import OperatorError
from zk_acts.domain.ids import AccountId, Hash32, IntentId, Statement
from zk_devnet.testing import scripted_zkverify_node as script
from zk_devnet.testing.scripted_zkverify_node import ScriptedNode
from zk_devnet.zkverify.metadata import metadata_v14
from zkverify_client.adapters.account import account_key
from zkverify_client.adapters.chain import ChainCache
from zkverify_client.adapters.channel import ZkVerifyChannel
from zkverify_client.adapters.client import ZkVerifyClient, ZkVerifyConfig
from zkverify_client.adapters.pool import ConnectionPool, NetworkConfig
from zkverify_client.adapters.runtime import AGGREGATE, GROTH16, Runtime
from zkverify_client.domain.groth16 import Groth16Vk
from zkverify_client.domain.merkle import merkle_root
from zkverify_client.domain.statement import groth16_vk_hash
from zkverify_client.domain.verifier import VerifierPallet
from zkverify_client.ports.zkverify import Publish, RegisterVk
from zkverify_client.signing.signer import ZkVerifySigner

METADATA = metadata_v14()
STATEMENT = Statement(b"\x11" * 32)
ACCOUNT = AccountId(b"\x22" * 32)
FUZZ = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
METHODS = [
    "aggregate_statementPath",
    "author_pendingExtrinsics",
    "author_submitExtrinsic",
    "chain_getBlock",
    "chain_getBlockHash",
    "chain_getFinalizedHead",
    "chain_getHeader",
    "payment_queryInfo",
    "state_call",
    "state_getKeysPaged",
    "state_getMetadata",
    "state_getRuntimeVersion",
    "state_getStorage",
    "system_accountNextIndex",
]
HEX = st.binary(max_size=80).map(lambda raw: "0x" + raw.hex())
LEAF = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=10),
    HEX,
    st.binary(min_size=32, max_size=32).map(lambda raw: "0x" + raw.hex()),
)
FIELDS = st.sampled_from(
    [
        "block",
        "header",
        "extrinsics",
        "number",
        "parentHash",
        "specName",
        "specVersion",
        "transactionVersion",
        "root",
        "proof",
        "partialFee",
        "leaf",
        "number_of_leaves",
        "leaf_index",
    ]
)
ANSWERS = st.recursive(
    LEAF,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=6),
    max_leaves=8,
)
Ask = Callable[[ZkVerifyClient, ZkVerifyChannel, Intent, Aggregation], Awaitable[Any]]
ASKS: list[Ask] = [
    lambda _c, channel, _i, _a: channel.next_nonce(),
    lambda _c, channel, _i, _a: channel.balance(),
    lambda _c, channel, intent, _a: channel.outcome(intent),
    lambda _c, channel, intent, _a: channel.send(intent),
    lambda client, _ch, _i, aggregation: client.reader.receipt(aggregation),
    lambda client, _ch, _i, _a: client.reader.vk_registered(Hash32(bytes(32))),
    lambda client, _ch, _i, _a: client.reader.finalized_head(),
    lambda _c, channel, intent, _a: channel.resign(intent),
    lambda client, _ch, _i, _a: client.registry.status(),
    lambda client, _ch, _i, _a: client.registry.domains(),
    lambda client, _ch, _i, _a: client.registry.allowed_submitters(0),
    lambda client, _ch, _i, _a: client.registry.vks_of(ACCOUNT, VerifierPallet.GROTH16),
    lambda client, _ch, _i, _a: client.registry.vk_holding(Hash32(bytes(32)), ACCOUNT),
    lambda client, _ch, _i, _a: client.search.find(STATEMENT, 0, 1),
    lambda client, _ch, _i, _a: client.estimator.estimate(Publish(domain_id=0, aggregation_id=1)),
    lambda client, _ch, _i, _a: _first_events(client),
]


async def _first_events(client: ZkVerifyClient) -> None:
    async for number, _events in client.events.follow(0):
        if number >= 3:
            return


def _node(signer: ZkVerifySigner, runtime: Runtime) -> ScriptedNode:
    node = ScriptedNode(metadata=METADATA)
    node.storage[account_key(signer.public_key)] = script.account_info(0, 10**20)
    node.storage[runtime.storage_key(AGGREGATE, "Domains", bytes(4))] = script.domain_entry(size=8)
    node.storage[runtime.storage_key(GROTH16, "Vks", bytes(32))] = b"\x00"
    node.storage[runtime.storage_key(GROTH16, "Tickets", ACCOUNT + bytes(32))] = bytes(16)
    node.mine_many(4)
    return node


def _client(node: ScriptedNode, runtime: Runtime) -> ZkVerifyClient:
    async def connect(url: str, *, timeout_s: float) -> ScriptedNode:
        return node

    network = NetworkConfig(endpoints=("ws://scripted",), genesis_hash=node.genesis_hash)
    cache = ChainCache()
    cache.runtimes[runtime.version] = runtime
    return ZkVerifyClient(
        ZkVerifyConfig(network=network), ConnectionPool(network, connect=connect), cache
    )


async def _prepared(
    channel: ZkVerifyChannel, node: ScriptedNode, vk: Groth16Vk
) -> tuple[Intent, Aggregation]:
    prepared = await channel.prepare(RegisterVk(vk_hash=groth16_vk_hash(vk)), 0)
    intent = Intent(
        intent_id=IntentId("1"),
        kind=ActKind.EXTRINSIC,
        purpose=Purpose.VERIFY,
        subject="1",
        backend="zkverify",
        account=channel.account,
        nonce=0,
        reference=prepared.reference,
        payload=prepared.payload,
        resource=Resource.VFY,
        quoted=prepared.quoted,
        born_block=prepared.born_block,
        expires=prepared.expires,
    )
    block = node.mine([intent.payload], [script.new_proof(0, STATEMENT, 0, 1), script.succeeded(0)])
    node.mine(events=[script.new_receipt(0, 0, 1, merkle_root([STATEMENT]))])
    node.mine_many(3)
    aggregation = Aggregation(
        statement=STATEMENT,
        domain_id=0,
        aggregation_id=1,
        block_number=block.number,
        block_hash=block.hash,
    )
    return intent, aggregation


@pytest.mark.parametrize("method", METHODS)
@FUZZ
@given(answer=ANSWERS, ask=st.sampled_from(ASKS))
async def test_any_answer__to_any_call__ends_in_a_value_or_one_of_our_errors(
    method: str,
    answer: Any,
    ask: Ask,
    signer: ZkVerifySigner,
    vk: Groth16Vk,
    runtime: Runtime,
) -> None:
    node = _node(signer, runtime)
    client = _client(node, runtime)
    channel = client.channel(signer, vk)
    intent, aggregation = await _prepared(channel, node, vk)
    node.overrides[method] = lambda *_: answer
    try:
        await ask(client, channel, intent, aggregation)
    except OperatorError:
        return


@FUZZ
@given(seed=st.integers(0, 2**32))
async def test_any_bytes_changed_in_state__outcome_and_receipt__end_in_one_of_our_errors(
    seed: int, signer: ZkVerifySigner, vk: Groth16Vk, runtime: Runtime
) -> None:
    node = _node(signer, runtime)
    client = _client(node, runtime)
    channel = client.channel(signer, vk)
    intent, aggregation = await _prepared(channel, node, vk)
    chance = random.Random(seed)
    for block in node.blocks:
        for key, value in block.storage.items():
            changed = bytearray(value)
            changed[chance.randrange(len(changed))] = chance.randrange(256)
            block.storage[key] = bytes(changed)
    for ask in ASKS:
        try:
            await ask(client, channel, intent, aggregation)
        except OperatorError:
            continue
