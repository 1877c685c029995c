"""A scripted endpoint: JSON-RPC without sockets."""

from collections.abc import Callable
from typing import Any

import anyio.lowlevel
import pytest

from zk_operator.adapters.evm.endpoint import EndpointPool
from zk_operator.adapters.evm.errors import RpcError

CHAIN_ID = 31337
Handler = Callable[..., object]


class ScriptedTransport:
    """Answers by method: a value, an exception, or a function of the parameters. Records what it was asked."""

    def __init__(self, name: str = "http://one", **answers: object) -> None:
        self._name = name
        self.answers: dict[str, object] = {"eth_chainId": hex(CHAIN_ID)} | answers
        self.asked: list[tuple[str, tuple[object, ...]]] = []
        self.closed = False

    @property
    def name(self) -> str:
        return self._name

    async def request(self, method: str, *params: object) -> object:
        await anyio.lowlevel.checkpoint()
        self.asked.append((method, params))
        if method not in self.answers:
            raise RpcError(method=method, number=-32601, text="method not found")
        answer: Any = self.answers[method]
        if callable(answer):
            answer = answer(*params)
        if isinstance(answer, Exception):
            raise answer
        result: object = answer
        return result

    async def aclose(self) -> None:
        self.closed = True

    def count(self, method: str) -> int:
        return sum(asked == method for asked, _ in self.asked)


AT_ONCE = (0.0, 0.0)


def pool_of(*transports: ScriptedTransport) -> EndpointPool:
    return EndpointPool(transports=transports, chain_id=CHAIN_ID, again_s=AT_ONCE)


@pytest.fixture
def transport() -> ScriptedTransport:
    return ScriptedTransport()
