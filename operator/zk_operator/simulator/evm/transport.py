"""Endpoints between the operator and the nodes: JSON-RPC over HTTP, with what real ones do to it."""

import json
from collections.abc import Callable
from http import HTTPStatus
from random import Random
from typing import Any, Final
from unittest.mock import Mock

import aiohttp
import anyio
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from zk_operator.adapters.evm.http import HttpTransport
from zk_operator.simulator.ambient import require_alive
from zk_operator.simulator.evm.chain import EvmChain
from zk_operator.simulator.evm.node import Depths, Node, NodeError
from zk_operator.simulator.weather import Kind, Weather

LOG_RANGE: Final = 3
_BUSY: Final = (
    (HTTPStatus.TOO_MANY_REQUESTS, None),
    (HTTPStatus.OK, {"code": -32005, "message": "project ID request rate exceeded"}),
    (HTTPStatus.OK, {"code": -32005, "message": "limit exceeded"}),
    (HTTPStatus.OK, {"code": -32000, "message": "App is inactive"}),
    (HTTPStatus.OK, {"code": -32001, "message": "You've reached the free tier limits"}),
    (HTTPStatus.OK, {"code": -32603, "message": "Internal error"}),
    (HTTPStatus.OK, {"code": -32000, "message": "header not found"}),
    (HTTPStatus.TOO_MANY_REQUESTS, {"code": 429, "message": "Too Many Requests"}),
)
_STATUSES: Final = (400, 403, 404, 500, 502, 503, 504)
_SENDS: Final = "eth_sendRawTransaction"
MOST_BEHIND: Final = 3


