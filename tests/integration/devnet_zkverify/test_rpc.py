"""The node's JSON-RPC over real sockets: subscriptions, errors, faults."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import anyio
import pytest
import websockets
from websockets.asyncio.client import ClientConnection

from zk_devnet.zkverify import ZkVerifyDevNode, ZkVerifyNodeConfig, key_pair
from zk_devnet.zkverify.client import NodeAnsweredError, NodeClient
from zk_devnet.zkverify.errors import DevNodeBindFailed, DevNodeConfigInvalid
from zk_devnet.zkverify.scale import Case
from zk_devnet.zkverify.serve import serve

pytestmark = pytest.mark.devnet
REMARK = Case("System", Case("remark", {"remark": b"x"}))


class Socket:
    """A WebSocket that tells answers from notifications."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._next = 0
        self._notes: list[Any] = []

    async def call(self, method: str, *params: Any) -> Any:
        self._next += 1
        body = {"jsonrpc": "2.0", "id": self._next, "method": method, "params": list(params)}
        await self._connection.send(json.dumps(body))
        while True:
            message = await self._receive()
            if message.get("id") == self._next:
                return message.get("result", message.get("error"))
            self._notes.append(message)

    async def note(self) -> Any:
        """The next notification."""
        return self._notes.pop(0) if self._notes else await self._receive()

    async def statuses(self, subscription: str, last: str) -> list[Any]:
        """Statuses of a watched extrinsic up to one."""
        found: list[Any] = []
        while not found or (found[-1] != last and last not in found[-1]):
            message = await self.note()
            if message["params"]["subscription"] == subscription:
                found.append(message["params"]["result"])
        return [next(iter(status)) if isinstance(status, dict) else status for status in found]

    async def _receive(self) -> Any:
        with anyio.fail_after(10):
            return json.loads(await self._connection.recv())


@asynccontextmanager
async def running(**changes: Any) -> AsyncIterator[tuple[ZkVerifyDevNode, Socket, NodeClient]]:
    config = ZkVerifyNodeConfig(**{"block_time_s": 0.1, **changes})
    async with (
        ZkVerifyDevNode(config).running() as node,
        websockets.connect(node.endpoint, max_size=None) as connection,
        NodeClient(node.endpoint) as client,
    ):
        yield node, Socket(connection), client


async def test_watch__good_extrinsic__reports_every_status_in_order() -> None:
    async with running() as (_, socket, client):
        encoded = await client.sign(key_pair("//Alice"), REMARK, nonce=0)
        subscription = await socket.call("author_submitAndWatchExtrinsic", "0x" + encoded.hex())
        assert await socket.statuses(subscription, "finalized") == [
            *("ready", "broadcast", "inBlock", "finalized")
        ]


@pytest.mark.parametrize("fate", ["dropped", "invalid", "usurped"])
async def test_watch__fated_extrinsic__ends_with_its_fate(fate: str) -> None:
    async with running() as (_, socket, client):
        await client.call("dev_fateOfNext", fate)
        encoded = await client.sign(key_pair("//Alice"), REMARK, nonce=0)
        subscription = await socket.call("author_submitAndWatchExtrinsic", "0x" + encoded.hex())
        assert (await socket.statuses(subscription, fate))[-1] == fate


async def test_watch__retracted_block__is_told_and_included_again() -> None:
    async with running(finality_lag=5) as (_, socket, client):
        encoded = await client.sign(key_pair("//Alice"), REMARK, nonce=0)
        subscription = await socket.call("author_submitAndWatchExtrinsic", "0x" + encoded.hex())
        assert (await socket.statuses(subscription, "inBlock"))[-1] == "inBlock"
        await client.call("dev_retractBlocks", 1)
        rest = await socket.statuses(subscription, "finalized")
        assert rest == ["retracted", "ready", "broadcast", "inBlock", "finalized"]


async def test_heads__finality_stalled_then_resumed__skip_blocks() -> None:
    async with running() as (_, socket, client):
        await socket.call("chain_subscribeFinalizedHeads")
        await client.call("dev_setFaults", {"finalityStalled": True})
        await client.call("dev_authorBlock", 10)
        await client.call("dev_setFaults", {"finalityStalled": False})
        numbers = [int((await socket.note())["params"]["result"]["number"], 16) for _ in range(4)]
        assert numbers == sorted(numbers)
        assert any(later - earlier > 5 for earlier, later in pairwise(numbers))


async def test_subscription__first_notification__follows_the_answer() -> None:
    async with running() as (_, socket, _client):
        subscription = await socket.call("state_subscribeRuntimeVersion")
        note = await socket.note()
        assert note["method"] == "state_runtimeVersion"
        assert note["params"]["subscription"] == subscription
        assert await socket.call("state_unsubscribeRuntimeVersion", subscription) is True
        assert await socket.call("state_unsubscribeRuntimeVersion", subscription) is False


