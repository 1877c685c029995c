"""`devnet fault` against the servers that it makes fail."""

import json
from typing import Any

import aiohttp
import anyio
import pytest
from typer.testing import CliRunner

from zk_devnet.cli.devnet_faults import app
from zk_devnet.errors import FaultNotInjected
from zk_devnet.prover_network.config import ProverNetworkConfig
from zk_devnet.prover_network.server import ProverNetworkEndpoints, serve
from zk_devnet.zkverify import ZkVerifyDevNode, ZkVerifyNodeConfig
from zk_devnet.zkverify.client import NodeClient
from zk_devnet.zkverify.config import GenesisDomain
from zk_devnet.zkverify.faults import Fate

pytestmark = pytest.mark.devnet
CONFIG = ZkVerifyNodeConfig(block_time_s=3600, domains=(GenesisDomain(),))


async def fault(*arguments: str) -> Any:
    """What the command printed, as JSON (the last document, where a fault is set several times)."""

    def call() -> Any:
        result = CliRunner().invoke(app, list(arguments))
        if result.exception is not None:
            raise result.exception
        return json.loads(result.output)

    return await anyio.to_thread.run_sync(call)


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (("finality-stall",), "finality_stalled"),
        (("production-pause",), "production_paused"),
        (("pool-full",), "pool_full"),
    ],
)
async def test_switch__on_and_off__is_obeyed(command: tuple[str, ...], name: str) -> None:
    async with ZkVerifyDevNode(CONFIG).running() as node:
        assert await fault("zkverify", *command, "--endpoint", node.endpoint) == [name]
        assert await fault("zkverify", *command, "--off", "--endpoint", node.endpoint) == []


async def test_delay_and_silence__some_methods__are_set_and_cleared() -> None:
    async with ZkVerifyDevNode(CONFIG).running() as node:
        at = ("--endpoint", node.endpoint)
        await fault("zkverify", "delay", "0.5", "--method", "chain_getBlock", *at)
        assert node.faults.method_delays_s == {"chain_getBlock": 0.5}
        await fault("zkverify", "silence", "author_submitExtrinsic", *at)
        assert node.faults.silenced == {"author_submitExtrinsic"}
        assert await fault("zkverify", "clear", *at) == []
        assert node.faults.active() == []


async def test_garble__a_method__is_answered_so_over_websockets_and_rightly_over_http() -> None:
    async with (
        ZkVerifyDevNode(CONFIG).running() as node,
        NodeClient(node.endpoint) as over_http,
        aiohttp.ClientSession() as session,
        session.ws_connect(node.endpoint) as socket,
    ):
        at = ("--endpoint", node.endpoint)
        await fault("zkverify", "garble", "chain_getHeader", *at)
        await socket.send_json({"jsonrpc": "2.0", "id": 1, "method": "chain_getHeader"})
        assert await socket.receive_json() == {"jsonrpc": "2.0", "id": 1, "result": "0x00"}
        assert "number" in await over_http.call("chain_getHeader")
        await fault("zkverify", "garble", *at)
        await socket.send_json({"jsonrpc": "2.0", "id": 2, "method": "chain_getHeader"})
        assert "number" in (await socket.receive_json())["result"]


async def test_refuse_and_fate__queued__wait_for_the_next_extrinsics() -> None:
    async with ZkVerifyDevNode(CONFIG).running() as node:
        at = ("--endpoint", node.endpoint)
        assert await fault("zkverify", "refuse", "1016", "Immediately Dropped", *at) == 1
        assert await fault("zkverify", "fate", "usurped", *at) == 1
        assert list(node.faults.refusals) == [(1016, "Immediately Dropped", None)]
        assert list(node.faults.fates) == [Fate.USURPED]


async def test_chain__retract_upgrade_full_prune_drop__happen() -> None:
    async with ZkVerifyDevNode(CONFIG).running() as node:
        at = ("--endpoint", node.endpoint)
        before = node.node.author_block()
        await fault("zkverify", "retract", "1", "--lose", *at)
        assert node.node.chain.best.number == before.number + 1
        assert node.node.chain.ancestor(node.node.chain.best, before.number).hash != before.hash
        assert await fault("zkverify", "upgrade", "1007000", *at) == 1_007_000
        assert await fault("zkverify", "domain-full", "0", *at) is True
        node.node.author_block()
        assert node.node.spec_version() == 1_007_000
        assert await fault("zkverify", "prune", *at) == 0
        assert await fault("zkverify", "drop", *at) == 0
        assert (await fault("zkverify", "status", *at))["specVersion"] == 1_007_000


async def test_node__unreachable_or_unwilling__says_so_with_a_code() -> None:
    async with ZkVerifyDevNode(CONFIG).running() as node:
        with pytest.raises(FaultNotInjected):
            await fault("zkverify", "retract", "5", "--endpoint", node.endpoint)
    with pytest.raises(FaultNotInjected):
        await fault("zkverify", "status", "--endpoint", "ws://127.0.0.1:1")


async def test_prover__arm_list_clear__reach_the_network() -> None:
    async with anyio.create_task_group() as tasks:
        endpoints: ProverNetworkEndpoints = await tasks.start(serve, ProverNetworkConfig())
        at = ("--endpoint", endpoints.http_url)
        armed = await fault("prover", "arm", "no_bids", "--count", "2", *at)
        assert armed == {"no_bids": {"count": 2, "delay_s": 0.0}}
        assert "lost_answer" in (await fault("prover", "list", *at))["known"]
        with pytest.raises(FaultNotInjected):
            await fault("prover", "arm", "no such fault", *at)
        assert await fault("prover", "clear", *at) == {}
        assert (await fault("prover", "list", *at))["armed"] == {}
        tasks.cancel_scope.cancel()
