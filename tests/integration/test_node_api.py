"""The HTTP server over real sockets: AVS node specification v0.0.1, health, readiness, metrics."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from zk_devnet.testing.manual_clock import ManualClock
from zk_operator.adapters.web.errors import PortUnavailable
from zk_operator.adapters.web.server import NodeApi, WebConfig, serve_node_api
from zk_operator.runtime.health import HealthBoard
from zk_operator.runtime.telemetry import Telemetry

pytestmark = pytest.mark.devnet
CONFIG = WebConfig(host="127.0.0.1", port=0, node_name="node-1")


@asynccontextmanager
async def a_server() -> AsyncIterator[tuple[aiohttp.ClientSession, HealthBoard]]:
    board = HealthBoard(clock=ManualClock(1_000))
    board.register("intake", "Follows the chain")
    board.register("settler", "Settles")

    async def status() -> dict[str, object]:
        return {"orders": {"open": 1}}

    api = NodeApi(config=CONFIG, board=board, telemetry=Telemetry(), status=status)
    async with (
        serve_node_api(api, CONFIG) as url,
        aiohttp.ClientSession(base_url=url) as session,
    ):
        yield session, board


async def code_of(session: aiohttp.ClientSession, path: str) -> int:
    async with session.get(path) as answer:
        return answer.status


async def test_node__asked__names_itself_and_the_specification() -> None:
    async with a_server() as (session, _), session.get("/eigen/node") as answer:
        body = await answer.json()

    assert body["node_name"] == "node-1"
    assert body["spec_version"] == "v0.0.1"


async def test_health__follows_the_services() -> None:
    async with a_server() as (session, board):
        starting = await code_of(session, "/eigen/node/health")
        board.ready = True
        board.succeeded("intake")
        board.succeeded("settler")
        healthy = await code_of(session, "/eigen/node/health")
        board.failed("settler", "ZKO-EVM-001", "down")
        partial = await code_of(session, "/eigen/node/health")
        service = await code_of(session, "/eigen/node/services/settler/health")
        board.failed("intake", "ZKO-EVM-001", "down")
        down = await code_of(session, "/eigen/node/health")

    assert (starting, healthy, partial, service, down) == (206, 200, 206, 503, 503)


async def test_service_health__unknown_service__is_not_found() -> None:
    async with a_server() as (session, _):
        assert await code_of(session, "/eigen/node/services/nobody/health") == 404


async def test_node__other_api_version__is_not_found() -> None:
    async with a_server() as (session, _):
        assert await code_of(session, "/eigen/node?version=v9") == 404
        assert await code_of(session, "/eigen/node?version=v0.0.1") == 200


async def test_readyz__before_and_after_recovery() -> None:
    async with a_server() as (session, board):
        before = await code_of(session, "/readyz")
        board.ready = True
        after = await code_of(session, "/readyz")

    assert (before, after) == (503, 200)


async def test_metrics__asked__has_ours_and_the_specifications() -> None:
    async with a_server() as (session, _), session.get("/metrics") as answer:
        text = await answer.text()

    assert "zk_operator_cursor_block" in text
    assert "eigen_performance_score" in text


async def test_server__post__is_not_allowed() -> None:
    async with a_server() as (session, _), session.post("/eigen/node") as answer:
        assert answer.status == 405


async def test_server__port_taken__fails_with_its_code() -> None:
    async with a_server() as (session, board):
        taken = WebConfig(host="127.0.0.1", port=int(session._base_url.port), node_name="n")  # type: ignore[union-attr, arg-type]  # the URL was just given

        async def status() -> dict[str, object]:
            return {}

        api = NodeApi(config=taken, board=board, telemetry=Telemetry(), status=status)
        with pytest.raises(PortUnavailable) as caught:
            async with serve_node_api(api, taken):
                pass

    assert caught.value.exit_code == 78
