"""The HTTP transport against a server that misbehaves in every way that nodes and gateways do."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import anyio
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from zk_operator.adapters.evm.errors import EndpointFailed, RpcError
from zk_operator.adapters.evm.http import HttpTransport

pytestmark = pytest.mark.devnet
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def transport_to(
    handler: Handler, timeout_s: float = 5.0, path: str = "/v2/secretkey0123456789"
) -> AsyncIterator[HttpTransport]:
    app = web.Application()
    app.router.add_post("/{tail:.*}", handler)
    async with TestServer(app) as server:
        transport = HttpTransport(url=str(server.make_url(path)), timeout_s=timeout_s)
        try:
            yield transport
        finally:
            await transport.aclose()


def answering(body: str, status: int = 200, **headers: str) -> Handler:
    """`"id":0` in the body becomes the id that was asked with."""

    async def handler(request: web.Request) -> web.Response:
        asked = await request.json()
        named = body.replace('"id":0', f'"id":{asked["id"]}')
        named_headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(
            text=named, status=status, content_type="application/json", headers=named_headers
        )

    return handler


async def failure_of(handler: Handler, timeout_s: float = 5.0) -> EndpointFailed:
    async with transport_to(handler, timeout_s) as transport:
        with pytest.raises(EndpointFailed) as caught:
            await transport.request("eth_blockNumber")
    assert "secretkey" not in str(caught.value)
    assert "secretkey" not in repr(transport)
    return caught.value


async def test_request__result__is_returned_with_the_parameters_sent() -> None:
    async def echo(request: web.Request) -> web.Response:
        asked = await request.json()
        result = {"jsonrpc": "2.0", "id": asked["id"], "result": [asked["method"], asked["params"]]}
        return web.json_response(result)

    async with transport_to(echo) as transport:
        assert await transport.request("m", 1, "x", False) == ["m", [1, "x", False]]
        assert await transport.request("m") == ["m", []]


async def test_request__null_result__is_none() -> None:
    async with transport_to(answering('{"jsonrpc":"2.0","id":0,"result":null}')) as transport:
        assert await transport.request("m") is None


async def test_request__rpc_error__keeps_code_text_and_data() -> None:
    error = {"code": 3, "message": "execution reverted", "data": "0x1234"}
    body = json.dumps({"jsonrpc": "2.0", "id": 0, "error": error})
    async with transport_to(answering(body)) as transport:
        with pytest.raises(RpcError) as caught:
            await transport.request("m")
    assert (caught.value.number, caught.value.text) == (3, "execution reverted")
    assert caught.value.data == "0x1234"


@pytest.mark.parametrize(
    ("status", "arrived"),
    [(401, False), (403, False), (404, False), (429, False), (500, True), (502, True), (504, True)],
)
async def test_request__http_error__blames_the_endpoint(status: int, arrived: bool) -> None:
    error = await failure_of(answering("nope", status))
    assert error.may_have_arrived is arrived
    assert f"HTTP {status}" in str(error)


@pytest.mark.parametrize(
    "error",
    [
        {"code": 429, "message": "Your app has exceeded its compute units per second capacity"},
        {"code": -32005, "message": "daily request count exceeded, request rate limited"},
        {"code": -32000, "message": "Too Many Requests"},
    ],
)
async def test_request__rate_limit_in_the_body__blames_the_endpoint(error: object) -> None:
    body = json.dumps({"jsonrpc": "2.0", "id": 0, "error": error})
    assert not (await failure_of(answering(body))).may_have_arrived


RANGE_LIMIT = '{"jsonrpc":"2.0","id":0,"error":{"code":-32602,"message":"range too large"}}'


@pytest.mark.parametrize("status", [400, 403, 413, 500, 503])
async def test_request__rpc_error_under_an_http_error__is_what_the_node_says(status: int) -> None:
    async with transport_to(answering(RANGE_LIMIT, status)) as transport:
        with pytest.raises(RpcError, match="range too large"):
            await transport.request("eth_getLogs")


async def test_request__result_under_an_http_error__is_the_result() -> None:
    body = '{"jsonrpc":"2.0","id":0,"result":"0x1"}'
    async with transport_to(answering(body, 500)) as transport:
        assert await transport.request("m") == "0x1"


@pytest.mark.parametrize("body", ["slow down", RANGE_LIMIT])
async def test_request__too_many_requests__says_for_how_long(body: str) -> None:
    error = await failure_of(answering(body, 429, Retry_After="7"))
    assert error.retry_after_s == 7
    assert not error.may_have_arrived


async def test_request__retry_after_as_a_date__counts_from_the_answers_own() -> None:
    dates = {
        "Date": "Fri, 27 Nov 2026 23:00:00 GMT",
        "Retry_After": "Fri, 27 Nov 2026 23:00:20 GMT",
    }
    assert (await failure_of(answering("", 503, **dates))).retry_after_s == 20


async def test_request__answer_to_another_request__is_not_believed() -> None:
    body = '{"jsonrpc":"2.0","id":987654,"result":"0x1"}'
    assert (await failure_of(answering(body))).may_have_arrived


async def test_request__redirect__is_not_followed() -> None:
    async def elsewhere(_request: web.Request) -> web.Response:
        raise web.HTTPPermanentRedirect("/elsewhere")

    error = await failure_of(elsewhere)
    assert "HTTP 308" in str(error)
    assert not error.may_have_arrived


@pytest.mark.parametrize("body", ["", "<html>", "[]", '"x"', '{"jsonrpc":"2.0","id":0}'])
async def test_request__no_json_rpc__blames_the_endpoint(body: str) -> None:
    assert (await failure_of(answering(body))).may_have_arrived


async def test_request__no_answer__ends_at_the_deadline_and_may_have_arrived() -> None:
    async def silent(request: web.Request) -> web.Response:
        await anyio.sleep(30)
        return web.Response()

    error = await failure_of(silent, timeout_s=0.2)
    assert error.may_have_arrived
    assert error.slow


async def test_request__connection_cut_before_the_answer__may_have_arrived() -> None:
    async def cut(request: web.Request) -> web.Response:
        await request.read()
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    assert (await failure_of(cut)).may_have_arrived


async def test_request__nobody_listens__did_not_arrive() -> None:
    transport = HttpTransport(url="http://127.0.0.1:9/secretkey0123456789", timeout_s=2)
    try:
        with pytest.raises(EndpointFailed) as caught:
            await transport.request("m")
    finally:
        await transport.aclose()
    assert not caught.value.may_have_arrived
    assert "secretkey" not in str(caught.value)


async def test_request__asked_once__is_sent_once() -> None:
    asked = 0

    async def counting(request: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        return web.Response(status=503)

    await failure_of(counting)
    assert asked == 1
