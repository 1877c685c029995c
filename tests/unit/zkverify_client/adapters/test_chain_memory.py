"""What is remembered of blocks, and that all of it is forgotten when something of it made no sense."""

from typing import Any

from zk_acts.domain.ids import Statement, hex0x
from zk_devnet.testing import scripted_zkverify_node as script
from zk_devnet.testing.scripted_zkverify_node import INHERENT, ScriptedNode, succeeded
from zkverify_client.adapters.chain import Chain, ChainCache

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
