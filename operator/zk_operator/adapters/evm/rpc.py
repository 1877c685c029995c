"""What the EVM adapter needs of the network: one endpoint that answers JSON-RPC requests."""

from collections.abc import Callable
from typing import Protocol

RpcObserver = Callable[[str, str, float], None]
"""Told of every request, answered or not: its method, the endpoint's name, and the seconds it took."""

EndpointAlert = Callable[[str, str | None], None]
"""Told of an endpoint that needs a human: its name and what is wrong, or None when that is over."""


class Rpc(Protocol):
    """JSON-RPC requests."""

    async def request(self, method: str, *params: object) -> object:
        """The `result` of one request, as JSON gave it.

        Errors: RpcError where the other side answered with an error; EndpointFailed (transient) otherwise.
        """
        ...


class Transport(Rpc, Protocol):
    """One endpoint. Every request ends within the transport's own deadline; none is repeated."""

    @property
    def name(self) -> str:
        """What logs call it: the URL without what it authenticates with."""
        ...

    async def aclose(self) -> None:
        """Close its connections. Idempotent."""
        ...
