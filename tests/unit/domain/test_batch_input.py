"""The batch program's input: its encoding is exact, and nothing else decodes."""

import pytest

from zk_operator.domain.batch_input import BatchInput, BatchInputMalformed, sp1_stdin
from zk_operator.domain.ids import Address, OrderId, PoolId
from zk_operator.domain.order import Order
from zk_operator.domain.section import Section

POOL = PoolId(b"\x22" * 32)


def sample() -> BatchInput:
    section = Section(
        pool_id=POOL,
        price_x128=5 << 127,
        remainder_zero_for_one=True,
        remainder_in=1191,
        min_out=2900,
        fee_bps=30,
        order_ids=(OrderId(b"\x01" * 32), OrderId(b"\x02" * 32)),
    )
    order = Order(
        owner=Address(b"\x33" * 20),
        pool_id=POOL,
        zero_for_one=True,
        amount_in=1000,
        min_out=2441,
        deadline=1_800_000_000,
        salt=2**256 - 1,
    )
    return BatchInput(
        chain_id=31337,
        manager=Address(b"\x44" * 20),
        valid_until=1_700_000_000,
        sections=(section,),
        orders=(order, order),
    )


def test_batch_input__encoded_and_decoded__is_the_same() -> None:
    assert BatchInput.decode(sample().encode()) == sample()


def test_batch_input__first_words__are_version_chain_and_manager() -> None:
    data = sample().encode()
    assert int.from_bytes(data[:32], "big") == 1
    assert int.from_bytes(data[32:64], "big") == 31337
    assert data[76:96] == b"\x44" * 20


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:-1],
        lambda data: data + b"\x00",
        lambda data: b"\x00" * 31 + b"\x02" + data[32:],
        lambda data: data[:64] + b"\x01" + data[65:],
        lambda data: data[:128] + b"\xff" * 32 + data[160:],
    ],
    ids=["empty", "short", "trailing", "version", "dirty address", "wild offset"],
)
def test_batch_input__damaged__is_refused(damage) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(BatchInputMalformed):
        BatchInput.decode(damage(sample().encode()))


def test_stdin__one_u32__is_the_36_bytes_that_the_sdk_writes() -> None:
    number = (1000).to_bytes(4, "little")
    expected = "01" + "00" * 7 + "04" + "00" * 7 + "e8030000" + "00" * 16
    assert sp1_stdin([number]).hex() == expected