async def test_upgrade__scheduled__is_announced_and_in_the_metadata() -> None:
    async with running() as (_, socket, client):
        await socket.call("state_subscribeRuntimeVersion")
        await socket.note()
        before = await client.call("chain_getBlockHash")
        await client.call("dev_upgradeRuntime", 1_007_000)
        note = await socket.note()
        assert note["params"]["result"]["specVersion"] == 1_007_000
        assert (await client.call("state_getRuntimeVersion", before))["specVersion"] == 1_006_002
        assert await client.call("state_getMetadata", before) != await client.call(
            "state_getMetadata"
        )


async def test_storage_subscription__of_events__tells_every_change() -> None:
    async with running() as (_, socket, _client):
        key = "0x26aa394eea5630e07c48ae0c9558cef780d41e5e16056765bc8461851072c9d7"
        await socket.call("state_subscribeStorage", [key])
        first = (await socket.note())["params"]["result"]
        assert first["changes"][0][0] == key


async def test_connections__dropped__break_and_can_be_made_again() -> None:
    async with running() as (node, socket, client):
        assert await client.call("dev_dropConnections") == 1
        with pytest.raises(websockets.ConnectionClosedError):
            await socket.call("system_chain")
        async with websockets.connect(node.endpoint) as again:
            assert await Socket(again).call("system_chain") == "zkVerify Devnet"


async def test_delay__of_a_method__delays_only_that_method() -> None:
    async with running() as (_, _socket, client):
        await client.call("dev_setFaults", {"methodDelaysS": {"system_chain": 0.5}})
        started = anyio.current_time()
        await client.call("system_name")
        quick = anyio.current_time() - started
        await client.call("system_chain")
        assert quick < 0.4 <= anyio.current_time() - started - quick


async def test_production__paused__stops_blocks() -> None:
    async with running() as (node, _socket, client):
        await client.call("dev_setFaults", {"productionPaused": True})
        before = node.node.chain.best.number
        await anyio.sleep(0.4)
        assert node.node.chain.best.number == before
        assert (await client.call("dev_status"))["faults"] == ["production_paused"]


async def test_refusal__queued__answers_the_next_extrinsic_only() -> None:
    async with running() as (_, _socket, client):
        await client.call("dev_refuseNext", 1016, "Immediately Dropped", "pool full")
        with pytest.raises(NodeAnsweredError) as caught:
            await client.submit(key_pair("//Alice"), REMARK)
        assert caught.value.code == 1016
        await client.submit(key_pair("//Alice"), REMARK)


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("no_such", [], -32601),
        ("aggregate_statementPath", [], -32602),
        ("aggregate_statementPath", ["0x" + "00" * 32, 0, 1, "0x" + "00" * 32], 3),
        ("author_submitExtrinsic", ["0x"], 1001),
        ("author_submitExtrinsic", ["0x0484"], 1002),
        ("state_getStorage", ["zz"], -32602),
        ("state_call", ["Nothing_here", "0x"], 4003),
        ("chain_subscribeNewHeads", [], -32601),
        ("vk_hash_groth16", [{"curve": "Bn254"}], -32602),
    ],
)
async def test_call__wrong__is_answered_with_the_real_nodes_code(
    method: str, params: list[Any], code: int
) -> None:
    async with running() as (_, _socket, client):
        with pytest.raises(NodeAnsweredError) as caught:
            await client.call(method, *params)
        assert caught.value.code == code


async def test_dry_run__through_state_call__tells_good_from_bad() -> None:
    async with running() as (_, _socket, client):
        good = await client.sign(key_pair("//Alice"), REMARK, nonce=0)
        bad = good[:-1] + bytes([good[-1] ^ 1])
        name = "BlockBuilder_apply_extrinsic"
        assert await client.call("state_call", name, "0x" + good.hex()) == "0x0000"
        assert await client.call("state_call", name, "0x" + bad.hex()) == "0x010004"
        assert await client.call("system_dryRun", "0x" + good.hex()) == "0x0000"


async def test_serve__port_taken__says_so() -> None:
    async with running() as (node, _socket, _client):
        port = int(node.endpoint.rsplit(":", 1)[1])
        with pytest.raises(DevNodeBindFailed):
            await serve(ZkVerifyNodeConfig(port=port))


@pytest.mark.parametrize(
    "changes", [{"block_time_s": 0}, {"finality_lag": -1}, {"accounts": {b"short": 1}}]
)
async def test_serve__impossible_configuration__says_so(changes: dict[str, Any]) -> None:
    with pytest.raises(DevNodeConfigInvalid):
        await serve(ZkVerifyNodeConfig(**changes))
