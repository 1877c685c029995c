"""Outcomes and receipts of blocks whose state is gone: told from bodies, from nonces, from other endpoints, or given up."""

from dataclasses import replace

import pytest
from anyio.lowlevel import checkpoint

from zk_acts.domain.acts import Intent
from zk_acts.domain.details import Aggregation, VkRegistered
from zk_acts.domain.ids import Hash32, Statement
from zk_acts.ports.act import Failed, Included, Lapsed, Outcome, Pending
from zk_devnet.testing import scripted_zkverify_node as script
from zk_devnet.testing.scripted_zkverify_node import ScriptedNode
from zkverify_client.adapters.account import account_key
from zkverify_client.adapters.aggregation_domain import ticket_key
from zkverify_client.adapters.chain import ChainCache
from zkverify_client.adapters.channel import ZkVerifyChannel
from zkverify_client.adapters.client import ZkVerifyClient, ZkVerifyConfig
from zkverify_client.adapters.errors import ArchiveUnreachable, BlockUnknown
from zkverify_client.adapters.pool import ConnectionPool, NetworkConfig
from zkverify_client.adapters.rpc import Connection, ConnectionLost, RpcError
from zkverify_client.adapters.runtime import AGGREGATE, GROTH16, Runtime
from zkverify_client.adapters.verdicts import OutcomeUnreadable
from zkverify_client.domain.groth16 import Groth16Vk
from zkverify_client.domain.merkle import merkle_root
from zkverify_client.domain.receipt_errors import ReceiptUnprovable
from zkverify_client.domain.statement import groth16_vk_hash
from zkverify_client.ports.zkverify import RegisterVk, SubmitProof, ZkVerifyDetail
from zkverify_client.signing.signer import ZkVerifySigner

from .conftest import VERSION, VFY, IntentOf, devnet_runtime

DOMAIN_KEY = devnet_runtime().storage_key(AGGREGATE, "Domains", bytes(4))
LEAVES = [Statement(bytes([n]) * 32) for n in range(1, 4)]


class Endpoints:
    """Two addresses of one chain: `answering` says which of their nodes is behind each, or that none is."""

    def __init__(self, **answering: ScriptedNode | None) -> None:
        self.answering = {f"ws://{name}": node for name, node in answering.items()}
        self.now_s = 0.0

    async def connect(self, url: str, *, timeout_s: float) -> Connection:
        await checkpoint()
        node = self.answering[url]
        if node is None:
            raise ConnectionLost("refused", written=False)
        return node

    def client(self, node: ScriptedNode) -> ZkVerifyClient:
        network = NetworkConfig(endpoints=tuple(self.answering), genesis_hash=node.genesis_hash)
        cache = ChainCache()
        cache.runtimes[VERSION] = devnet_runtime()
        pool = ConnectionPool(network, connect=self.connect, now=lambda: self.now_s)
        return ZkVerifyClient(ZkVerifyConfig(network=network), pool, cache)


def _twin(node: ScriptedNode, **changes: object) -> ScriptedNode:
    """Another node of the same chain, with all of its state unless told otherwise."""
    return replace(node, pruned_below=0, **changes)  # type: ignore[arg-type]


def _include(
    node: ScriptedNode, intent: Intent, signer: ZkVerifySigner, request: SubmitProof
) -> None:
    records = (
        script.proof_verified(0, request.statement),
        script.new_proof(0, request.statement, 0, 1),
        script.fee_paid(0, signer.public_key, node.fee),
        script.succeeded(0),
    )
    node.storage[account_key(signer.public_key)] = script.account_info(intent.nonce + 1, 9 * VFY)
    node.mine([intent.payload], records)
    node.mine_many(4)


def _prune(node: ScriptedNode) -> None:
    node.pruned_below = len(node.blocks) - 3


async def _ask(
    channel: ZkVerifyChannel, intent: Intent, times: int
) -> list[Outcome[ZkVerifyDetail]]:
    return [await channel.outcome(intent) for _ in range(times)]


def _without_bodies(node: ScriptedNode, below: int) -> None:
    whole = script._block

    def block(target: ScriptedNode, block_hash: str) -> object:
        known = target.known[bytes.fromhex(block_hash[2:])]  # type: ignore[index]
        return None if known.number < below else whole(target, block_hash)

    node.overrides["chain_getBlock"] = block


