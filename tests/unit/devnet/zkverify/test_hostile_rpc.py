"""Hostile JSON-RPC: whatever comes in, an answer or nothing goes out, and the node goes on."""

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zk_devnet.zkverify.config import ZkVerifyNodeConfig
from zk_devnet.zkverify.node import DevNode
from zk_devnet.zkverify.rpc.runtime_api import RuntimeApi
from zk_devnet.zkverify.rpc.server import RpcServer, parsed

SERVER = RpcServer(DevNode(config=ZkVerifyNodeConfig()))
STEERING = {"dev_authorBlock", "dev_setFaults", "dev_retractBlocks", "dev_fateOfNext"}


def answer(message: Any) -> Any:
    """The answer over a transport without subscriptions."""
    return asyncio.run(SERVER.answer(message, None))


METHODS = sorted(set(answer({"id": 1, "method": "rpc_methods"})["result"]["methods"]) - STEERING)
HEX = st.binary(max_size=80).map(lambda raw: "0x" + raw.hex())
KNOWN_HASH = "0x" + SERVER._node.genesis_hash.hex()
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**130), 2**130),
    st.floats(),
    st.text(max_size=30),
    HEX,
    st.just(KNOWN_HASH),
)
JSON = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


def _checked(found: Any) -> None:
    assert found is None or (isinstance(found, dict) and {"result", "error"} & set(found))
    json.dumps(found)
    assert answer({"id": 7, "method": "system_chain"})["result"] == "zkVerify Devnet"


@settings(max_examples=400, deadline=None)
@given(method=st.sampled_from(METHODS), params=st.lists(JSON, max_size=5) | JSON, identifier=JSON)
def test_answer__known_method_with_any_parameters__is_an_answer(
    method: str, params: Any, identifier: Any
) -> None:
    _checked(answer({"jsonrpc": "2.0", "id": identifier, "method": method, "params": params}))


@settings(max_examples=200, deadline=None)
@given(message=JSON)
def test_answer__any_json__is_an_answer(message: Any) -> None:
    _checked(answer(message))


@settings(max_examples=150, deadline=None)
@given(
    method=st.sampled_from(
        [
            *("author_submitExtrinsic", "system_dryRun", "payment_queryInfo"),
            *("payment_queryFeeDetails", "dev_dispatchAsRoot"),
        ]
    ),
    raw=st.binary(max_size=300),
    prefix=st.sampled_from([b"", b"\x84\x00", b"\x04\x03\x00", b"\xa1\x00\x01", b"\xa7\x00\x00"]),
)
def test_answer__any_extrinsic__is_an_answer(method: str, raw: bytes, prefix: bytes) -> None:
    body = prefix + raw
    framed = bytes([(len(body) << 2 | 1) & 0xFF, len(body) >> 6]) + body
    for encoded in (body, framed):
        _checked(answer({"id": 1, "method": method, "params": ["0x" + encoded.hex()]}))


@settings(max_examples=150, deadline=None)
@given(
    name=st.sampled_from(sorted(RuntimeApi(SERVER._node)._calls)),
    raw=st.binary(max_size=200),
)
def test_state_call__any_arguments__are_answered(name: str, raw: bytes) -> None:
    _checked(answer({"id": 1, "method": "state_call", "params": [name, "0x" + raw.hex()]}))


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 50_000, "\ud800", "{", "nul", ""])
def test_read__text_that_is_no_json__is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="JSON"):
        parsed(text)


@pytest.mark.parametrize("depth", [1, 31, 32, 33, 2_000, 30_000])
def test_answer__calls_within_calls__are_taken_or_refused(depth: int) -> None:
    nested = b"\x1e\x02\x04" * depth + b"\x00\x00\x00"  # batch_all of one call, and so on
    found = answer({"id": 1, "method": "dev_dispatchAsRoot", "params": ["0x" + nested.hex()]})
    _checked(found)
    assert ("error" in found) is (depth > 32)
    SERVER._node.author_block()


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("dev_authorBlock", [65_535]),
        ("dev_setFaults", [{"rpcDelayS": "nan"}]),
        ("dev_setFaults", [{"rpcDelayS": -1}]),
        ("dev_setFaults", [{"methodDelaysS": []}]),
        ("dev_setFaults", [{"methodDelaysS": {"x": 1e12}}]),
        ("dev_setAggregator", [{"relayDelayS": "inf"}]),
        ("system_accountNextIndex", [""]),
        ("system_accountNextIndex", ["z" * 1_000_000]),
    ],
)
def test_answer__steering_that_makes_no_sense__is_refused_and_changes_nothing(
    method: str, params: list[Any]
) -> None:
    found = answer({"id": 1, "method": method, "params": params})
    assert found["error"]["code"] == -32602
    assert SERVER._node.faults.active() == []
