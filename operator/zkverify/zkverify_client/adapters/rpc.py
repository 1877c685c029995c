"""JSON-RPC over one WebSocket: serial calls, each under a deadline."""

import itertools
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Protocol, Self

import anyio
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from zk_acts.domain.json_text import JsonInvalid, brief, parse_json
from zkverify_client.adapters.errors import MalformedChainAnswer

# A block of five shrink proofs is 6.8 MB of JSON; nodes answer with at most 15 MB.
MAX_MESSAGE_BYTES = 16 * 1024 * 1024


class RpcError(Exception):
    """Raised when the node answers a call with an error object; mapped to one of ours by whoever called."""

    def __init__(self, *, code: int, message: str, data: str) -> None:
        super().__init__(f"{code} {message} {data}".strip())
        self.code = code
        self.message = message
        self.data = data


class ConnectionLost(Exception):
    """Raised when a connection failed or stayed silent; `written` says whether the request may have left."""

    def __init__(self, reason: str, *, written: bool) -> None:
        super().__init__(reason)
        self.written = written


class Rpc(Protocol):
    """Calls to one node. Errors: RpcError, ConnectionLost, MalformedChainAnswer."""

    async def request(self, method: str, params: Sequence[Any] = ()) -> Any:
        """The result of one call."""
        ...


class Connection(Rpc, Protocol):
    """An Rpc that somebody owns."""

    async def batch(self, method: str, params: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
        """The answers to several calls in one message, in their order. RpcError where the node takes no batches."""
        ...

    async def notification(self, timeout_s: float) -> Any:
        """The `params` of the next notification. ConnectionLost when none comes in time."""
        ...

    async def close(self) -> None:
        """Let it go; never fails and never waits for long."""
        ...


class WebSocketRpc:
    """One connection, used by one task at a time. Lost or late once, it has to be thrown away."""

    def __init__(self, socket: ClientConnection, *, timeout_s: float) -> None:
        self._socket = socket
        self._timeout_s = timeout_s
        self._ids = itertools.count(1)

    @classmethod
    async def open(cls, url: str, *, timeout_s: float) -> Self:
        """Connect. ConnectionLost where that fails or takes longer than the timeout."""
        with _lost(written=False), anyio.fail_after(timeout_s):
            socket = await connect(
                url, open_timeout=None, close_timeout=1, max_size=MAX_MESSAGE_BYTES
            )
            return cls(socket, timeout_s=timeout_s)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close in at most a second, whatever the other side does."""
        with anyio.move_on_after(1.5, shield=True):
            await self._socket.close()
        self._socket.transport.abort()

    async def request(self, method: str, params: Sequence[Any] = ()) -> Any:
        """The result of one call, within the connection's timeout."""
        with _lost(written=True), anyio.fail_after(self._timeout_s):
            number = await self._write(method, params)
            return await self._answer(number)

    async def batch(self, method: str, params: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
        """The answers to several calls sent in one message, in their order, within the timeout.

        An answer that is an error object is returned like the others. RpcError where the node takes no batches.
        """
        with _lost(written=True), anyio.fail_after(self._timeout_s):
            numbers = [next(self._ids) for _ in params]
            calls = [_call(n, method, p) for n, p in zip(numbers, params, strict=True)]
            await self._socket.send(json.dumps(calls, separators=(",", ":")))
            found = {answer.get("id"): answer for answer in await self._answers()}
        if any(number not in found for number in numbers):
            raise MalformedChainAnswer("a batch was not answered in full")
        return [found[number] for number in numbers]

    async def notification(self, timeout_s: float) -> Any:
        """The `params` of the next notification."""
        with _lost(written=True), anyio.fail_after(timeout_s):
            while True:
                message = _parse(await self._socket.recv())
                if "method" in message:
                    return message.get("params")

    async def _write(self, method: str, params: Sequence[Any]) -> int:
        number = next(self._ids)
        await self._socket.send(json.dumps(_call(number, method, params), separators=(",", ":")))
        return number

    async def _answers(self) -> list[dict[str, Any]]:
        while True:
            message = _json(await self._socket.recv())
            if isinstance(message, list) and all(isinstance(answer, dict) for answer in message):
                return message
            if isinstance(message, dict) and "error" in message and message.get("id") is None:
                result_of(message)

    async def _answer(self, number: int) -> Any:
        while True:
            message = _parse(await self._socket.recv())
            if message.get("id") == number:
                return result_of(message)


@contextmanager
def _lost(*, written: bool) -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise ConnectionLost("no answer in time", written=written) from error
    except (
        OSError,
        WebSocketException,
        ValueError,
    ) as error:  # ValueError: an address that is none
        raise ConnectionLost(_reason(error), written=written) from error


def _reason(error: Exception) -> str:
    """In words: what the system or the protocol says."""
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return (said or type(error).__name__)[:200]


def _call(number: int, method: str, params: Sequence[Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": list(params)}


def _json(text: str | bytes) -> Any:
    try:
        return parse_json(text)
    except JsonInvalid as error:
        raise MalformedChainAnswer("an answer is no JSON") from error


def _parse(text: str | bytes) -> dict[str, Any]:
    message = _json(text)
    if not isinstance(message, dict):
        raise MalformedChainAnswer("an answer is no JSON object")
    return message


def result_of(message: dict[str, Any]) -> Any:
    """The result in an answer; RpcError for an error object, MalformedChainAnswer for neither."""
    error = message.get("error")
    if isinstance(error, dict):
        raise RpcError(
            code=error["code"] if isinstance(error.get("code"), int) else 0,
            message=brief(error.get("message", "")),
            data=brief(error.get("data", "")),
        )
    if error is not None or "result" not in message:
        raise MalformedChainAnswer("an answer has no result")
    return message["result"]
