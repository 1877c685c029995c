"""The 192 bytes: layout, strictness, and hashes against an independent assembly of the words."""

from dataclasses import replace

import pytest
from eth_utils.crypto import keccak

from zk_acts.domain.ids import Hash32
from zk_operator.domain.ids import Address, OrderId, PoolId
from zk_operator.domain.public_values import (
    PublicValues,
    PublicValuesError,
    public_values_of,
    settlement_hash,
)
from zk_operator.domain.section import Section

VALUES = PublicValues(
    chain_id=31337,
    manager=Address(b"\xaa" * 20),
    orders_root=Hash32(b"\x11" * 32),
    settlement_hash=Hash32(b"\x22" * 32),
    valid_until=1_900_000_000,
)
SECTION = Section(
    pool_id=PoolId(b"\x01" * 32),
    price_x128=1 << 128,
    remainder_zero_for_one=True,
    remainder_in=7,
    min_out=5,
    fee_bps=30,
    order_ids=(OrderId(b"\x02" * 32), OrderId(b"\x03" * 32)),
)


def word(value: int) -> bytes:
    return value.to_bytes(32)


def test_public_values__encoded__are_six_words_in_order() -> None:
    assert VALUES.encode() == b"".join(
        [
            word(1),
            word(31337),
            bytes(12) + b"\xaa" * 20,
            b"\x11" * 32,
            b"\x22" * 32,
            word(1_900_000_000),
        ]
    )
    assert VALUES.hash() == keccak(VALUES.encode())


def test_public_values__decoded__round_trip() -> None:
    assert PublicValues.decode(VALUES.encode()) == VALUES


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        VALUES.encode()[:-1],
        VALUES.encode() + b"\x00",
        replace(VALUES, version=2).encode(),
        VALUES.encode()[:64] + b"\x01" + VALUES.encode()[65:],
    ],
)
def test_public_values__not_canonical__raise(raw: bytes) -> None:
    with pytest.raises(PublicValuesError):
        PublicValues.decode(raw)


def test_settlement_hash__one_section__equals_hand_assembled_abi() -> None:
    body = b"".join(
        [
            word(0x20),  # offset of the array
            word(1),  # sections
            word(0x20),  # offset of the first
            SECTION.pool_id,
            word(1 << 128),
            word(1),
            word(7),
            word(5),
            word(30),
            word(0xE0),  # offset of orderIds
            word(2),
            *SECTION.order_ids,
        ]
    )
    assert settlement_hash([SECTION]) == keccak(body)


def test_public_values_of__two_sections__concatenates_ids_in_section_order() -> None:
    second = replace(SECTION, pool_id=PoolId(b"\x09" * 32), order_ids=(OrderId(b"\x01" * 32),))
    values = public_values_of(
        [SECTION, second], chain_id=1, manager=Address(bytes(20)), valid_until=1
    )
    nodes = [keccak(b * 32) for b in (b"\x02", b"\x03", b"\x01")]
    assert values.orders_root == keccak(keccak(nodes[0] + nodes[1]) + nodes[2])
    assert values.settlement_hash == settlement_hash([SECTION, second])
