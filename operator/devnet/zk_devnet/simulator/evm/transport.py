"""Endpoints between the operator and the nodes: JSON-RPC over HTTP, with what real ones do to it."""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from random import Random
from typing import Any, Final

import aiohttp
import anyio

from zk_devnet.simulator.ambient import require_alive
from zk_devnet.simulator.evm.chain import EvmChain
from zk_devnet.simulator.evm.node import Depths, Node, NodeError
from zk_devnet.simulator.weather import Kind, Weather
from zk_operator.adapters.evm.http import HttpTransport

LOG_RANGE: Final = 3
BEHIND: Final = (1, 1, 2, 2, 3, 6)  # blocks; the last one is deeper than finality
_BUSY: Final = (
    (429, None),
    (429, (429, "Too Many Requests")),
    (403, (-32005, "project ID request rate exceeded")),
    (200, (-32005, "limit exceeded")),
    (200, (-32000, "App is inactive")),
    (200, (-32001, "You've reached the free tier limits")),
    (200, (-32603, "Internal error")),
    (200, (-32000, "header not found")),
)
_QUANTITY: Final = 18
_STATUSES: Final = (400, 403, 404, 500, 502, 503, 504)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What comes back over HTTP; also as much of aiohttp's response as the operator's transport reads."""

    raw: bytes
    status: int = HTTPStatus.OK
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> "Reply":
        """The body's stream."""
        return self

    async def iter_chunked(self, size: int) -> AsyncIterator[bytes]:
        """The body in parts."""
        for at in range(0, len(self.raw), size):
            yield self.raw[at : at + size]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What an endpoint is made of. `is_first`: by the order of the URLs."""

    url: str
    is_first: bool
    chain: EvmChain
    depths: Depths
    now_s: Callable[[], float]
    timeout_s: float


class Endpoint:
    """One URL. Behind it is one node, or several."""

    def __init__(self, *, site: Site, weather: Weather, chance: Random) -> None:
        self._site = site
        self._weather = weather
        self._chance = chance

    @asynccontextmanager
    async def post(self, _url: str, *, json: Any, **_: Any) -> AsyncIterator[Reply]:
        """As aiohttp's session."""
        yield await self._serve(json["id"], json["method"], json["params"])

    async def _serve(self, number: int, method: str, params: list[Any]) -> Reply:
        weather = self._weather
        await anyio.sleep(self._chance.uniform(0.01, 0.12))
        require_alive()
        if weather.is_on(Kind.EVM_ALL_DOWN) or (
            self._site.is_first and weather.is_on(Kind.EVM_DOWN)
        ):
            raise ConnectionRefusedError("connection refused")
        if weather.strikes(Kind.EVM_LOST_REQUEST):
            raise aiohttp.ServerDisconnectedError
        reply = self._turned_away(method) or self._answered(number, method, params)
        if weather.strikes(Kind.EVM_DOUBLED):
            reply = self._answered(number, method, params)
        if weather.strikes(Kind.EVM_SLOW):
            longest_s = 1.5 * self._site.timeout_s
            await anyio.sleep(weather.chance(Kind.EVM_SLOW).uniform(0, longest_s))
        if weather.strikes(Kind.EVM_LOST_ANSWER):
            raise aiohttp.ClientPayloadError("the answer ended early")
        if weather.strikes(Kind.EVM_GARBLED):
            return _garbled(reply, weather.chance(Kind.EVM_GARBLED))
        return reply

    def _turned_away(self, method: str) -> Reply | None:
        """By what stands in front of the node."""
        weather = self._weather
        if weather.strikes(Kind.EVM_HTTP):
            status = weather.chance(Kind.EVM_HTTP).choice(_STATUSES)
            return Reply(raw=b"<html>sorry</html>", status=status)
        if method == "eth_getLogs" and weather.is_on(Kind.EVM_LOGS_REFUSED):
            return Reply(raw=b"forbidden", status=HTTPStatus.FORBIDDEN)
        if not weather.strikes(Kind.EVM_BUSY):
            return None
        status, error = weather.chance(Kind.EVM_BUSY).choice(_BUSY)
        if error is None:
            return Reply(raw=b"", status=status, headers={"Retry-After": "2"})
        return _reply(None, error={"code": error[0], "message": error[1]}, status=status)

    def _answered(self, number: int, method: str, params: list[Any]) -> Reply:
        fixed = self._fixed(method, params)
        if fixed is not None:
            return fixed(number)
        try:
            result = self._node().answer(method, params)
        except NodeError as error:
            return _reply(number, error=error.json())
        if (
            method == "eth_getTransactionReceipt"
            and result
            and self._weather.strikes(Kind.EVM_WRONG_RECEIPT)
        ):
            result = {**result, "blockHash": "0x" + "ab" * 32}
        return _reply(number, result=result)

    def _node(self) -> Node:
        behind, site = 0, self._site
        if self._weather.strikes(Kind.EVM_REPLICAS):
            behind = self._weather.chance(Kind.EVM_REPLICAS).choice(BEHIND)
        return Node(chain=site.chain, depths=site.depths, now_s=site.now_s(), behind=behind)

    def _fixed(self, method: str, params: list[Any]) -> Callable[[int], Reply] | None:
        """Answers that depend on no node."""
        weather = self._weather
        match method:
            case "eth_chainId" if not self._site.is_first and weather.is_on(Kind.EVM_OTHER_CHAIN):
                return lambda number: _reply(number, result="0x1")
            case "eth_getLogs" if "blockHash" not in params[0] and weather.is_on(
                Kind.EVM_LOG_LIMIT
            ):
                return _log_limit(params[0])
            case "eth_getBlockByNumber" if params[0] in ("safe", "finalized"):
                return self._tags(params[0])
            case _:
                return None

    def _tags(self, tag: str) -> Callable[[int], Reply] | None:
        """Each time in words of its own."""
        spell = self._weather.spell(Kind.EVM_TAGS)
        if spell is None or not self._weather.is_on(Kind.EVM_TAGS):
            return None
        forms = ("unknown block", f"{tag} block not found", "invalid block tag", None)
        text = forms[int(spell.rate * 1000) % len(forms)]
        if text is None:
            return lambda number: _reply(number, result=None)
        return lambda number: _reply(number, error={"code": -39001, "message": text})


