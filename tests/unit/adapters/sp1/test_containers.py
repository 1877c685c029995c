"""SP1's proof containers: the real ones come back byte for byte; damaged ones are refused and nothing else happens."""

import contextlib
from array import array
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zk_operator.adapters.sp1.bn254_container import Bn254Body
from zk_operator.adapters.sp1.opaque_container import OpaqueBody
from zk_operator.adapters.sp1.reader import MAX_ITEMS, BincodeReader, sized
from zk_operator.adapters.sp1.recursion_values import (
    V5,
    V6,
    CoreValues,
    Layout,
    RecursionValues,
    fold,
    read_core_values,
    read_recursion_values,
)
from zk_operator.adapters.sp1.saved_proof import Mode, SavedProof, decode_saved_proof
from zk_operator.adapters.sp1.schema import (
    U64,
    Elements,
    Maybe,
    Schema,
    Struct,
    Tensor,
    Text,
    Vec,
    Words,
)
from zk_operator.adapters.sp1.shrink_container import CONTAINER, decode_shrink
from zk_operator.adapters.sp1.stark_container import COMPRESSED, CORE, StarkBody
from zk_operator.domain.failures import ProofMalformed

VECTORS = Path(__file__).resolve().parents[5] / "shared" / "vectors"


def vector(name: str) -> bytes:
    path = VECTORS / name
    if not path.is_file():
        pytest.skip(f"the vectors folder is absent: {name}")
    return path.read_bytes()


words = st.integers(0, 2**256 - 1)


@st.composite
def wrapped(draw: st.DrawFn) -> SavedProof:
    mode = draw(st.sampled_from([Mode.GROTH16, Mode.PLONK]))
    inputs = tuple(draw(st.lists(words, min_size=2, max_size=5).filter(lambda x: len(x) in (2, 5))))
    size = 256 if mode is Mode.GROTH16 else 864
    plain = draw(st.binary(min_size=size, max_size=size))
    is_saved = draw(st.booleans())
    return SavedProof(
        mode=mode,
        body=Bn254Body(
            inputs=inputs,
            encoded_proof=b"".join(value.to_bytes(32) for value in inputs[2:]) + plain,
            raw_proof=draw(st.binary(max_size=400)),
            vk_sha256=draw(st.binary(min_size=32, max_size=32)),
        ),
        public_values=draw(st.binary(max_size=300)),
        sp1_version=draw(st.sampled_from(["v5.0.0", "v6.1.0", "v10.20.30"])),
        is_saved=is_saved,
        tee_proof=draw(st.none() | st.binary(max_size=90)) if is_saved else None,
    )


@given(wrapped())
def test_saved_proof__any_wrapped_proof__comes_back(proof: SavedProof) -> None:
    assert decode_saved_proof(proof.encode()) == proof


@given(wrapped(), st.data())
def test_saved_proof__cut_anywhere__never_decodes_to_itself(
    proof: SavedProof, data: st.DataObject
) -> None:
    raw = proof.encode()
    at = data.draw(st.integers(0, len(raw) - 1))
    with contextlib.suppress(ProofMalformed):
        assert decode_saved_proof(raw[:at]).encode() == raw[:at]


@given(st.integers(0, 3), st.binary(max_size=600))
def test_saved_proof__random_bytes__are_malformed_or_encode_back(tag: int, tail: bytes) -> None:
    raw = tag.to_bytes(4, "little") + tail
    with contextlib.suppress(ProofMalformed):
        assert decode_saved_proof(raw).encode() == raw


@given(
    st.sampled_from([Mode.CORE, Mode.COMPRESSED]),
    st.binary(min_size=8, max_size=900),
    st.binary(max_size=64),
    st.none() | st.binary(max_size=64),
)
def test_saved_proof__an_opaque_body__keeps_every_byte(
    mode: Mode, body: bytes, public_values: bytes, tee_proof: bytes | None
) -> None:
    proof = SavedProof(
        mode=mode,
        body=OpaqueBody(raw=body, values=None),
        public_values=public_values,
        sp1_version="v5.0.0",
        is_saved=True,
        tee_proof=tee_proof,
    )
    decoded = decode_saved_proof(proof.encode())
    assert decoded.encode() == proof.encode()
    assert (decoded.mode, decoded.sp1_version) == (mode, "v5.0.0")