class Endpoint:
    """One URL. Behind it is one node, or several."""

    def __init__(
        self,
        *,
        url: str,
        first: bool,
        chain: EvmChain,
        depths: Depths,
        weather: Weather,
        chance: Random,
        now_s: Callable[[], float],
        timeout_s: float,
    ) -> None:
        self.url = url
        self._first = first
        self._chain = chain
        self._depths = depths
        self._weather = weather
        self._chance = chance
        self._now_s = now_s
        self._timeout_s = timeout_s

    async def make_request(self, method: str, params: list[Any]) -> Any:
        """As web3's provider: the decoded answer. Raises what aiohttp raises."""
        weather = self._weather
        await anyio.sleep(self._chance.uniform(0.01, 0.12))
        require_alive()
        if weather.is_on(Kind.EVM_ALL_DOWN) or (self._first and weather.is_on(Kind.EVM_DOWN)):
            raise aiohttp.ClientConnectorError(Mock(), OSError("connection refused"))
        if weather.strikes(Kind.EVM_LOST_REQUEST):
            raise aiohttp.ServerDisconnectedError
        self._turned_away(method)
        answer = self._answer(method, params)
        if weather.strikes(Kind.EVM_DOUBLED):
            answer = self._answer(method, params)
        if weather.strikes(Kind.EVM_SLOW):
            await anyio.sleep(weather.chance(Kind.EVM_SLOW).uniform(0, 1.5 * self._timeout_s))
        if weather.strikes(Kind.EVM_LOST_ANSWER):
            raise aiohttp.ClientPayloadError("the answer ended early")
        return self._spoilt(method, json.loads(json.dumps(answer)))

    async def disconnect(self) -> None:
        """As web3's provider."""

    def _turned_away(self, method: str) -> None:
        weather = self._weather
        if weather.strikes(Kind.EVM_HTTP):
            raise _http(weather.chance(Kind.EVM_HTTP).choice(_STATUSES), self.url)
        if method == "eth_getLogs" and weather.is_on(Kind.EVM_LOGS_REFUSED):
            raise _http(HTTPStatus.FORBIDDEN, self.url)

    def _answer(self, method: str, params: list[Any]) -> dict[str, Any]:
        frame = {"jsonrpc": "2.0", "id": 1}
        try:
            self._refusals(method, params)
            return {**frame, "result": self._node().answer(method, params)}
        except _Result as found:
            return {**frame, "result": found.value}
        except NodeError as error:
            return {**frame, "error": error.json()}

    def _node(self) -> Node:
        behind = 0
        if self._weather.strikes(Kind.EVM_REPLICAS):
            behind = self._weather.chance(Kind.EVM_REPLICAS).randint(1, MOST_BEHIND)
        return Node(chain=self._chain, depths=self._depths, now_s=self._now_s(), behind=behind)

    def _refusals(self, method: str, params: list[Any]) -> None:
        weather = self._weather
        if method == "eth_chainId" and not self._first and weather.is_on(Kind.EVM_OTHER_CHAIN):
            raise _Result("0x1")
        if weather.strikes(Kind.EVM_BUSY):
            status, error = weather.chance(Kind.EVM_BUSY).choice(_BUSY)
            if error is None:
                raise _http(status, self.url)
            raise NodeError(int(str(error["code"])), str(error["message"]))
        if method == "eth_getLogs":
            self._log_limit(params[0])
        if method == "eth_getBlockByNumber" and params[0] in ("safe", "finalized"):
            self._tags(params[0])

    def _log_limit(self, query: dict[str, Any]) -> None:
        if "blockHash" in query or not self._weather.is_on(Kind.EVM_LOG_LIMIT):
            return
        first, last = (int(query[name], 16) for name in ("fromBlock", "toBlock"))
        if last - first + 1 > LOG_RANGE:
            text = f"ranges over {LOG_RANGE} blocks are not supported: try {first} to {first + LOG_RANGE - 1}"
            raise NodeError(-32614, text)

    def _tags(self, tag: str) -> None:
        spell = self._weather.spell(Kind.EVM_TAGS)
        if spell is None:
            return
        self._weather.is_on(Kind.EVM_TAGS)
        forms = ("unknown block", f"{tag} block not found", "invalid block tag", None)
        text = forms[int(spell.rate * 1000) % len(forms)]
        if text is None:
            raise _Result(None)
        raise NodeError(-39001 if text == "unknown block" else -32000, text)

    def _spoilt(self, method: str, answer: Any) -> Any:
        weather = self._weather
        if weather.strikes(Kind.EVM_GARBLED):
            return _garbled(answer, weather.chance(Kind.EVM_GARBLED))
        receipt = answer.get("result")
        if (
            method == "eth_getTransactionReceipt"
            and receipt
            and weather.strikes(Kind.EVM_WRONG_RECEIPT)
        ):
            receipt["blockHash"] = "0x" + "ab" * 32
        return answer


class _Result(Exception):
    """Raised to answer with this at once; unlike an error it is caught where the answer is framed."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


def _garbled(answer: dict[str, Any], chance: Random) -> Any:
    result = answer.get("result")
    forms: list[Any] = [{**answer, "result": None}, {"jsonrpc": "2.0", "id": 1}, [], "ok"]
    if isinstance(result, str):
        forms += [{**answer, "result": result[: len(result) // 2]}, {**answer, "result": 7}]
    if isinstance(result, dict):
        kept = dict(list(result.items())[: len(result) // 2])
        forms += [{**answer, "result": kept}, {**answer, "result": {}}]
    return chance.choice(forms)


def _http(status: int, url: str) -> aiohttp.ClientResponseError:
    info = aiohttp.RequestInfo(URL(url), "POST", CIMultiDictProxy(CIMultiDict()), URL(url))
    return aiohttp.ClientResponseError(info, (), status=status, message="simulated")


class SimTransport(HttpTransport):
    """The operator's own HTTP transport over a simulated provider."""

    def __init__(self, endpoint: Endpoint, *, timeout_s: float) -> None:
        super().__init__(url=endpoint.url, timeout_s=timeout_s)
        self._provider: Any = endpoint
