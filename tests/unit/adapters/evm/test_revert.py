"""Reverts, as different nodes wrap them, in words."""

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from zk_operator.adapters.evm.abi import readable_revert
from zk_operator.adapters.evm.errors import RpcError
from zk_operator.adapters.evm.revert import revert_data, revert_reason

EXPIRED = keccak(text="BatchExpired(uint256)")[:4] + (77).to_bytes(32)


def error(number: int, text: str, data: object = None) -> RpcError:
    return RpcError(method="eth_call", number=number, text=text, data=data)


@pytest.mark.parametrize(
    "answer",
    [
        error(3, "execution reverted", "0x" + EXPIRED.hex()),  # geth, reth, erigon
        error(3, "execution reverted: custom error 0x1", "0x" + EXPIRED.hex()),  # anvil
        error(-32015, "VM execution error.", "Reverted 0x" + EXPIRED.hex()),  # Nethermind
        error(-32000, "Execution reverted", "0x" + EXPIRED.hex()),  # Besu
        error(-32603, "Error: VM reverted", {"data": "0x" + EXPIRED.hex()}),  # wrapped
    ],
)
def test_revert_reason__any_node__names_our_error(answer: RpcError) -> None:
    assert revert_data(answer) == EXPIRED
    assert revert_reason(answer) == "BatchExpired(validUntil=77)"


def test_revert_reason__no_data__is_the_nodes_text() -> None:
    assert revert_reason(error(-32000, "execution reverted")) == "execution reverted"


def test_revert_reason__no_revert__is_none() -> None:
    assert revert_reason(error(-32000, "header not found", "0x1234")) is None


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "no reason given"),
        (bytes.fromhex("08c379a0") + encode(["string"], ["too late"]), "too late"),
        (bytes.fromhex("4e487b71") + (0x11).to_bytes(32), "Panic(0x11)"),
        (bytes.fromhex("deadbeef"), "0xdeadbeef"),
        (EXPIRED[:-1], "0x" + EXPIRED[:-1].hex()),
        (
            keccak(text="OrderRefused(bytes32,uint8)")[:4] + b"\x01" * 32 + (5).to_bytes(32),
            "OrderRefused(orderId=0x" + "01" * 32 + ", code=5)",
        ),
    ],
)
def test_readable_revert__each_shape__is_in_words(raw: bytes, words: str) -> None:
    assert readable_revert(raw) == words


def test_readable_revert__endless_reason__is_cut() -> None:
    assert len(readable_revert(b"\xaa" * 5000)) == 500


def test_revert_data__objects_in_objects_without_end__are_looked_into_a_few_times() -> None:
    wrapped: object = "0x" + EXPIRED.hex()
    for _ in range(2):
        wrapped = {"data": wrapped}
    assert revert_data(error(3, "execution reverted", wrapped)) == EXPIRED
    for _ in range(100_000):
        wrapped = {"data": wrapped}
    assert revert_data(error(3, "execution reverted", wrapped)) == b""


def test_readable_revert__an_argument_as_long_as_an_answer__is_cut() -> None:
    raw = keccak(text="HookCallFailed(bytes)")[:4] + encode(["bytes"], [b"x" * 100_000])
    assert len(readable_revert(raw)) <= 500