def test_saved_proof__the_real_v5_groth16__comes_back_byte_for_byte() -> None:
    raw = vector("sp1-groth16/v5.0.0-fibonacci-proof.bin")
    proof = decode_saved_proof(raw)
    assert proof.encode() == raw
    assert (proof.mode, proof.sp1_version) == (Mode.GROTH16, "v5.0.0")
    assert proof.public_values.hex() == "140000006d1a0000d30b0000"


def test_saved_proof__the_real_v6_compressed__comes_back_with_its_claims() -> None:
    raw = vector("sp1-v6/fibonacci-compressed.bin")
    proof = decode_saved_proof(raw)
    assert proof.encode() == raw
    assert proof.public_values.hex() == "e80300004d170000430e0000"
    assert isinstance(proof.body, StarkBody)
    assert isinstance(proof.body.values, RecursionValues)
    assert proof.body.values.vkey.hex() == (
        "00256800bc27abe0ad8b2c7b8362771c8752ea0d6589a23a1e63d9f3c39cf13c"
    )
    assert (proof.body.values.exit_code, proof.body.values.is_complete) == (0, True)


def test_saved_proof__under_zstd__is_the_same_when_unpacked() -> None:
    raw = vector("sp1-v6/fibonacci-compressed.bin")
    packed = zstandard.ZstdCompressor(level=3).compress(raw)
    assert decode_saved_proof(zstandard.ZstdDecompressor().decompress(packed)).encode() == raw


def test_shrink__the_real_proof__comes_back_byte_for_byte() -> None:
    raw = vector("zkverify/sp1-shrink-proof.bin")
    proof = decode_shrink(raw)
    assert proof.encode() == raw
    assert len(proof.parts["shard_proof"]["opened_values"]) == 9
    assert len(proof.parts["shard_proof"]["opening_proof"]["fri_proof"]["query_proofs"]) == 50
    assert len(proof.parts["vk_merkle_proof"]["path"]) == 19
    assert proof.parts["vk_merkle_proof"]["index"] == 101_826


@settings(max_examples=25, deadline=None)
@given(at=st.integers(0, 670_000))
def test_shrink__cut_anywhere__is_malformed(at: int) -> None:
    raw = vector("zkverify/sp1-shrink-proof.bin")
    with pytest.raises(ProofMalformed):
        decode_shrink(raw[:at])


@settings(max_examples=40, deadline=None)
@given(at=st.integers(0, 670_334), bit=st.integers(0, 7))
def test_shrink__a_flipped_bit__is_malformed_or_changes_one_place(at: int, bit: int) -> None:
    raw = bytearray(vector("zkverify/sp1-shrink-proof.bin"))
    raw[at] ^= 1 << bit
    with contextlib.suppress(ProofMalformed):
        assert decode_shrink(bytes(raw)).encode() == bytes(raw)


SCHEMA = Struct(
    {
        "n": U64(),
        "name": Text(),
        "rows": Vec(Elements(97)),
        "pair": Words(2, 97),
        "perhaps": Maybe(Text()),
        "matrix": Tensor(Elements(97, width=2)),
    }
)
element = st.integers(0, 96)


@st.composite
def tensor(draw: st.DrawFn) -> dict[str, object]:
    dimensions = tuple(draw(st.lists(st.integers(0, 3), max_size=3)))
    size = 2
    for dimension in dimensions:
        size *= dimension
    storage = draw(st.lists(element, min_size=size, max_size=size))
    return {"storage": array("I", storage), "dimensions": dimensions}


@given(
    st.fixed_dictionaries(
        {
            "n": st.integers(0, 2**64 - 1),
            "name": st.text(max_size=20),
            "rows": st.lists(st.lists(element, max_size=4).map(lambda row: array("I", row))).map(
                tuple
            ),
            "pair": st.tuples(element, element),
            "perhaps": st.none() | st.text(max_size=5),
            "matrix": tensor(),
        }
    )
)
def test_schema__any_value__comes_back(value: dict[str, object]) -> None:
    assert SCHEMA.read(BincodeReader(SCHEMA.write(value))) == value


