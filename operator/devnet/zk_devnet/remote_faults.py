"""Tells running dev servers to fail: the zkVerify node over JSON-RPC, prover network and RPC proxy over HTTP."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import aiohttp

from zk_devnet.errors import FaultNotInjected
from zk_devnet.zkverify.client import NodeAnsweredError, NodeClient

TIMEOUT_S = 10.0


async def tell_node(endpoint: str, method: str, *params: Any) -> Any:
    """The node's answer to a `dev_*` method. FaultNotInjected where there is none."""
    with _refused(endpoint):
        async with NodeClient(endpoint, timeout_s=TIMEOUT_S) as client:
            return await client.call(method, *params)


async def tell_server(
    endpoint: str, verb: str, body: Mapping[str, Any] | None = None, *, name: str | None = None
) -> dict[str, Any]:
    """A server's faults after GET, POST or DELETE, of one by name or of all. FaultNotInjected where it refuses."""
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    url = endpoint.rstrip("/") + "/dev/faults" + (f"/{name}" if name else "")
    with _refused(endpoint):
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.request(verb, url, json=body) as response,
        ):
            if response.status >= 400:
                raise FaultNotInjected(endpoint=endpoint, cause=(await response.text())[:200])
            answer: dict[str, Any] = await response.json()
            return answer


@contextmanager
def _refused(endpoint: str) -> Iterator[None]:
    try:
        yield
    except (aiohttp.ClientError, NodeAnsweredError, TimeoutError, ValueError) as error:
        raise FaultNotInjected(endpoint=endpoint, cause=str(error) or repr(error)) from error