def _log_limit(query: Mapping[str, Any]) -> Callable[[int], Reply] | None:
    first, last = (int(query[name], 16) for name in ("fromBlock", "toBlock"))
    if last - first + 1 <= LOG_RANGE:
        return None
    text = (
        f"ranges over {LOG_RANGE} blocks are not supported: try {first} to {first + LOG_RANGE - 1}"
    )
    error = {"code": -32614, "message": text}
    return lambda number: _reply(number, error=error, status=HTTPStatus.BAD_REQUEST)


def _reply(number: int | None, *, status: int = HTTPStatus.OK, **members: Any) -> Reply:
    frame = {"jsonrpc": "2.0", "id": number, **members}
    return Reply(raw=json.dumps(frame).encode(), status=status)


def _garbled(reply: Reply, chance: Random) -> Reply:
    """Cut off, or with something else in the place of the result, or with a part of it."""
    try:
        answer = json.loads(reply.raw)
    except ValueError:
        return reply
    result = answer.get("result")
    forms: list[Any] = [None, {}, 7]
    if isinstance(result, str) and len(result) > _QUANTITY:  # half a quantity would be another one
        forms.append(result[: len(result) // 2])
    if isinstance(result, list):
        forms += [result[::-1], result[: len(result) // 2]]
    if isinstance(result, dict):
        forms.append(dict(list(result.items())[: len(result) // 2]))
    at = chance.randint(0, len(forms))
    if at == len(forms):
        return Reply(raw=reply.raw[: len(reply.raw) // 2], status=reply.status)
    return _reply(answer.get("id"), result=forms[at])


class SimTransport(HttpTransport):
    """The operator's own HTTP transport, with an endpoint in place of its connections."""

    def __init__(self, endpoint: Endpoint, *, url: str, timeout_s: float) -> None:
        super().__init__(url=url, timeout_s=timeout_s)
        self._endpoint: Any = endpoint

    def _open(self) -> aiohttp.ClientSession:
        session: aiohttp.ClientSession = self._endpoint
        return session
