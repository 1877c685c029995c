"""The operator's HTTP server: AVS node API, health, metrics, and a status page. Read-only; binds what it is told to."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import escape
from importlib.metadata import version

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from zk_operator.adapters.web.errors import PortUnavailable
from zk_operator.runtime.health import HealthBoard, ServiceStatus
from zk_operator.runtime.telemetry import Telemetry

SPEC_VERSION = "v0.0.1"
StatusSource = Callable[[], Awaitable[dict[str, object]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebConfig:
    """Where to listen (port 0: any free one) and what the node calls itself."""

    host: str
    port: int
    node_name: str


class NodeApi:
    """The handlers. Formats: AVS node specification v0.0.1 for /eigen; Prometheus text for /metrics."""

    def __init__(
        self, *, config: WebConfig, board: HealthBoard, telemetry: Telemetry, status: StatusSource
    ) -> None:
        self._config = config
        self._board = board
        self._telemetry = telemetry
        self._status = status

    def application(self) -> web.Application:
        """The routes; only GET and HEAD exist."""
        app = web.Application(middlewares=[_check_api_version])
        for path, handler in (
            ("/eigen/node", self._node),
            ("/eigen/node/health", self._node_health),
            ("/eigen/node/services", self._services),
            ("/eigen/node/services/{service}/health", self._service_health),
            ("/healthz", self._alive),
            ("/readyz", self._ready),
            ("/metrics", self._metrics),
            ("/status", self._status_json),
            ("/", self._page),
        ):
            app.router.add_get(path, handler, expect_handler=_expect_nothing)
        app.router.add_route("*", "/{unknown:.*}", _not_found, expect_handler=_expect_nothing)
        return app

    async def _node(self, _request: web.Request) -> web.Response:
        return web.json_response(
            {
                "node_name": self._config.node_name,
                "spec_version": SPEC_VERSION,
                "node_version": version("zk-operator"),
            }
        )

    async def _node_health(self, _request: web.Request) -> web.Response:
        return web.Response(status=self._board.http_status)

    async def _services(self, _request: web.Request) -> web.Response:
        services = [
            {
                "id": health.name,
                "name": health.name,
                "description": health.description,
                "status": health.status,
            }
            for health in self._board.services.values()
        ]
        return web.json_response({"services": services})

    async def _service_health(self, request: web.Request) -> web.Response:
        health = self._board.services.get(request.match_info["service"])
        if health is None:
            return web.json_response({"message": "no such service"}, status=404)
        states = {ServiceStatus.UP: 200, ServiceStatus.INITIALIZING: 206, ServiceStatus.DOWN: 503}
        return web.Response(status=states[health.status])

    async def _alive(self, _request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def _ready(self, _request: web.Request) -> web.Response:
        why = self._board.not_ready
        if not why:
            return web.Response(text="ready\n")
        return web.Response(status=503, text="".join(f"not ready: {each}\n" for each in why))

    async def _metrics(self, _request: web.Request) -> web.Response:
        body = exposition(self._telemetry, self._board)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _status_json(self, _request: web.Request) -> web.Response:
        return web.json_response({**await self._status(), "alerts": dict(self._board.alerts)})

    async def _page(self, _request: web.Request) -> web.Response:
        page = render_page(self._config.node_name, await self._status(), self._board)
        return web.Response(text=page, content_type="text/html")


def exposition(telemetry: Telemetry, board: HealthBoard) -> bytes:
    """All metrics in Prometheus' text format, with the alerts that stand now by the first word of their names."""
    telemetry.clear("alerts")
    for kind, count in Counter(name.partition(".")[0] for name in board.alerts).items():
        telemetry.gauge("alerts", count, kind=kind)
    return generate_latest(telemetry.registry)


@web.middleware
async def _check_api_version(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """The node specification's `?version=`: only one exists."""
    asked = request.query.get("version", SPEC_VERSION)
    if request.path.startswith("/eigen") and asked != SPEC_VERSION:
        return web.json_response({"message": "API version not found"}, status=404)
    return await handler(request)


STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#1c2430;background:#f7f8fa}
h1{font-size:1.4rem}h2{font-size:1.05rem;margin-top:1.6rem}table{border-collapse:collapse;width:100%;background:#fff}
td,th{text-align:left;padding:.35rem .7rem;border-bottom:1px solid #e3e7ee;vertical-align:top}
th{width:14rem;font-weight:600;color:#445}.Up{color:#14793c}.Down{color:#b3261e}.Initializing{color:#8a6100}
.alert{background:#fdecea;border-left:4px solid #b3261e;padding:.5rem .8rem;margin:.4rem 0}
"""


def render_page(name: str, status: dict[str, object], board: HealthBoard) -> str:
    """One page without scripts: alerts, services, and every part of the status as a table."""
    alerts = "".join(
        f'<div class="alert"><b>{escape(key)}</b> {escape(text)}</div>'
        for key, text in board.alerts.items()
    )
    services = "".join(
        f"<tr><th>{escape(health.name)}</th>"
        f'<td class="{health.status}">{health.status}</td><td>{escape(health.description)}</td>'
        f"<td>{escape(health.error or '')}</td></tr>"
        for health in board.services.values()
    )
    sections = "".join(
        f"<h2>{escape(key)}</h2><table>{_rows(value)}</table>" for key, value in status.items()
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="5">'
        f"<title>{escape(name)}</title><style>{STYLE}</style></head><body>"
        f"<h1>{escape(name)}</h1>{alerts}<h2>services</h2><table>{services}</table>{sections}"
        "</body></html>"
    )


def _rows(value: object) -> str:
    if isinstance(value, dict):
        return "".join(
            f"<tr><th>{escape(str(key))}</th><td>{_cell(item)}</td></tr>"
            for key, item in value.items()
        )
    return f"<tr><td>{_cell(value)}</td></tr>"


def _cell(value: object) -> str:
    """A mapping takes a line per entry; one inside it shares its line."""
    if isinstance(value, dict):
        return "<br>".join(f"{escape(str(key))}: {_inline(item)}" for key, item in value.items())
    return _inline(value)


def _inline(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{_inline(item)} {escape(str(key))}" for key, item in value.items())
    return escape("-" if value is None else str(value))


@asynccontextmanager
async def serve_node_api(api: NodeApi, config: WebConfig) -> AsyncIterator[str]:
    """Serve until the context ends; yields the base URL. Error: PortUnavailable."""
    runner = web.AppRunner(api.application(), access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, config.host, config.port)
        try:
            await site.start()
        except OSError as error:
            raise PortUnavailable(host=config.host, port=config.port, error=str(error)) from error
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


async def _expect_nothing(request: web.Request) -> None:
    """Nothing has a body to wait for. aiohttp repeats what it does not know, and makes 500 of what is no UTF-8."""
    if request.headers.get("Expect", "").lower() != "100-continue":
        raise web.HTTPExpectationFailed(text="nothing can be expected here")


async def _not_found(request: web.Request) -> web.Response:
    if request.method not in {"GET", "HEAD"}:
        raise web.HTTPMethodNotAllowed(request.method, ["GET", "HEAD"])
    raise web.HTTPNotFound
