"""The proxy as an HTTP server: JSON-RPC at every path but /dev, where the faults are switched."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import anyio
import structlog
from aiohttp import web
from anyio.abc import TaskStatus

from zk_acts.domain.json_text import parse_json
from zk_devnet.errors import PortUnavailable
from zk_devnet.http_edge import expecting, refuse_broken_requests
from zk_devnet.rpc_proxy.catalogue import FAULTS, about
from zk_devnet.rpc_proxy.errors import FaultUnknown
from zk_devnet.rpc_proxy.message import (
    JSON,
    Answer,
    Page,
    Reply,
    Silence,
    parse_request,
)
from zk_devnet.rpc_proxy.panel import Panel
from zk_devnet.rpc_proxy.upstream import Upstream

log = structlog.get_logger("rpc_proxy")
_MAX_BODY: Final = 64 * 1024 * 1024
_FOREVER_S: Final = 24 * 3_600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyConfig:
    """In front of what, where to listen (port 0 takes a free one), and the faults that are on at the start."""

    upstream: str
    host: str = "127.0.0.1"
    port: int = 0
    seed: int = 1
    faults: tuple[str, ...] = ()


class RpcProxy:
    """An EVM endpoint that misbehaves on demand, in front of a real one."""

    def __init__(self, config: ProxyConfig) -> None:
        """Error: FaultUnknown."""
        self._config = config
        self._upstream = Upstream(config.upstream)
        self.panel = Panel(seed=config.seed, faults=config.faults)
        self.served: Counter[str] = Counter()  # calls by method
        self.url = ""

    @asynccontextmanager
    async def running(self) -> AsyncIterator["RpcProxy"]:
        """Serve until the block ends. Error: PortUnavailable."""
        runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        host, port = self._config.host, self._config.port
        try:
            try:
                await web.TCPSite(runner, host, port).start()
            except OSError as error:
                raise PortUnavailable(host=host, port=port) from error
            self.url = f"http://{host}:{runner.addresses[0][1]}"
            async with self._upstream:
                yield self
        finally:
            with anyio.CancelScope(shield=True):
                await runner.cleanup()

    def arm(self, *faults: str) -> None:
        """Switch faults on, as `--fault` has them. Error: FaultUnknown."""
        for text in faults:
            self.panel.arm(text)

    def clear(self, name: str | None = None) -> None:
        """Switch one fault off, or all."""
        self.panel.clear(name)

    def _application(self) -> web.Application:
        application = web.Application(
            client_max_size=_MAX_BODY, middlewares=[refuse_broken_requests]
        )
        application.add_routes(
            expecting(
                web.get("/dev/faults", self._list),
                web.post("/dev/faults", self._arm),
                web.delete("/dev/faults", self._clear),
                web.delete("/dev/faults/{name}", self._clear),
                web.post("/{path:.*}", self._serve),
            )
        )
        return application

    async def _serve(self, http: web.Request) -> web.StreamResponse:
        request = parse_request(await http.read())
        if isinstance(request, Answer):
            return _json(request.as_json(), request)
        self.served.update(call.method for call in request.calls)
        replies = await self.panel.serve(request.calls, self._upstream.ask)
        return await _respond(http, replies, is_batch=request.is_batch)

    async def _list(self, _http: web.Request) -> web.Response:
        return web.json_response(
            {
                "upstream": self._config.upstream,
                "seed": self._config.seed,
                "armed": self.panel.armed(),
                "struck": dict(self.panel.struck),
                "served": dict(self.served),
                "known": {name: about(name) for name in FAULTS},
            }
        )

    async def _arm(self, http: web.Request) -> web.Response:
        try:
            body = parse_json(await http.read())
            self.panel.arm(str(body["fault"]))
        except (KeyError, TypeError, ValueError) as error:
            raise web.HTTPBadRequest(
                text=f"the body is no JSON object with a fault: {error}"
            ) from error
        except FaultUnknown as error:
            raise web.HTTPBadRequest(text=str(error)) from error
        return web.json_response(self.panel.armed())

    async def _clear(self, http: web.Request) -> web.Response:
        self.panel.clear(http.match_info.get("name"))
        return web.json_response(self.panel.armed())


async def serve(
    config: ProxyConfig, *, task_status: TaskStatus[RpcProxy] = anyio.TASK_STATUS_IGNORED
) -> None:
    """Serve until cancelled; reports the proxy once it listens. Errors: FaultUnknown, PortUnavailable."""
    async with RpcProxy(config).running() as proxy:
        log.info("rpc_proxy.started", url=proxy.url, faults=list(config.faults))
        task_status.started(proxy)
        await anyio.sleep_forever()


async def _respond(
    http: web.Request, replies: Sequence[Reply], *, is_batch: bool
) -> web.StreamResponse:
    """One HTTP response: what is no JSON-RPC answer takes the place of all of it."""
    for reply in replies:
        if isinstance(reply, Silence):
            await anyio.sleep(_FOREVER_S if reply.for_s is None else reply.for_s)
            return _cut(http)
        if isinstance(reply, Page):
            return web.Response(
                text=reply.text,
                status=reply.status,
                content_type=reply.content_type,
                headers=reply.headers,
            )
    answers = [reply for reply in replies if isinstance(reply, Answer)]
    await anyio.sleep(max(answer.delay_s for answer in answers))
    worst = max(answers, key=lambda answer: answer.status)
    bodies = [answer.as_json() for answer in answers]
    return _json(bodies if is_batch else bodies[0], worst)


def _json(body: object, answer: Answer) -> web.Response:
    return web.Response(
        text=json.dumps(body), status=answer.status, content_type=JSON, headers=answer.headers
    )


def _cut(http: web.Request) -> web.Response:
    if http.transport is not None:
        http.transport.abort()
    return web.Response(status=503)
