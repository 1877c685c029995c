"""JSON-RPC batches against the dev node."""

import pytest

from zk_devnet.zkverify import ZkVerifyDevNode, ZkVerifyNodeConfig
from zk_devnet.zkverify.client import NodeClient
from zk_devnet.zkverify.scale import Case
from zk_devnet.zkverify.signature import key_pair
from zkverify_client.adapters.rpc import WebSocketRpc
from zkverify_client.adapters.submission import submit_many

from .conftest import RUNTIME

pytestmark = pytest.mark.devnet
ALICE = key_pair("//Alice")
REMARK = Case("System", Case("remark", {"remark": b"bulk"}))


async def test_submit_many__good_and_bad__are_told_apart_and_included() -> None:
    async with (
        ZkVerifyDevNode(ZkVerifyNodeConfig(block_time_s=3600, **RUNTIME)).running() as dev,
        NodeClient(dev.endpoint) as node,
        await WebSocketRpc.open(dev.endpoint, timeout_s=10) as rpc,
    ):
        payloads = [await node.sign(ALICE, REMARK, nonce=nonce) for nonce in range(20)]
        payloads.insert(5, b"no extrinsic")
        verdicts = await submit_many(rpc, [*payloads, payloads[0]])
        assert [place for place, verdict in enumerate(verdicts) if not verdict.taken] == [5]
        block = dev.node.author_block()
        assert len(block.extrinsics) == 21  # the timestamp is one of them


async def test_batch__node_knows_no_such_method__gives_the_error_object() -> None:
    async with (
        ZkVerifyDevNode(ZkVerifyNodeConfig(block_time_s=3600, **RUNTIME)).running() as dev,
        await WebSocketRpc.open(dev.endpoint, timeout_s=10) as rpc,
    ):
        answers = await rpc.batch("no_such", [[], []])
        assert [answer["error"]["code"] for answer in answers] == [-32601, -32601]
        assert await rpc.request("system_chain") == "zkVerify Devnet"
