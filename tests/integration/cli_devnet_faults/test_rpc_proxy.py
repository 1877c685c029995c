"""The RPC proxy as a server: over HTTP, in front of a scripted endpoint, switched by `devnet fault rpc`."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import anyio
import pytest
from aiohttp import web
from typer.testing import CliRunner

from zk_devnet.cli.devnet import app as devnet_app
from zk_devnet.cli.devnet_faults import app
from zk_devnet.errors import FaultNotInjected, PortUnavailable
from zk_devnet.rpc_proxy import ProxyConfig, RpcProxy

pytestmark = pytest.mark.devnet


async def _answer(http: web.Request) -> web.Response:
    """Every call's result is its own method."""
    body = await http.json()
    calls = body if isinstance(body, list) else [body]
    answers = [{"jsonrpc": "2.0", "id": one["id"], "result": one["method"]} for one in calls]
    return web.json_response(answers if isinstance(body, list) else answers[0])


@asynccontextmanager
async def in_front(*faults: str) -> AsyncIterator[RpcProxy]:
    """A proxy with these faults, in front of that endpoint."""
    application = web.Application()
    application.router.add_post("/", _answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    upstream = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        async with RpcProxy(ProxyConfig(upstream=upstream, faults=faults)).running() as proxy:
            yield proxy
    finally:
        await runner.cleanup()


async def post(proxy: RpcProxy, body: Any) -> tuple[int, Any]:
    """Status and parsed body."""
    timeout = aiohttp.ClientTimeout(total=1)
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.post(proxy.url, json=body) as response,
    ):
        return response.status, json.loads(await response.text())


def request(method: str, number: int = 1) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": []}


async def fault(*arguments: str) -> Any:
    """What the command printed, as JSON."""

    def call() -> Any:
        result = CliRunner().invoke(app, ["rpc", *arguments])
        if result.exception is not None:
            raise result.exception
        return json.loads(result.output)

    return await anyio.to_thread.run_sync(call)


async def test_proxy__without_a_fault__passes_single_calls_and_batches() -> None:
    async with in_front() as proxy:
        status, answer = await post(proxy, request("a", 5))
        assert (status, answer) == (200, {"jsonrpc": "2.0", "id": 5, "result": "a"})
        status, answers = await post(proxy, [request("a", 1), request("b", 2)])
        assert {one["id"]: one["result"] for one in answers} == {1: "a", 2: "b"}


async def test_proxy__status_and_headers__are_the_faults() -> None:
    async with in_front("rate-limit:text=alchemy,retry_after=7") as proxy:
        status, answer = await post(proxy, request("a"))
        assert (status, answer["error"]["code"]) == (429, 429)


async def test_proxy__down_or_silent__the_client_gets_nothing() -> None:
    async with in_front("down") as proxy:
        with pytest.raises(aiohttp.ClientError):
            await post(proxy, request("a"))
        proxy.clear()
        proxy.arm("hang")
        with pytest.raises(TimeoutError):
            await post(proxy, request("a"))


async def test_proxy__endpoint_gone__is_a_bad_gateway() -> None:
    proxy = RpcProxy(ProxyConfig(upstream="http://127.0.0.1:1"))
    async with (
        proxy.running(),
        aiohttp.ClientSession() as session,
        session.post(proxy.url, json=request("a")) as response,
    ):
        assert response.status == 502


async def test_proxy__port_taken__says_so_with_a_code() -> None:
    async with in_front() as proxy:
        port = int(proxy.url.rpartition(":")[2])
        with pytest.raises(PortUnavailable):
            async with RpcProxy(ProxyConfig(upstream="http://127.0.0.1:1", port=port)).running():
                pass


async def test_fault_rpc__arm_list_clear__reach_the_proxy() -> None:
    async with in_front() as proxy:
        at = ("--endpoint", proxy.url)
        assert await fault("arm", "wrong-chain:chain_id=9", *at) == {
            "wrong-chain": "wrong-chain:chain_id=9"
        }
        assert (await post(proxy, request("eth_chainId")))[1]["result"] == "0x9"
        listed = await fault("list", *at)
        assert listed["struck"] == {"wrong-chain": 1}
        assert listed["served"] == {"eth_chainId": 1}
        assert "replicas" in listed["known"]
        await fault("arm", "refuse-logs", *at)
        assert await fault("clear", "wrong-chain", *at) == {"refuse-logs": "refuse-logs"}
        assert await fault("clear", *at) == {}
        with pytest.raises(FaultNotInjected) as caught:
            await fault("arm", "no-such", *at)
        assert "no such fault" in str(caught.value)


def test_rpc_proxy__list__names_every_fault_and_ends() -> None:
    result = CliRunner().invoke(devnet_app, ["rpc-proxy", "--list"])
    assert result.exit_code == 0
    assert "lagging-logs\n" in result.output


@pytest.mark.parametrize(
    "arguments", [["--listen", "8545"], ["--listen", "a:99999"], ["--upstream", "localhost"]]
)
def test_rpc_proxy__what_makes_no_sense__is_a_usage_error(arguments: list[str]) -> None:
    assert CliRunner().invoke(devnet_app, ["rpc-proxy", *arguments]).exit_code == 2
