"""The JSON-RPC connection against a server that misbehaves on the wire."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
from websockets.asyncio.server import ServerConnection, serve

from zkverify_client.adapters.errors import MalformedChainAnswer
from zkverify_client.adapters.rpc import ConnectionLost, RpcError, WebSocketRpc

pytestmark = pytest.mark.devnet
Handler = Callable[[ServerConnection, dict[str, Any]], Awaitable[None]]


@asynccontextmanager
async def _connected(handler: Handler, timeout_s: float = 2.0) -> AsyncIterator[WebSocketRpc]:
    async def answer(socket: ServerConnection) -> None:
        async for text in socket:
            await handler(socket, json.loads(text))

    async with serve(answer, "127.0.0.1", 0, max_size=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        url = f"ws://127.0.0.1:{port}"
        async with await WebSocketRpc.open(url, timeout_s=timeout_s) as rpc:
            yield rpc


def _result(call: dict[str, Any], value: Any) -> str:
    return json.dumps({"jsonrpc": "2.0", "id": call["id"], "result": value})


async def test_request__answers_of_others_in_between__takes_its_own() -> None:
    async def handler(socket: ServerConnection, call: dict[str, Any]) -> None:
        await socket.send(json.dumps({"method": "note", "params": {"result": 1}}))
        await socket.send(json.dumps({"id": 999, "result": "not yours"}))
        await socket.send(_result(call, call["params"]))

    async with _connected(handler) as rpc:
        assert await rpc.request("echo", [1, "two"]) == [1, "two"]


async def test_request__larger_than_a_mebibyte__is_received() -> None:
    async def handler(socket: ServerConnection, call: dict[str, Any]) -> None:
        await socket.send(_result(call, "x" * (7 << 20)))

    async with _connected(handler, timeout_s=10) as rpc:
        assert len(await rpc.request("chain_getBlock")) == 7 << 20


async def test_request__silence__is_lost_at_the_deadline() -> None:
    async def handler(socket: ServerConnection, call: dict[str, Any]) -> None:
        return None

    async with _connected(handler, timeout_s=0.1) as rpc:
        with anyio.fail_after(2), pytest.raises(ConnectionLost) as caught:
            await rpc.request("anything")
    assert caught.value.written


async def test_request__connection_closed_by_the_other_side__is_lost() -> None:
    async def handler(socket: ServerConnection, call: dict[str, Any]) -> None:
        await socket.close()

    async with _connected(handler) as rpc:
        with pytest.raises(ConnectionLost):
            await rpc.request("anything")
        with pytest.raises(ConnectionLost):
            await rpc.request("anything")


async def test_request__error_object__is_an_rpc_error() -> None:
    async def handler(socket: ServerConnection, call: dict[str, Any]) -> None:
        error = {"code": 1014, "message": "Priority is too low", "data": "x"}
        await socket.send(json.dumps({"id": call["id"], "error": error}))

    async with _connected(handler) as rpc:
        with pytest.raises(RpcError) as caught:
            await rpc.request("author_submitExtrinsic", ["0x00"])
    assert (caught.value.code, caught.value.data) == (1014, "x")


@pytest.mark.parametrize("text", ["", "nonsense", "[1]", "5", b"\xff\xfe", "[" * 100_000])
async def test_request__no_json_object__is_a_malformed_answer(text: str | bytes) -> None:
    async def handler(socket: ServerConnection, call: dict[str, Any]) -> None:
        await socket.send(text)

    async with _connected(handler) as rpc:
        with pytest.raises(MalformedChainAnswer):
            await rpc.request("anything")


async def test_notification__after_a_subscription__is_its_params() -> None:
    async def handler(socket: ServerConnection, call: dict[str, Any]) -> None:
        await socket.send(_result(call, "1"))
        await socket.send(json.dumps({"method": "head", "params": {"subscription": "1"}}))

    async with _connected(handler) as rpc:
        assert await rpc.request("chain_subscribeFinalizedHeads") == "1"
        assert await rpc.notification(1.0) == {"subscription": "1"}
        with pytest.raises(ConnectionLost):
            await rpc.notification(0.05)


@pytest.mark.parametrize("url", ["ws://127.0.0.1:1", "ws://", "nonsense", "http://127.0.0.1:1"])
async def test_open__nobody_there__is_lost_and_nothing_was_written(url: str) -> None:
    with pytest.raises(ConnectionLost) as caught:
        await WebSocketRpc.open(url, timeout_s=1.0)
    assert not caught.value.written
