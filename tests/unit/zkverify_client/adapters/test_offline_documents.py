"""Unsigned extrinsics from elsewhere: what is none is refused before anything is signed."""

import json

import pytest

from zkverify_client.adapters.errors import MalformedChainAnswer
from zkverify_client.adapters.offline import UnsignedExtrinsic

DOCUMENT: dict[str, object] = {
    "account": "0x" + "05" * 32,
    "call": "0x0102",
    "genesis": "0x" + "09" * 32,
    "nonce": 3,
    "tip": "5",
    "birth_block": 64,
    "birth_hash": "0x" + "09" * 32,
    "period": 64,
    "spec_name": "zkv-runtime",
    "spec_version": 1_006_002,
    "transaction_version": 1,
    "extensions": ["CheckNonce", "CheckMortality"],
}


def test_from_json__what_to_json_wrote__comes_back() -> None:
    unsigned = UnsignedExtrinsic.from_json(json.dumps(DOCUMENT))
    assert UnsignedExtrinsic.from_json(unsigned.to_json()) == unsigned
    assert unsigned.payload.startswith(b"\x01\x02")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("nonce", 2**32),
        ("nonce", -1),
        ("tip", str(2**128)),
        ("period", 63),
        ("period", 0),
        ("spec_version", 2**32),
        ("transaction_version", -1),
        ("birth_block", 10**400),
        ("call", 5),
        ("call", "0x"),
        ("call", "0x01"),
        ("extensions", 5),
        ("account", "0x05"),
    ],
)
def test_from_json__a_part_that_cannot_be_signed__is_malformed(name: str, value: object) -> None:
    with pytest.raises(MalformedChainAnswer):
        UnsignedExtrinsic.from_json(json.dumps({**DOCUMENT, name: value}))


@pytest.mark.parametrize("text", ["[" * 100_000, "[]", "1", "", '{"nonce": 1e999}'])
def test_from_json__no_document__is_malformed(text: str) -> None:
    with pytest.raises(MalformedChainAnswer):
        UnsignedExtrinsic.from_json(text)
