"""One HTTP endpoint, through web3's provider; the one place where its and aiohttp's exceptions become ours."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, cast

import aiohttp
import anyio
from web3 import AsyncHTTPProvider
from web3.exceptions import Web3Exception
from web3.types import RPCEndpoint, RPCResponse

from zk_operator.adapters.evm.errors import EndpointFailed, RpcError
from zk_operator.domain.json_text import brief, parse_json
from zk_operator.domain.redaction import redact_url

# JSON-RPC answers by which providers say "not now": the endpoint is to blame, not the request.
_BUSY_CODES = frozenset({429, -32097, -32016})
_BUSY_WORDS = (
    "rate limit",
    "too many requests",
    "request limit",
    "capacity exceeded",
    "compute units",
    "daily request count",
)
# These HTTP answers come from in front of the node: the request was not carried out.
_TURNED_AWAY = frozenset({400, 401, 403, 404, 405, 413, 429})


class _Provider(AsyncHTTPProvider):
    """Reads answers by our own rule: web3's ends in RecursionError, and lets through what no database takes."""

    @staticmethod
    def decode_rpc_response(raw_response: bytes) -> RPCResponse:
        """Error: JsonInvalid."""
        return cast("RPCResponse", parse_json(raw_response))


class HttpTransport:
    """JSON-RPC over HTTP POST. No retries: who calls knows whether that is safe."""

    def __init__(self, *, url: str, timeout_s: float) -> None:
        self._name = redact_url(url)
        self._timeout_s = timeout_s
        self._provider = _Provider(
            url,
            request_kwargs={"timeout": aiohttp.ClientTimeout(total=timeout_s)},
            exception_retry_configuration=None,
            cache_allowed_requests=False,
        )

    def __repr__(self) -> str:
        return f"HttpTransport({self._name})"

    @property
    def name(self) -> str:
        """The URL, redacted."""
        return self._name

    async def request(self, method: str, *params: object) -> object:
        """As `Transport`."""
        with _mapped(self._name, method), anyio.fail_after(self._timeout_s):
            response = await self._provider.make_request(RPCEndpoint(method), list(params))
        return _result(self._name, method, response)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._provider.disconnect()


def quiet_web3_logs() -> None:
    """Keep web3's debug lines, which hold whole URLs with their keys, out of every log."""
    logging.getLogger("web3").setLevel(logging.WARNING)


@contextmanager
def _mapped(endpoint: str, method: str) -> Iterator[None]:
    where: dict[str, Any] = {"endpoint": endpoint, "method": method}
    try:
        yield
    except TimeoutError as error:
        raise EndpointFailed(
            "the endpoint did not answer in time", may_have_arrived=True, slow=True, **where
        ) from error
    except aiohttp.ClientResponseError as error:
        # `from None`: the cause's text holds the URL with its key.
        turned_away = error.status in _TURNED_AWAY
        raise EndpointFailed(
            f"HTTP {error.status}",
            may_have_arrived=not turned_away,
            slow=error.status in (HTTPStatus.GATEWAY_TIMEOUT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
            **where,
        ) from None
    except aiohttp.ClientConnectorError as error:
        raise EndpointFailed(
            "no connection", may_have_arrived=False, reason=type(error.os_error).__name__, **where
        ) from None
    except (aiohttp.ClientError, ConnectionError) as error:
        raise EndpointFailed(
            "the connection broke", may_have_arrived=True, reason=type(error).__name__, **where
        ) from None
    except (Web3Exception, ValueError) as error:
        raise EndpointFailed(
            "the answer is no JSON-RPC", may_have_arrived=True, reason=type(error).__name__, **where
        ) from None


def _result(endpoint: str, method: str, response: object) -> object:
    if not isinstance(response, dict):
        raise EndpointFailed(
            "the answer is no JSON-RPC", may_have_arrived=True, endpoint=endpoint, method=method
        )
    error = response.get("error")
    if error is not None:
        raise _rpc_error(endpoint, method, error)
    if "result" not in response:
        raise EndpointFailed(
            "the answer has no result", may_have_arrived=True, endpoint=endpoint, method=method
        )
    result: object = response["result"]
    return result


def _rpc_error(endpoint: str, method: str, error: object) -> EndpointFailed | RpcError:
    if not isinstance(error, dict):
        return RpcError(method=method, number=0, text=brief(error))
    code = error.get("code")
    number = code if isinstance(code, int) else 0
    text = brief(error.get("message", ""))
    if number in _BUSY_CODES or any(word in text.lower() for word in _BUSY_WORDS):
        return EndpointFailed(
            "rate-limited", may_have_arrived=False, endpoint=endpoint, method=method
        )
    return RpcError(method=method, number=number, text=text, data=error.get("data"))
