"""One HTTP endpoint: JSON-RPC by POST. The one place where aiohttp's exceptions and what gateways answer become ours.

What JSON-RPC says in the body wins over the HTTP status, whatever the status: gateways say range limits with 400, limits
of requests with 429 or 403, and the node's own answers with 500.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from itertools import count
from typing import Any, Final

import aiohttp
import anyio
from aiohttp.client_exceptions import ClientConnectorError

from zk_acts.domain.json_text import JsonInvalid, brief, parse_json
from zk_acts.domain.redaction import redact_url
from zk_operator.adapters.evm.errors import NO_CONNECTION, EndpointFailed, RpcError

# JSON-RPC answers by which providers say "not now": the endpoint is to blame, not the request.
_BUSY_CODES: Final = frozenset({429, -32097, -32016, -32029})
_BUSY_WORDS: Final = (
    "rate limit",
    "request rate",
    "rate exceeded",
    "too many requests",
    "request limit",
    "requests limit",
    "request count",
    "capacity exceeded",
    "compute units",
    "free tier",
    "app is inactive",
)
# A limit of ranges is the request's fault, also where it is said in such words ("Under the Free Tier plan ... block range").
_NOT_BUSY_WORD: Final = "range"
# These HTTP answers come from in front of the node: the request was not carried out.
_TURNED_AWAY: Final = frozenset({400, 401, 402, 403, 404, 405, 413, 429})
_SLOW: Final = frozenset({HTTPStatus.GATEWAY_TIMEOUT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE})
_MOST_BYTES: Final = 32 << 20
# Shorter than servers keep idle connections: a request on one that the other side has just closed is ambiguous.
_IDLE_S: Final = 4.0


class HttpTransport:
    """JSON-RPC over HTTP POST. No retries: who calls knows whether that is safe."""

    def __init__(self, *, url: str, timeout_s: float) -> None:
        self._url = url
        self._name = redact_url(url)
        self._timeout_s = timeout_s
        self._session: aiohttp.ClientSession | None = None
        self._ids = count(1)

    def __repr__(self) -> str:
        return f"HttpTransport({self._name})"

    @property
    def name(self) -> str:
        """The URL, redacted."""
        return self._name

    async def request(self, method: str, *params: object) -> object:
        """As `Transport`."""
        number = next(self._ids)
        body = {"jsonrpc": "2.0", "id": number, "method": method, "params": list(params)}
        with _mapped(self._name, method), anyio.fail_after(self._timeout_s):
            # No redirects: a key in the URL would be sent to wherever they lead.
            async with self._open().post(self._url, json=body, allow_redirects=False) as response:
                raw = await _bounded(response)
                status, headers = response.status, response.headers
        answer = Answer(endpoint=self._name, method=method, status=status, headers=headers)
        return answer.result(raw, number)

    async def aclose(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        """The session; made in the loop that uses it."""
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(keepalive_timeout=_IDLE_S),
                timeout=aiohttp.ClientTimeout(total=self._timeout_s),
            )
        return self._session


class Answer:
    """What came back for one request, judged. Pure."""

    def __init__(
        self, *, endpoint: str, method: str, status: int, headers: Mapping[str, str]
    ) -> None:
        self._status = status
        self._headers = headers
        self._where: dict[str, Any] = {"endpoint": endpoint, "method": method}

    def result(self, raw: bytes, number: int) -> object:
        """The `result` of the answer to request `number`. Errors: RpcError, EndpointFailed."""
        try:
            answer = parse_json(raw)
        except JsonInvalid:
            answer = None
        if not isinstance(answer, dict) or not answer.keys() & {"result", "error"}:
            raise self._no_rpc(raw)
        if answer.get("error") is not None:  # by whichever id: gateways have theirs ready-made
            raise self._rpc_error(answer["error"])
        named = answer.get("id")
        if type(named) is not int or named != number:
            raise self._failed("the answer is to another request", may_have_arrived=True)
        if "result" not in answer:
            raise self._failed("the answer has no result", may_have_arrived=True)
        result: object = answer["result"]
        return result

    def _no_rpc(self, raw: bytes) -> EndpointFailed:
        if self._status == HTTPStatus.OK:
            return self._failed("the answer is no JSON-RPC", may_have_arrived=True)
        said = " ".join(raw[:200].decode(errors="replace").split())
        return self._failed(
            f"HTTP {self._status}",
            # Turned away at the door was not carried out; a 5xx may come from behind it (ADR 0062).
            may_have_arrived=not (300 <= self._status < 400 or self._status in _TURNED_AWAY),
            slow=self._status in _SLOW,
            said=said or None,
        )

    def _rpc_error(self, error: object) -> EndpointFailed | RpcError:
        if not isinstance(error, dict):
            error = {"message": brief(error)}
        code = error.get("code")
        number = code if isinstance(code, int) else 0
        text = brief(error.get("message", ""))
        if self._status == HTTPStatus.TOO_MANY_REQUESTS or _is_busy(number, text):
            return self._failed("rate-limited", may_have_arrived=False, said=text)
        # Whoever asks to be left alone is, whatever the error says; it may have done what was asked first.
        if retry_after_s(self._headers):
            return self._failed("asked to be left alone", may_have_arrived=True, said=text)
        return RpcError(
            method=self._where["method"], number=number, text=text, data=error.get("data")
        )

    def _failed(
        self, message: str, *, may_have_arrived: bool, slow: bool = False, said: str | None = None
    ) -> EndpointFailed:
        extra: dict[str, Any] = {} if said is None else {"said": said}
        return EndpointFailed(
            message,
            may_have_arrived=may_have_arrived,
            slow=slow,
            retry_after_s=retry_after_s(self._headers),
            **self._where,
            **extra,
        )


def _is_busy(number: int, text: str) -> bool:
    said = text.lower()
    return number in _BUSY_CODES or (
        _NOT_BUSY_WORD not in said and any(words in said for words in _BUSY_WORDS)
    )


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """The seconds of a Retry-After header (RFC 9110, 10.2.3); None where there is none or it cannot be read."""
    text = headers.get("Retry-After", "").strip()
    try:
        if text.isdecimal():
            return float(min(int(text), 10**6))
        until, sent = parsedate_to_datetime(text), parsedate_to_datetime(headers["Date"])
        return max(0.0, (until - sent).total_seconds())
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    """The body, up to a size that no honest answer has."""
    body = bytearray()
    async for chunk in response.content.iter_chunked(1 << 16):
        body += chunk
        if len(body) > _MOST_BYTES:
            raise EndpointFailed("the answer is too large", may_have_arrived=True, slow=True)
    return bytes(body)


@contextmanager
def _mapped(endpoint: str, method: str) -> Iterator[None]:
    """Errors of the connection as EndpointFailed; their texts hold the URL with its key, so they are not kept."""
    where: dict[str, Any] = {"endpoint": endpoint, "method": method}
    try:
        yield
    except TimeoutError as error:
        raise EndpointFailed(
            "the endpoint did not answer in time", may_have_arrived=True, slow=True, **where
        ) from error
    except ClientConnectorError as error:
        cause = getattr(error, "os_error", error)  # a certificate's error has none
        raise EndpointFailed(
            NO_CONNECTION, may_have_arrived=False, reason=type(cause).__name__, **where
        ) from None
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise EndpointFailed(
            "the connection broke", may_have_arrived=True, reason=type(error).__name__, **where
        ) from None
