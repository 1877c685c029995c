"""JSON-RPC 2.0 over WebSocket and HTTP POST on one port."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import anyio
import structlog
from aiohttp import WSMsgType, web
from anyio.abc import TaskGroup

from zk_acts.domain.json_text import JsonInvalid, parse_json
from zk_devnet.http_edge import expecting, refuse_broken_requests
from zk_devnet.zkverify.hub import Unsubscribe
from zk_devnet.zkverify.node import DevNode
from zk_devnet.zkverify.rpc.author import AuthorRpc
from zk_devnet.zkverify.rpc.calls import Call, Methods, Send, Subscriber
from zk_devnet.zkverify.rpc.chain import ChainRpc, aliases
from zk_devnet.zkverify.rpc.dev import DevRpc
from zk_devnet.zkverify.rpc.errors import RpcError, invalid_params, method_not_found
from zk_devnet.zkverify.rpc.state import StateRpc
from zk_devnet.zkverify.rpc.system import SystemRpc
from zk_devnet.zkverify.rpc.zkverify import ZkVerifyRpc

log = structlog.get_logger(__name__)
OUTBOX_LIMIT = 4096  # messages a slow client may fall behind before it is cut off
MAX_SUBSCRIPTIONS = 1024
GARBLED = "0x00"  # SCALE where an object or a number belongs, and too short where SCALE does


class Connection:
    """One WebSocket: its subscriptions and what waits to be sent."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket
        self._outbox: asyncio.Queue[str | None] = asyncio.Queue(OUTBOX_LIMIT)
        self._subscriptions: dict[str, Unsubscribe] = {}
        self._next = 0

    def subscribe(self, method: str, start: Callable[[Send], Unsubscribe]) -> str:
        """Register a subscription. Its first notifications are queued behind the answer that carries its id."""
        if len(self._subscriptions) >= MAX_SUBSCRIPTIONS:
            raise RpcError(-32006, "Too many subscriptions on the connection")
        self._next += 1
        identifier = f"{id(self):x}{self._next:04x}"
        early: list[Any] = []
        answered = False

        def send(result: Any) -> None:
            if not answered:
                early.append(result)
                return
            params = {"subscription": identifier, "result": result}
            self.send({"jsonrpc": "2.0", "method": method, "params": params})

        def flush() -> None:
            nonlocal answered
            answered = True
            for result in early:
                send(result)

        self._subscriptions[identifier] = start(send)

        asyncio.get_running_loop().call_soon(flush)
        return identifier

    def unsubscribe(self, subscription: str) -> bool:
        """End a subscription."""
        stop = self._subscriptions.pop(subscription, None)
        if stop is not None:
            stop()
        return stop is not None

    def finish(self, subscription: str) -> None:
        """Forget a subscription that ended by itself."""
        self._subscriptions.pop(subscription, None)

    def send(self, message: Any) -> None:
        """Queue a message; a client that does not read is cut off."""
        try:
            self._outbox.put_nowait(json.dumps(message))
        except asyncio.QueueFull:
            log.warning("connection.overflowed", limit=OUTBOX_LIMIT)
            self.abort()

    async def pump(self) -> None:
        """Send what is queued until the connection ends."""
        while (text := await self._outbox.get()) is not None:
            try:
                await self._socket.send_str(text)
            except ConnectionError:
                return

    def abort(self) -> None:
        """Cut the connection without a goodbye, as a dying node does."""
        request = self._socket._req  # noqa: SLF001  # aiohttp has no public way to the transport
        if request is not None and request.transport is not None:
            request.transport.abort()

    def close(self) -> None:
        """End all subscriptions."""
        for identifier in list(self._subscriptions):
            self.unsubscribe(identifier)


