from collections.abc import Sequence
from typing import Any

import anyio
from anyio.lowlevel import checkpoint
from structlog.testing import capture_logs

from zk_devnet.testing.scripted_zkverify_node import ScriptedNode
from zkverify_client.adapters.heads import HeadWakeUp
from zkverify_client.adapters.pool import ConnectionPool, NetworkConfig
from zkverify_client.adapters.rpc import ConnectionLost


class RingingNode:
    """A scripted node that announces a head whenever `ring` is set."""

    def __init__(self, node: ScriptedNode) -> None:
        self.node = node
        self.ring = anyio.Event()
        self.waiting = anyio.Event()

    async def request(self, method: str, params: Sequence[Any] = ()) -> Any:
        return await self.node.request(method, params)

    async def batch(self, method: str, params: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
        return await self.node.batch(method, params)

    async def notification(self, timeout_s: float) -> Any:
        self.waiting.set()
        await self.ring.wait()
        return {"subscription": "1", "result": {}}

    async def close(self) -> None:
        return None


def _pool(node: ScriptedNode, connection: RingingNode | None) -> ConnectionPool:
    async def connect(url: str, *, timeout_s: float) -> RingingNode:
        if connection is None:
            raise ConnectionLost("refused", written=False)
        return connection

    network = NetworkConfig(endpoints=("ws://scripted",), genesis_hash=node.genesis_hash)
    return ConnectionPool(network, connect=connect)


async def test_wait__several_tasks__one_subscription_wakes_all(node: ScriptedNode) -> None:
    connection = RingingNode(node)
    wake_up = HeadWakeUp(_pool(node, connection))
    woken = 0

    async def sleeper() -> None:
        nonlocal woken
        await wake_up.wait()
        woken += 1

    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(sleeper)
        await connection.waiting.wait()
        connection.ring.set()
    assert woken == 3
    await wake_up.wait()
    assert node.calls.count("chain_subscribeFinalizedHeads") == 1


async def test_wait__silence__returns_and_subscribes_anew(node: ScriptedNode) -> None:
    connection = RingingNode(node)
    wake_up = HeadWakeUp(_pool(node, connection), silence_s=0.01)
    await wake_up.wait()
    connection.ring.set()
    await wake_up.wait()
    assert node.calls.count("chain_getBlockHash") == 2  # the silent connection was replaced


async def test_wait__nothing_to_connect_to__returns_after_a_pause(node: ScriptedNode) -> None:
    wake_up = HeadWakeUp(_pool(node, None), pause_s=0.0)
    await wake_up.wait()


async def test_wait__the_listener_is_cancelled__the_others_return(node: ScriptedNode) -> None:
    connection = RingingNode(node)
    wake_up = HeadWakeUp(_pool(node, connection))
    with anyio.fail_after(1):
        async with anyio.create_task_group() as tasks:
            with anyio.CancelScope() as scope:
                tasks.start_soon(_late_waiter, wake_up, connection, scope)
                await wake_up.wait()


async def _late_waiter(
    wake_up: HeadWakeUp, connection: RingingNode, scope: anyio.CancelScope
) -> None:
    await connection.waiting.wait()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(wake_up.wait)
        await checkpoint()
        scope.cancel()


async def test_wait__time_runs_out_again_and_again__keeps_its_subscription(
    node: ScriptedNode,
) -> None:
    wake_up = HeadWakeUp(_pool(node, RingingNode(node)))
    for _ in range(5):
        await wake_up.wait(at_most_s=0.001)
    assert node.calls.count("chain_subscribeFinalizedHeads") == 1
    assert node.calls.count("chain_getBlockHash") == 1  # one connection


async def test_wait__nothing_can_be_heard__says_so_once_and_after_ten(node: ScriptedNode) -> None:
    wake_up = HeadWakeUp(_pool(node, None), pause_s=0.0)
    with capture_logs() as logs:
        for _ in range(12):
            await wake_up.wait()
    said = [line["times"] for line in logs if line["event"] == "heads.unheard"]
    assert said == [1, 10]
