import pytest
from hypothesis import given
from hypothesis import strategies as st
from scalecodec.base import RuntimeConfigurationObject, ScaleBytes
from scalecodec.type_registry import load_type_registry_preset

from zkverify_client.adapters.errors import MalformedChainAnswer
from zkverify_client.adapters.scale import Reader, compact, mortal_era

CODEC = RuntimeConfigurationObject()
CODEC.update_type_registry(load_type_registry_preset("core"))


@given(st.integers(min_value=0, max_value=2**128))
def test_compact__any_size__is_the_codec_libraries(value: int) -> None:
    theirs = CODEC.create_scale_object("Compact<u32>")
    assert compact(value) == bytes(theirs.encode(value).data)
    assert Reader(compact(value)).compact() == value


@given(st.sampled_from([4, 16, 64, 256, 4096]), st.integers(min_value=0, max_value=2**31))
def test_mortal_era__up_to_4096_blocks__is_the_codec_libraries(period: int, birth: int) -> None:
    theirs = CODEC.create_scale_object("Era")
    encoded = theirs.encode({"period": period, "phase": birth % period})
    assert mortal_era(period, birth) == bytes(encoded.data)


@given(st.integers(min_value=0, max_value=2**31))
def test_mortal_era__read_by_the_library__dies_one_period_after_its_birth(birth: int) -> None:
    theirs = CODEC.create_scale_object("Era", ScaleBytes(bytearray(mortal_era(64, birth))))
    theirs.decode()
    assert (theirs.birth(birth), theirs.death(birth)) == (birth, birth + 64)


@pytest.mark.parametrize(("period", "birth"), [(3, 0), (2, 0), (131072, 0), (65536, 1)])
def test_mortal_era__not_expressible__is_refused(period: int, birth: int) -> None:
    with pytest.raises(ValueError, match="era"):
        mortal_era(period, birth)


def test_compact__negative__is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        compact(-1)


def test_reader__bytes_that_end__raises_our_error() -> None:
    with pytest.raises(MalformedChainAnswer):
        Reader(b"\x08a").byte_vector()


def test_reader__bytes_left_over__raises_our_error() -> None:
    with pytest.raises(MalformedChainAnswer):
        Reader(b"a").finish()
