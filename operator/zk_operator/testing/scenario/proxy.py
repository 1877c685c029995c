"""An EVM endpoint that lies or goes away on demand, in front of a real one."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web

Rewrite = Callable[[str, Any], Any]


class RpcProxy:
    """JSON-RPC over HTTP. `rewrite` gets each method and result, and returns the result that is passed on."""

    def __init__(self, upstream: str) -> None:
        self._upstream = upstream
        self._session: aiohttp.ClientSession | None = None
        self.is_down = False
        self.rewrite: Rewrite | None = None
        self.url = ""

    @asynccontextmanager
    async def running(self) -> AsyncIterator["RpcProxy"]:
        """Serve on a free port until the block ends."""
        application = web.Application()
        application.router.add_post("/", self._serve)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        async with aiohttp.ClientSession() as self._session:
            try:
                await site.start()
                self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
                yield self
            finally:
                await runner.cleanup()

    async def _serve(self, http: web.Request) -> web.Response:
        if self.is_down:
            assert http.transport is not None
            http.transport.abort()
            return web.Response(status=503)
        assert self._session is not None
        asked = await http.json()
        async with self._session.post(self._upstream, json=asked) as reply:
            answers = await reply.json()
        if isinstance(asked, list):
            methods = {call["id"]: call["method"] for call in asked}
            return web.json_response([self._passed(methods[one["id"]], one) for one in answers])
        return web.json_response(self._passed(asked["method"], answers))

    def _passed(self, method: str, answer: dict[str, Any]) -> dict[str, Any]:
        if self.rewrite is None or "result" not in answer:
            return answer
        return {**answer, "result": self.rewrite(method, answer["result"])}
