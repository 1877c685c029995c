"""What is remembered of blocks, and that all of it is forgotten when something of it made no sense."""

from typing import Any

import pytest

from zk_acts.domain.ids import Hash32, Statement, hex0x
from zk_devnet.testing import scripted_zkverify_node as script
from zk_devnet.testing.scripted_zkverify_node import INHERENT, ScriptedNode, succeeded
from zkverify_client.adapters.chain import BlockFacts, Chain, ChainCache
from zkverify_client.adapters.errors import MalformedChainAnswer

from .conftest import VERSION, devnet_runtime


async def test_forget__events_of_a_block_were_wrong_and_well_formed__decoded_anew(
    node: ScriptedNode,
) -> None:
    node.mine(events=[script.proof_verified(0, Statement(b"\x07" * 32))])
    block_hash = node.blocks[-1].hash
    wrong = [hex0x(b"\x04" + succeeded(INHERENT))]

    def storage(asked: ScriptedNode, key: str, at: str | None = None) -> Any:
        is_asked_for = key == script.EVENTS_KEY and at == hex0x(block_hash)
        return wrong.pop() if is_asked_for and wrong else script._storage(asked, key, at)

    node.overrides["state_getStorage"] = storage
    cache = ChainCache()
    cache.runtimes[VERSION] = devnet_runtime()
    chain = Chain(node, cache)
    block = await chain.block(block_hash)
    assert [each.name for each in await chain.events(block)] == ["ExtrinsicSuccess"]

    chain.forget()

    assert "ProofVerified" in [each.name for each in await chain.events(block)]


async def test_block__with_more_extrinsics_than_fit__is_refused(node: ScriptedNode) -> None:
    header = {"number": "0x5", "parentHash": hex0x(bytes(32))}
    block = {"block": {"header": header, "extrinsics": ["0x00"] * 70_000}}
    node.overrides["chain_getBlock"] = lambda *_: block
    with pytest.raises(MalformedChainAnswer, match="more extrinsics"):
        await Chain(node, ChainCache()).block(Hash32(b"\x07" * 32))


async def test_cache__of_blocks_full_of_made_up_extrinsics__is_bounded_by_their_number(
    node: ScriptedNode,
) -> None:
    cache = ChainCache()
    for number in range(20):
        block_hash = Hash32(bytes([number]) * 32)
        facts = BlockFacts(
            number=number, hash=block_hash, parent=block_hash, extrinsics=(block_hash,) * 60_000
        )
        cache.blocks[block_hash] = facts
    assert sum(len(facts.extrinsics) for facts in cache.blocks.values()) <= 1 << 18