class RpcServer:
    """Dispatches calls to the namespaces and keeps the connections."""

    def __init__(self, node: DevNode) -> None:
        self._node = node
        self._connections: set[Connection] = set()
        self._methods: Methods = {}
        parts = (
            ChainRpc(node),
            StateRpc(node),
            AuthorRpc(node),
            SystemRpc(node),
            ZkVerifyRpc(node),
            DevRpc(node, self.drop_connections),
        )
        for part in parts:
            self._methods.update(part.methods())
        self._methods["rpc_methods"] = lambda _call: {"methods": sorted(self._methods)}
        self._methods.update(aliases(self._methods))
        for method in node.config.without:
            self._methods.pop(method, None)

    def application(self) -> web.Application:
        """The aiohttp application: everything on `/`."""
        app = web.Application(
            client_max_size=self._node.config.max_message_bytes,
            middlewares=[refuse_broken_requests],
        )
        app.add_routes(expecting(web.get("/", self._websocket), web.post("/", self._post)))
        return app

    def drop_connections(self) -> int:
        """Cut every WebSocket; how many there were."""
        count = len(self._connections)
        for connection in list(self._connections):
            connection.abort()
        return count

    async def answer(self, message: Any, connection: Subscriber | None) -> Any:
        """The response to one request; None for a notification or a silenced method."""
        if not isinstance(message, dict) or not isinstance(message.get("method"), str):
            return _failed(None, RpcError(-32600, "Invalid request"))
        method, identifier = message["method"], message.get("id")
        if method in self._node.faults.silenced:
            return None
        delay = 0.0 if method.startswith("dev_") else self._node.faults.delay_of(method)
        if delay:
            await anyio.sleep(delay)
        try:
            result = self._invoke(method, message.get("params", []), connection)
        except RpcError as error:
            return _failed(identifier, error)
        if connection is not None and method in self._node.faults.garbled:
            result = GARBLED
        return (
            None if identifier is None else {"jsonrpc": "2.0", "result": result, "id": identifier}
        )

    def _invoke(self, method: str, params: Any, connection: Subscriber | None) -> Any:
        function = self._methods.get(method)
        if function is None:
            raise method_not_found()
        if params is not None and not isinstance(params, dict | list):
            raise RpcError(-32600, "Invalid request")
        positional = list(params.values()) if isinstance(params, dict) else list(params or [])
        try:
            return function(Call(method=method, params=positional, connection=connection))
        except (TypeError, ArithmeticError, AttributeError, ValueError, LookupError) as error:
            log.warning("call.malformed", method=method, error=repr(error))
            raise invalid_params(repr(error)) from error

    async def _post(self, request: web.Request) -> web.Response:
        try:
            message = parsed(await request.read())
        except JsonInvalid:
            return web.json_response(_failed(None, RpcError(-32700, "Parse error")))
        if isinstance(message, list):
            answers = [await self.answer(item, None) for item in message]
            return web.json_response([answer for answer in answers if answer is not None])
        return web.json_response(await self.answer(message, None))

    async def _websocket(self, request: web.Request) -> web.StreamResponse:
        if len(self._connections) >= self._node.config.max_connections:
            return web.Response(status=429, text="too many connections")
        socket = web.WebSocketResponse(
            max_msg_size=self._node.config.max_message_bytes, compress=False
        )
        await socket.prepare(request)
        connection = Connection(socket)
        self._connections.add(connection)
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(connection.pump, name="zkverify-rpc:pump")
                await self._converse(socket, connection, tasks)
                tasks.cancel_scope.cancel()  # answers that were delayed have nobody to go to
        finally:
            connection.close()
            self._connections.discard(connection)
        return socket

    async def _converse(
        self, socket: web.WebSocketResponse, connection: Connection, tasks: TaskGroup
    ) -> None:
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                tasks.start_soon(self._respond, message.data, connection, name="zkverify-rpc:call")

    async def _respond(self, text: str, connection: Connection) -> None:
        try:
            message = parsed(text)
        except JsonInvalid:
            connection.send(_failed(None, RpcError(-32700, "Parse error")))
            return
        if isinstance(message, list):
            answers = [await self.answer(item, connection) for item in message]
            connection.send([answer for answer in answers if answer is not None])
            return
        answer = await self.answer(message, connection)
        if answer is not None:
            connection.send(answer)


def parsed(text: str | bytes) -> Any:
    """What a text says; JsonInvalid for one that is no JSON, or nested deeper than anybody needs."""
    return parse_json(text)


def _failed(identifier: Any, error: RpcError) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "error": error.as_json(), "id": identifier}
