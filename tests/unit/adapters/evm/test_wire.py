"""JSON-RPC values and redaction."""

from collections.abc import Callable

import pytest

from zk_operator.adapters.evm import wire
from zk_operator.domain.failures import MalformedAnswer


def test_quantity__hex__is_the_integer() -> None:
    assert wire.quantity("0x0", "x") == 0
    assert wire.quantity("0x1f", "x") == 31
    assert wire.as_hex(31) == "0x1f"


@pytest.mark.parametrize(
    "value", [None, 1, "1", "0x", "0xzz", b"0x1", True, "0x-1", "0x1_0", "0x 1"]
)
def test_quantity__anything_else__is_malformed(value: object) -> None:
    with pytest.raises(MalformedAnswer):
        wire.quantity(value, "x")


@pytest.mark.parametrize("value", [None, "", "12", "0x1", "0xgg", "0x 12", 5])
def test_data__anything_but_hex_bytes__is_malformed(value: object) -> None:
    with pytest.raises(MalformedAnswer):
        wire.data(value, "x")


def test_data__wrong_size__is_malformed() -> None:
    assert wire.data("0x0102", "x", 2) == b"\x01\x02"
    with pytest.raises(MalformedAnswer):
        wire.data("0x0102", "x", 3)


@pytest.mark.parametrize(
    ("reader", "value"),
    [(wire.members, []), (wire.members, "x"), (wire.items, {}), (wire.items, "x")],
)
def test_containers__wrong_kind__is_malformed(
    reader: Callable[[object, str], object], value: object
) -> None:
    with pytest.raises(MalformedAnswer):
        reader(value, "x")


def test_quantity__more_than_its_bits__is_malformed() -> None:
    assert wire.quantity("0x" + "f" * 64, "x") == 2**256 - 1
    assert wire.quantity("0x" + "0" * 500 + "1", "x") == 1
    assert wire.place("0x7fffffffffffffff", "x") == 2**63 - 1
    for reader, value in ((wire.quantity, "0x1" + "0" * 64), (wire.place, "0x8000000000000000")):
        with pytest.raises(MalformedAnswer):
            reader(value, "x")


def test_quantity__a_million_digits__is_an_error_that_can_be_said() -> None:
    with pytest.raises(MalformedAnswer) as caught:
        wire.quantity("0x" + "f" * 1_000_000, "x")
    assert len(str(caught.value)) < 300
