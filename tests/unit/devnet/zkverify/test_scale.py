"""The SCALE codec, against scalecodec and against malformed bytes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scalecodec.base import RuntimeConfigurationObject, ScaleBytes

from zk_devnet.zkverify.scale import (
    BOOL,
    BYTES,
    STR,
    U8,
    U16,
    U32,
    U64,
    UNIT,
    Array,
    Case,
    Compact,
    Enum,
    Field,
    Option,
    Reader,
    ScaleError,
    Sequence,
    Struct,
    Tuple,
    Variant,
    decode,
    encode,
    encode_compact,
)

SHAPE = Enum(
    "test::Shape",
    (
        Variant("Empty", 0),
        Variant("One", 3, (Field(U16),)),
        Variant("Two", 4, (Field(U8), Field(BOOL))),
        Variant("Named", 9, (Field(U32, "size"), Field(Option(STR), "label"))),
    ),
)


@settings(deadline=None)
@given(st.integers(min_value=0, max_value=2**128 - 1))
def test_compact__any_integer__equals_scalecodec(value: int) -> None:
    other = RuntimeConfigurationObject().create_scale_object("Compact<u128>")
    assert encode_compact(value) == bytes(other.encode(value).data)
    assert Reader(encode_compact(value)).compact() == value


@pytest.mark.parametrize("raw", ["0100", "02000000", "0300000000", "0304000000", "070000ff0000"])
def test_compact__not_the_shortest_form__is_refused(raw: str) -> None:
    with pytest.raises(ScaleError):
        Reader(bytes.fromhex(raw)).compact()


@given(st.lists(st.tuples(st.integers(0, 2**64 - 1), st.binary(max_size=100))))
def test_codec__sequence_of_tuples__round_trips(value: list[tuple[int, bytes]]) -> None:
    shape = Sequence(Tuple((U64, BYTES)))
    assert decode(shape, encode(shape, value)) == value


@pytest.mark.parametrize(
    ("value", "raw"),
    [
        (Case("Empty"), "00"),
        (Case("One", 258), "030201"),
        (Case("Two", (7, True)), "040701"),
        (Case("Named", {"size": 1, "label": "ab"}), "090100000001086162"),
        (Case("Named", {"size": 1, "label": None}), "090100000000"),
    ],
)
def test_codec__enum__has_the_expected_bytes(value: Case, raw: str) -> None:
    assert encode(SHAPE, value).hex() == raw
    assert decode(SHAPE, bytes.fromhex(raw)) == value


def test_codec__newtype__is_its_content() -> None:
    wrapper = Struct("test::Hash", (Field(Array(U8, 4)),))
    assert decode(wrapper, encode(wrapper, b"abcd")) == b"abcd"


@pytest.mark.parametrize(
    ("shape", "raw"),
    [
        (BOOL, "02"),
        (SHAPE, "01"),
        (U32, "000000"),
        (U8, "0000"),
        (BYTES, "08ff"),
        (Option(U8), "0200"),
    ],
)
def test_decode__malformed__is_refused(shape: Enum, raw: str) -> None:
    with pytest.raises(ScaleError):
        decode(shape, bytes.fromhex(raw))


@pytest.mark.parametrize(
    ("shape", "value"), [(U8, 256), (U8, -1), (Array(U8, 2), b"abc"), (SHAPE, "Round")]
)
def test_encode__value_not_of_the_type__is_refused(shape: Enum, value: object) -> None:
    with pytest.raises(ScaleError):
        encode(shape, value)


def test_decode__huge_claimed_length__is_refused_without_allocating() -> None:
    with pytest.raises(ScaleError):
        decode(Sequence(U32), encode_compact(2**32))


def test_compact__of_unit__reads_nothing_more_than_the_integer() -> None:
    assert ScaleBytes("0x04").data == bytearray(b"\x04")
    assert decode(Compact(UNIT), b"\x04") == 1