def anything(schema: Schema) -> st.SearchStrategy[object]:
    """Any small value of a schema, the real ones of SP1 included."""
    match schema:
        case Struct(fields=fields):
            return st.fixed_dictionaries({name: anything(one) for name, one in fields.items()})
        case Vec(item=item):
            return st.lists(anything(item), max_size=2).map(tuple)
        case Maybe(item=item):
            return st.none() | anything(item)
        case Words(size=size, modulus=modulus):
            return st.tuples(*[st.integers(0, modulus - 1)] * size)
        case Elements(modulus=modulus, width=width):
            words = st.integers(0, modulus - 1)
            groups = st.integers(0, 2).flatmap(
                lambda n: st.lists(words, min_size=n * width, max_size=n * width)
            )
            return groups.map(lambda row: array("I", row))
        case Tensor(elements=elements):
            return anything(elements).map(
                lambda row: {"storage": row, "dimensions": (_size(row) // elements.width,)}
            )
        case Text():
            return st.text(max_size=8)
    return st.integers(0, 2**64 - 1)


def _size(row: object) -> int:
    assert isinstance(row, array)
    return len(row)


LAYOUTS: dict[str, Schema] = {"core": CORE, "compressed": COMPRESSED, "shrink": CONTAINER}


@pytest.mark.parametrize("name", LAYOUTS)
@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_layouts__any_value__comes_back(name: str, data: st.DataObject) -> None:
    value = data.draw(anything(LAYOUTS[name]))
    reader = BincodeReader(LAYOUTS[name].write(value))
    assert LAYOUTS[name].read(reader) == value
    assert reader.left == 0


@given(st.binary(max_size=200))
def test_schema__random_bytes__are_malformed_or_encode_to_what_was_read(raw: bytes) -> None:
    reader = BincodeReader(raw)
    with contextlib.suppress(ProofMalformed):
        assert SCHEMA.write(SCHEMA.read(reader)) == raw[: reader.at]


def test_reader__a_count_beyond_the_data__is_refused_before_anything_is_made() -> None:
    with pytest.raises(ProofMalformed):
        Vec(U64()).read(BincodeReader((2**63).to_bytes(8, "little")))
    with pytest.raises(ProofMalformed):
        BincodeReader(sized(b"x" * 10)).blob(limit=9)


def test_reader__more_parts_than_a_proof_has__are_refused() -> None:
    bomb = (MAX_ITEMS + 1).to_bytes(8, "little") + bytes(8 * (MAX_ITEMS + 1))
    with pytest.raises(ProofMalformed, match="parts"):
        Vec(Elements(97)).read(BincodeReader(bomb))


@pytest.mark.parametrize(
    ("schema", "raw"),
    [
        (Maybe(U64()), b"\x02" + bytes(8)),
        (Tensor(Elements(97)), bytes(8) + (1).to_bytes(8, "little") * 2),
        (Tensor(Elements(97)), bytes(8) + (4).to_bytes(8, "little") + bytes(32)),
        (Elements(97), (1).to_bytes(8, "little") + (97).to_bytes(4, "little")),
    ],
    ids=["tag", "dimensions", "four-dimensions", "field"],
)
def test_schema__what_rust_would_not_take__is_malformed(schema: Schema, raw: bytes) -> None:
    with pytest.raises(ProofMalformed):
        schema.read(BincodeReader(raw))


@pytest.mark.parametrize("layout", [V5, V6])
def test_recursion_values__words_outside_the_field__are_none(layout: Layout) -> None:
    found = read_recursion_values([0] * layout.size, layout)
    assert found is not None
    assert (found.exit_code, found.is_complete) == (0, False)
    altered = [0] * layout.size
    altered[layout.vkey] = layout.field
    assert read_recursion_values(altered, layout) is None


def test_core_values__of_a_shard__are_digest_and_exit_code() -> None:
    shard = [0] * 187
    shard[32:64] = range(32)
    shard[87] = 3
    assert read_core_values(shard) == CoreValues(digest=bytes(range(32)), exit_code=3)
    assert read_core_values(shard[:-1]) is None
    shard[40] = 256
    assert read_core_values(shard) is None


def test_fold__eight_words__is_the_bytes32_form() -> None:
    assert fold((0,) * 7 + (5,)).hex() == f"{5:064x}"
    assert int.from_bytes(fold((1, 0, 0, 0, 0, 0, 0, 0))) == 1 << (31 * 7)
