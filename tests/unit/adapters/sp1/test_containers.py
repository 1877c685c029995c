"""SP1's proof containers: the real ones come back byte for byte; damaged ones are refused and nothing else happens."""

import contextlib
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from zk_operator.adapters.sp1.bn254_container import Bn254Body
from zk_operator.adapters.sp1.reader import BincodeReader, sized
from zk_operator.adapters.sp1.recursion_values import V5, V6, fold, read_recursion_values
from zk_operator.adapters.sp1.saved_proof import (
    Mode,
    OpaqueBody,
    SavedProof,
    decode_saved_proof,
)
from zk_operator.adapters.sp1.schema import U64, Elements, Struct, Text, Vec, Words
from zk_operator.adapters.sp1.shrink_container import decode_shrink
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
        sp1_version="v6.1.0",
        is_saved=True,
        tee_proof=tee_proof,
    )
    decoded = decode_saved_proof(proof.encode())
    assert decoded.encode() == proof.encode()
    assert (decoded.mode, decoded.sp1_version) == (mode, "v6.1.0")


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
    assert isinstance(proof.body, OpaqueBody)
    assert proof.body.values is not None
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


SCHEMA = Struct({"n": U64(), "name": Text(), "rows": Vec(Elements(97)), "pair": Words(2, 97)})


@given(
    st.fixed_dictionaries(
        {
            "n": st.integers(0, 2**64 - 1),
            "name": st.text(max_size=20),
            "rows": st.lists(st.lists(st.integers(0, 96), max_size=4).map(tuple), max_size=4).map(
                tuple
            ),
            "pair": st.tuples(st.integers(0, 96), st.integers(0, 96)),
        }
    )
)
def test_schema__any_value__comes_back(value: dict[str, object]) -> None:
    assert SCHEMA.read(BincodeReader(SCHEMA.write(value))) == value


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


@pytest.mark.parametrize("layout", [V5, V6])
def test_recursion_values__words_outside_the_field__are_none(layout: object) -> None:
    assert isinstance(layout, type(V5))
    raw = bytearray(4 * layout.size)
    found = read_recursion_values(bytes(raw), layout)
    assert found is not None
    assert (found.exit_code, found.is_complete) == (0, False)
    raw[4 * layout.vkey : 4 * layout.vkey + 4] = b"\xff" * 4
    assert read_recursion_values(bytes(raw), layout) is None


def test_fold__eight_words__is_the_bytes32_form() -> None:
    assert fold((0,) * 7 + (5,)).hex() == f"{5:064x}"
    assert int.from_bytes(fold((1, 0, 0, 0, 0, 0, 0, 0))) == 1 << (31 * 7)