async def test_outcome__events_gone_everywhere__is_given_up_as_paid_after_three_looks(
    ready: ScriptedNode,
    signer: ZkVerifySigner,
    request_: SubmitProof,
    channel: ZkVerifyChannel,
    intent: Intent,
) -> None:
    _include(ready, intent, signer, request_)
    _prune(ready)
    first, second, third = await _ask(channel, intent, 3)
    assert first == second == Pending()
    assert isinstance(third, Failed)
    assert (third.code, third.final) == (OutcomeUnreadable.code, True)
    assert (third.paid, third.block_number) == (intent.quoted, 6)


async def test_outcome__events_gone_but_seen_before__is_what_its_row_says(
    ready: ScriptedNode,
    signer: ZkVerifySigner,
    request_: SubmitProof,
    channel: ZkVerifyChannel,
    intent: Intent,
) -> None:
    _include(ready, intent, signer, request_)
    seen = await channel.outcome(intent)
    assert isinstance(seen, Included)
    row = replace(intent, detail=seen.detail, paid=seen.paid, included_block=seen.block_number)
    _prune(ready)

    [told] = await _ask(channel, row, 1)

    assert told == replace(seen, final=True)
    assert isinstance(seen.detail, Aggregation)
    of_a_fork = replace(seen.detail, block_hash=Hash32(bytes(32)))
    assert await _ask(channel, replace(row, detail=of_a_fork), 1) == [Pending()]


async def test_outcome__one_endpoint_pruned_one_archive__is_read_from_the_archive(
    ready: ScriptedNode,
    signer: ZkVerifySigner,
    vk: Groth16Vk,
    request_: SubmitProof,
    intent: Intent,
) -> None:
    endpoints = Endpoints(pruned=ready, archive=ready)
    channel = endpoints.client(ready).channel(signer, vk)
    _include(ready, intent, signer, request_)
    endpoints.answering["ws://archive"] = _twin(ready)
    _prune(ready)
    [outcome] = await _ask(channel, intent, 1)
    assert isinstance(outcome, Included)
    assert outcome.final


async def test_outcome__the_archive_does_not_answer__waits_for_it_and_is_never_given_up(
    ready: ScriptedNode,
    signer: ZkVerifySigner,
    vk: Groth16Vk,
    request_: SubmitProof,
    intent: Intent,
) -> None:
    endpoints = Endpoints(pruned=ready, archive=None)
    channel = endpoints.client(ready).channel(signer, vk)
    _include(ready, intent, signer, request_)
    _prune(ready)
    assert await _ask(channel, intent, 5) == [Pending()] * 5


async def test_outcome__proof_still_waits_in_its_aggregation__is_told_from_the_domain(
    ready: ScriptedNode,
    signer: ZkVerifySigner,
    request_: SubmitProof,
    channel: ZkVerifyChannel,
    intent: Intent,
) -> None:
    ready.storage[DOMAIN_KEY] = script.domain_entry(
        size=8, held=[(signer.public_key, request_.statement, 77)]
    )
    _include(ready, intent, signer, request_)
    _prune(ready)
    [outcome] = await _ask(channel, intent, 1)
    assert isinstance(outcome, Included)
    assert isinstance(outcome.detail, Aggregation)
    assert (outcome.detail.aggregation_id, outcome.detail.block_number) == (0, 6)
    assert (outcome.final, outcome.paid) == (True, intent.quoted)


@pytest.mark.parametrize("registered", [True, False])
async def test_outcome__key__is_told_from_the_accounts_ticket(
    registered: bool,
    ready: ScriptedNode,
    signer: ZkVerifySigner,
    vk: Groth16Vk,
    runtime: Runtime,
    request_: SubmitProof,
    intent_of: IntentOf,
    channel: ZkVerifyChannel,
) -> None:
    vk_hash = groth16_vk_hash(vk)
    intent = intent_of(await channel.prepare(RegisterVk(vk_hash=vk_hash), 0))
    if registered:
        ready.storage[ticket_key(runtime, GROTH16, signer.public_key, vk_hash)] = b"\x05"
    _include(ready, intent, signer, request_)
    _prune(ready)
    *_, outcome = await _ask(channel, intent, 3)
    if registered:
        assert isinstance(outcome, Included)
        assert outcome.detail == VkRegistered(vk_hash=vk_hash)
    else:
        assert isinstance(outcome, Failed)


async def test_outcome__no_body_has_it_and_the_window_is_over__lapses_though_state_is_gone(
    ready: ScriptedNode, signer: ZkVerifySigner, channel: ZkVerifyChannel, intent: Intent
) -> None:
    ready.mine_many(300)
    _prune(ready)
    assert await channel.outcome(intent) == Lapsed()
    ready.storage[account_key(signer.public_key)] = script.account_info(1, VFY)
    ready.mine_many(3)
    assert await channel.outcome(intent) == Lapsed(by_nonce=True)


