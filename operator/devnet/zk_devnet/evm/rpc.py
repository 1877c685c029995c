"""A small JSON-RPC client for the devnet's own calls to anvil."""

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import aiohttp

from zk_devnet.errors import EvmCallFailed

_TIMEOUT_S = 30.0
Call = tuple[str, list[Any]]


class EvmRpc:
    """JSON-RPC over HTTP; an async context manager."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def call(self, method: str, *params: Any) -> Any:
        """One call's result. Raises EvmCallFailed with the node's message."""
        return (await self.batch([(method, list(params))]))[0]

    async def batch(self, calls: Sequence[Call]) -> list[Any]:
        """Several calls in one HTTP request, processed in order. Raises EvmCallFailed at the first error."""
        assert self._session is not None, "use the client inside `async with`"
        body = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
            for number, (method, params) in enumerate(calls)
        ]
        async with self._session.post(self._url, json=body) as reply:
            answers = {answer["id"]: answer for answer in await reply.json()}
        return [_result(answers[number], method) for number, (method, _) in enumerate(calls)]

    async def read(self, to: bytes, data: bytes, *, block: str = "latest") -> bytes:
        """eth_call's return data."""
        call = {"to": "0x" + to.hex(), "data": "0x" + data.hex()}
        return bytes.fromhex((await self.call("eth_call", call, block))[2:])


def _result(answer: dict[str, Any], method: str) -> Any:
    if "error" in answer:
        raise EvmCallFailed(method=method, reason=str(answer["error"].get("message")))
    return answer["result"]
