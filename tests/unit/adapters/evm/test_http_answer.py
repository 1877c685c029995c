"""What an HTTP answer says, in whichever form: no sockets. Over sockets: tests/integration/evm/test_http.py."""

import json
import ssl
from typing import Any

import pytest
from aiohttp.client_exceptions import ClientConnectorCertificateError
from aiohttp.client_reqrep import ConnectionKey

from zk_operator.adapters.evm.errors import EndpointFailed, RpcError
from zk_operator.adapters.evm.http import Answer, _mapped, retry_after_s

ASKED = 1


def answer(body: dict[str, Any], status: int = 200, **headers: str) -> object:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    judge = Answer(endpoint="one", method="m", status=status, headers=named)
    return judge.result(json.dumps({"jsonrpc": "2.0", "id": ASKED} | body).encode(), ASKED)


def error(text: str, number: int = -32600) -> dict[str, Any]:
    return {"error": {"code": number, "message": text}}


RANGE_LIMITS = [
    "Under the Free Tier plan, you can make eth_getLogs requests with up to a 10 block range.",
    "ranges over 10000 blocks are not supported on free tier",
    "request limit: block range of 1024",
]


@pytest.mark.parametrize("text", RANGE_LIMITS)
@pytest.mark.parametrize("status", [200, 400])
def test_result__limit_of_ranges_in_words_of_a_busy_endpoint__is_the_requests_fault(
    text: str, status: int
) -> None:
    with pytest.raises(RpcError):
        answer(error(text), status)


@pytest.mark.parametrize("named", [2, "1", True, 1.0, [1], None])
def test_result__answer_to_another_request__is_not_believed(named: object) -> None:
    with pytest.raises(EndpointFailed, match="another request") as caught:
        answer({"result": "0x1", "id": named})
    assert caught.value.may_have_arrived


@pytest.mark.parametrize("named", [None, 0])
def test_result__error_of_a_gateway_by_another_id__is_what_it_says(named: object) -> None:
    with pytest.raises(RpcError, match="parse error"):
        answer(error("parse error") | {"id": named})


@pytest.mark.parametrize("status", [200, 403, 503])
def test_result__error_with_retry_after__leaves_the_endpoint_alone(status: int) -> None:
    with pytest.raises(EndpointFailed) as caught:
        answer(error("no capacity", -32000), status, Retry_After="9")
    assert caught.value.retry_after_s == 9
    assert caught.value.may_have_arrived


def test_result__error_with_a_pause_of_nothing__is_what_the_node_says() -> None:
    with pytest.raises(RpcError):
        answer(error("execution reverted", 3), 200, Retry_After="0")


@pytest.mark.parametrize(
    "text",
    [
        "9" * 5_000,
        "soon",
        "-1",
        "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
        "Mon, 01 Jan 2024 00:00:00 -0000",
    ],
)
def test_retry_after__cannot_be_read__is_none(text: str) -> None:
    assert retry_after_s({"Retry-After": text, "Date": "Mon, 01 Jan 2024 00:00:00 GMT"}) is None


def test_mapped__certificate_that_nobody_signed__is_a_failed_endpoint() -> None:
    key = ConnectionKey("h", 443, True, True, None, None, None)
    with pytest.raises(EndpointFailed, match="no connection") as caught, _mapped("one", "m"):
        raise ClientConnectorCertificateError(key, ssl.SSLCertVerificationError("self-signed"))
    assert not caught.value.may_have_arrived


def test_mapped__operating_system_refuses__is_a_failed_endpoint() -> None:
    with pytest.raises(EndpointFailed), _mapped("one", "m"):
        raise OSError(24, "Too many open files")