@pytest.mark.parametrize("used", [True, False])
async def test_outcome__bodies_gone_too__is_told_from_the_nonce(
    used: bool,
    ready: ScriptedNode,
    signer: ZkVerifySigner,
    channel: ZkVerifyChannel,
    intent: Intent,
) -> None:
    if used:
        ready.storage[account_key(signer.public_key)] = script.account_info(1, VFY)
    ready.mine_many(300)
    _prune(ready)
    _without_bodies(ready, ready.pruned_below)
    *_, outcome = await _ask(channel, intent, 3)
    if used:
        assert isinstance(outcome, Failed)
        assert (outcome.code, outcome.block_number) == (OutcomeUnreadable.code, None)
    else:
        assert outcome == Lapsed()


async def test_outcome__endpoint_that_lags__is_not_taken_for_one_that_pruned(
    ready: ScriptedNode,
    signer: ZkVerifySigner,
    request_: SubmitProof,
    channel: ZkVerifyChannel,
    intent: Intent,
) -> None:
    _include(ready, intent, signer, request_)

    def lagging(*_: object) -> None:
        text = "Client error: UnknownBlock: Header was not found in the database: 0x00"
        raise RpcError(code=4003, message=text, data="")

    ready.overrides["state_getStorage"] = lagging
    for _ in range(4):
        with pytest.raises(BlockUnknown):
            await channel.outcome(intent)


def _aggregated(node: ScriptedNode) -> Aggregation:
    node.mine_many(2)
    events = [script.new_proof(n, leaf, 0, 7) for n, leaf in enumerate(LEAVES)]
    block = node.mine(events=events)
    return Aggregation(
        statement=LEAVES[1],
        domain_id=0,
        aggregation_id=7,
        block_number=block.number,
        block_hash=block.hash,
    )


def _holding(aggregation_id: int) -> bytes:
    """The domain with our leaves in its open aggregation."""
    entry = script.domain_entry(size=8, held=[(bytes(32), leaf, 1) for leaf in LEAVES])
    return entry[:6] + aggregation_id.to_bytes(8, "little") + entry[14:]


async def test_receipt__proofs_pruned_publication_kept__is_found_behind_the_gap(
    node: ScriptedNode, client: ZkVerifyClient
) -> None:
    aggregation = _aggregated(node)
    node.storage[DOMAIN_KEY] = _holding(7)
    node.mine_many(300)
    node.storage[DOMAIN_KEY] = script.domain_entry(size=8)
    node.mine(events=[script.new_receipt(0, 0, 7, merkle_root(LEAVES))])
    node.mine_many(3)
    node.pruned_below = 200
    receipt = await client.reader.receipt(aggregation)
    assert receipt is not None
    assert (receipt.index, receipt.leaf_count) == (1, 3)


async def test_receipt__still_waiting_in_the_domain__nothing_was_missed(
    node: ScriptedNode, client: ZkVerifyClient
) -> None:
    aggregation = _aggregated(node)
    node.storage[DOMAIN_KEY] = _holding(7)
    node.mine_many(300)
    node.pruned_below = 200
    assert await client.reader.receipt(aggregation) is None
    node.calls.clear()
    node.mine()
    assert await client.reader.receipt(aggregation) is None
    assert node.calls.count("state_getStorage") < 20  # it knows how far it came


async def test_receipt__published_in_a_pruned_block__cannot_be_had(
    node: ScriptedNode, client: ZkVerifyClient
) -> None:
    aggregation = _aggregated(node)
    node.storage[DOMAIN_KEY] = script.domain_entry(size=8)
    node.mine(events=[script.new_receipt(0, 0, 7, merkle_root(LEAVES))])
    node.mine_many(300)
    node.pruned_below = 200
    with pytest.raises(ReceiptUnprovable):
        await client.reader.receipt(aggregation)


async def test_receipt__archive_comes_back__is_found_there_although_the_gap_was_skipped(
    node: ScriptedNode,
) -> None:
    endpoints = Endpoints(pruned=node, archive=None)
    client = endpoints.client(node)
    aggregation = _aggregated(node)
    node.storage[DOMAIN_KEY] = script.domain_entry(size=8)
    node.mine(events=[script.new_receipt(0, 0, 7, merkle_root(LEAVES))])
    node.mine_many(300)
    archive = _twin(node)
    node.pruned_below = 200
    with pytest.raises(ArchiveUnreachable):
        await client.reader.receipt(aggregation)
    endpoints.answering["ws://archive"] = archive
    endpoints.now_s = 60.0  # its back-off is over
    assert await client.reader.receipt(aggregation) is not None
