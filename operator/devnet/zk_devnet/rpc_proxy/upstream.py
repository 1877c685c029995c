"""The real endpoint behind the proxy."""

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Final, Self

import aiohttp

from zk_acts.domain.json_text import JsonInvalid, parse_json
from zk_devnet.rpc_proxy.message import Answer, Call, Json, Page, Reply

_TIMEOUT_S: Final = 60.0


class Upstream:
    """JSON-RPC over HTTP; an async context manager. Whatever goes wrong becomes a reply."""

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

    async def ask(self, calls: Sequence[Call]) -> list[Reply]:
        """The replies, in the order of the calls; a Page where the endpoint gives no JSON-RPC."""
        assert self._session is not None, "use it inside `async with`"
        body = [_wire(call, position) for position, call in enumerate(calls)]
        try:
            async with self._session.post(
                self._url, json=body if len(body) > 1 else body[0]
            ) as response:
                page = Page(
                    text=await response.text(errors="replace"),
                    status=response.status,
                    content_type=response.content_type,
                )
        except (aiohttp.ClientError, TimeoutError) as error:
            return [Page(text=f"upstream: {error!r}", status=502, content_type="text/plain")]
        return read_replies(calls, page)


def _wire(call: Call, position: int) -> dict[str, Json]:
    """With an id of our own: a client may use one twice."""
    return {"jsonrpc": "2.0", "id": position, "method": call.method, "params": list(call.params)}


def read_replies(calls: Sequence[Call], page: Page) -> list[Reply]:
    """The replies of an HTTP response, each under its client's id."""
    try:
        parsed = parse_json(page.text)
    except JsonInvalid:
        return [page]
    entries = parsed if isinstance(parsed, list) else [parsed]
    by_id = {one["id"]: _said(one) for one in entries if _is_reply(one)}
    if not all(position in by_id for position in range(len(calls))):
        return [page]
    return [
        Answer(id=call.id, members=by_id[position], status=page.status)
        for position, call in enumerate(calls)
    ]


def _is_reply(entry: Json) -> bool:
    return isinstance(entry, dict) and type(entry.get("id")) is int


def _said(entry: Mapping[str, Json]) -> dict[str, Json]:
    return {key: entry[key] for key in ("result", "error") if key in entry}
