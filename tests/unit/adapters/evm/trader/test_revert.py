"""Revert data of swaps, as Uniswap v4 wraps it."""

from pathlib import Path

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from zk_operator.domain.failures import CallReverted
from zk_trader.errors import OrderRejectedOnChain
from zk_trader.reject_code import RejectCode, reject_meaning
from zk_trader.revert import swap_refusal

TYPES_SOL = Path(__file__).parents[5] / "avs-contracts" / "src" / "types" / "Types.sol"
REFUSED = keccak(text="OrderRefused(bytes32,uint8)")[:4] + encode(
    ["bytes32", "uint8"], [b"\x01" * 32, 5]
)


def wrapped(reason: bytes) -> bytes:
    # ERC-7751, with the selector that v4's CustomRevert uses
    fields = encode(["address", "bytes4", "bytes", "bytes"], [b"\x01" * 20, b"abcd", reason, b""])
    return bytes.fromhex("90bfb865") + fields


@pytest.mark.parametrize("raw", [REFUSED, wrapped(REFUSED)])
def test_swap_refusal__an_order_refused__says_why(raw: bytes) -> None:
    refusal = swap_refusal(raw)
    assert isinstance(refusal, OrderRejectedOnChain)
    assert "BELOW_MINIMUM" in str(refusal.context["reason"])


def test_swap_refusal__another_reason_of_the_hook__is_unwrapped() -> None:
    refusal = swap_refusal(wrapped(keccak(text="MalformedHookData()")[:4]))
    assert isinstance(refusal, CallReverted)
    assert refusal.context["reason"] == "MalformedHookData()"


@pytest.mark.parametrize("raw", [b"", b"\x01\x02\x03\x04", bytes.fromhex("90bfb865") + b"\x01"])
def test_swap_refusal__of_something_else__is_none(raw: bytes) -> None:
    assert swap_refusal(raw) is None


def test_swap_refusal__cut_off__keeps_the_bytes() -> None:
    refusal = swap_refusal(wrapped(REFUSED[:20]))
    assert isinstance(refusal, CallReverted)
    assert refusal.context["reason"] == "0x" + REFUSED[:20].hex()


@pytest.mark.parametrize("code", RejectCode)
def test_reject_meaning__of_each_code__names_it(code: RejectCode) -> None:
    assert reject_meaning(code).startswith(f"{code.name}: ")


def test_reject_meaning__of_a_later_version__does_not_fail() -> None:
    assert reject_meaning(200) == "unknown code 200"


def test_reject_codes__against_the_contract__are_the_same() -> None:
    source = TYPES_SOL.read_text().partition("library RejectCode")[2]
    for code in RejectCode:
        assert f"uint8 internal constant {code.name} = {code.value};" in source
    assert source.count("uint8 internal constant") == len(RejectCode) + 1  # NONE
