"""The proxy between two sides that both write what they like."""

import json

import pytest

from zk_devnet.rpc_proxy.message import Answer, Call, Page, parse_request
from zk_devnet.rpc_proxy.upstream import read_replies


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 50_000, b"\xff", b"NaN", b"", b"[]"])
def test_parse_request__no_json_rpc__is_an_answer_that_says_so(body: bytes) -> None:
    found = parse_request(body)
    assert isinstance(found, Answer)
    assert found.status == 400


@pytest.mark.parametrize("identifier", [[], {}, "0", None, True, 0.0])
def test_read_replies__an_id_that_is_not_ours__passes_the_page_on(identifier: object) -> None:
    page = Page(text=json.dumps({"id": identifier, "result": 1}), status=200)
    assert read_replies([Call(method="x")], page) == [page]
