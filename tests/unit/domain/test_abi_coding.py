"""Solidity's ABI: the same bytes and values as eth_abi's own."""

import pytest
from eth_abi.abi import decode as reference_decode
from eth_abi.abi import encode as reference_encode
from eth_abi.exceptions import DecodingError, EncodingError

from zk_operator.domain.abi_coding import decode, encode

TYPES = ["uint256", "bytes32[]", "(address,bool,string)"]
VALUES = [7, [b"\x01" * 32, b"\x02" * 32], ("0x" + "11" * 20, True, "text")]


def test_encode__as_often_as_wanted__is_what_eth_abi_gives() -> None:
    expected = reference_encode(TYPES, VALUES)
    assert encode(TYPES, VALUES) == encode(tuple(TYPES), VALUES) == expected


def test_decode__as_often_as_wanted__is_what_eth_abi_gives() -> None:
    raw = reference_encode(TYPES, VALUES)
    assert decode(TYPES, raw) == decode(tuple(TYPES), raw) == reference_decode(TYPES, raw)


@pytest.mark.parametrize("raw", [b"", bytes(31), b"\xff" * 96])
def test_decode__of_something_else__is_refused(raw: bytes) -> None:
    with pytest.raises(DecodingError):
        decode(TYPES, raw)


def test_encode__of_another_type__is_refused() -> None:
    with pytest.raises(EncodingError):
        encode(["uint256"], ["text"])
