"""Statements, key hashes and public inputs against recorded values of zkVerify and SP1."""

import hashlib
import json
from pathlib import Path

import pytest
from eth_utils.crypto import keccak

from zkverify_client.domain.bn254 import GROUP_ORDER
from zkverify_client.domain.groth16 import Groth16Proof
from zkverify_client.domain.proof_errors import ScalarError
from zkverify_client.domain.sp1_proof import decode_gnark_vk, decode_sp1_proof
from zkverify_client.domain.statement import (
    groth16_statement,
    groth16_vk_hash,
    public_values_digest,
    scalar_from_le,
    scalar_to_le,
    scale_groth16_proof,
    scale_groth16_vk,
    scale_groth16_vk_points,
    sp1_groth16_statement,
    sp1_public_inputs,
    sp1_statement,
)


def raw(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


@pytest.mark.parametrize(
    ("name", "size", "vk_hash", "sha256"),
    [
        ("v5.0.0", 656, "7fc4af8dc84751cb28eea9a6b7e6bda8ea43c1a0f917569dbaa13528b19fd9b9", "a4594c59"),
        ("v6.0.0", 854, "d65f59e4f827ae32ea23c1b563bb019754b4377ec7f7fca92b0caeb8c067735a", "0e78f4db"),
        ("v6.1.0", 854, "f302723b6a2210f61a637afc730f9216308d94c6915dcc629fc041bd5a9fb84c", "4388a21c"),
    ],
)  # fmt: skip
def test_groth16_vk_hash__sp1_circuits__equals_recorded(
    vectors: Path, name: str, size: int, vk_hash: str, sha256: str
) -> None:
    file = (vectors / "sp1-groth16" / f"{name}-groth16_vk.bin").read_bytes()
    assert hashlib.sha256(file).hexdigest().startswith(sha256)
    vk = decode_gnark_vk(file)
    assert len(scale_groth16_vk(vk)) == size
    assert groth16_vk_hash(vk).hex() == vk_hash


def test_sp1_statement__recorded_shrink_proof__equals_the_runtimes(vectors: Path) -> None:
    recorded = json.loads((vectors / "zkverify" / "sp1-shrink.json").read_text())
    statement = sp1_statement(raw(recorded["vk"]), raw(recorded["pubs"]))
    assert statement == raw(recorded["statement"])


def test_sp1_statement__inline_vector__equals_the_runtimes() -> None:
    vk = raw("45946758049372c74bceb6ba6526a9661b1915a3403125e470d5ff7f6c15c0dd")
    pubs = raw("b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9")
    assert sp1_statement(vk, pubs).hex() == (
        "1d9630f3df6630acc16075d05174a648d2c962bf2d34cabcd8a8e18be96775df"
    )


def test_groth16_statement__solidity_helpers_inputs__hashes_little_endian_scalars() -> None:
    assert scalar_to_le(42) == b"\x2a" + bytes(31)
    assert groth16_statement(bytes(32), [scalar_to_le(42), scalar_to_le(24)]) == (
        sp1_groth16_statement(bytes(32), [42, 24])
    )


def test_groth16_statement__recorded_proof__equals_recorded(vectors: Path) -> None:
    recorded = json.loads((vectors / "zkverify" / "groth16-bn254.json").read_text())
    vk = recorded["vk"]
    fixed = (raw(vk["alphaG1"]), raw(vk["betaG2"]), raw(vk["gammaG2"]), raw(vk["deltaG2"]))
    k = [raw(point) for point in vk["gammaAbcG1"]]
    # arkworks sets sign flags in these bytes: the hash is over them as they were registered
    vk_hash = keccak(scale_groth16_vk_points(fixed=fixed, k=k))
    assert vk_hash == raw(recorded["vk_hash"])
    statement = groth16_statement(vk_hash, [raw(pub) for pub in recorded["pubs"]])
    assert statement == raw(recorded["statement"])


def test_sp1_groth16_statement__v6_fixture__equals_recorded(vectors: Path) -> None:
    folder = vectors / "sp1-groth16"
    fixture = json.loads((folder / "v6.0.0-fixture.json").read_text())
    proof = decode_sp1_proof(raw(fixture["proof"]))
    assert proof.recursion_root is not None
    assert proof.nonce is not None
    inputs = sp1_public_inputs(
        program_vkey=raw(fixture["vkey"]),
        public_values=raw(fixture["publicValues"]),
        recursion_root=proof.recursion_root,
        nonce=proof.nonce,
    )
    vk = decode_gnark_vk((folder / "v6.0.0-groth16_vk.bin").read_bytes())
    assert len(scale_groth16_proof(proof.proof)) == 263
    assert sp1_groth16_statement(groth16_vk_hash(vk), inputs).hex() == (
        "d3316beac8c459c4b47b7ab5b44b1bcb18fae045ec7f57e82faa83f9e3d3db2c"
    )


def test_v5_fixture__scale_proof_and_statement__equal_recorded(vectors: Path) -> None:
    folder = vectors / "sp1-groth16"
    container = (folder / "v5.0.0-fibonacci-proof.bin").read_bytes()
    vk = decode_gnark_vk((folder / "v5.0.0-groth16_vk.bin").read_bytes())
    proof = _v5_proof(container)
    scaled = scale_groth16_proof(proof)
    assert hashlib.sha256(scaled).hexdigest() == (
        "2872ded95a5456c2dcf9c6037791dcd78815d0a1e5bdbe50a3311285c7a17360"
    )
    vkey = int("00bb9e57314d7ee4f65a4b9fb46fbeae0495f2015c5a8a737333680ce6bb424e", 16)
    inputs = [vkey, public_values_digest(raw("140000006d1a0000d30b0000"))]
    assert sp1_groth16_statement(groth16_vk_hash(vk), inputs).hex() == (
        "c9a85ded8f28601c01b54cbe0f788ad7242e76e02805d05a87eafdd2411afad0"
    )


def _v5_proof(container: bytes) -> Groth16Proof:
    """The container is bincode with `encoded_proof` as 512 hex digits behind a u64 length."""
    start = container.index((512).to_bytes(8, "little")) + 8
    body = bytes.fromhex(container[start : start + 512].decode())
    return decode_sp1_proof(bytes.fromhex("a4594c59") + body).proof


def test_public_values_digest__recorded_input__is_masked_sha256() -> None:
    digest = public_values_digest(bytes.fromhex("1234567890abcdef" * 8))
    assert hex(digest) == "0x1ce987d0a7fcc2636fe87e69295ba12b1cc46c256b369ae7401c51b805ee91bd"


def test_sp1_public_inputs__run_of_a_program__are_five_in_circuit_order() -> None:
    inputs = sp1_public_inputs(
        program_vkey=(5).to_bytes(32),
        public_values=b"",
        recursion_root=(7).to_bytes(32),
        nonce=9,
    )
    assert inputs == (5, public_values_digest(b""), 0, 7, 9)


@pytest.mark.parametrize("nonce", [-1, GROUP_ORDER])
def test_sp1_public_inputs__nonce_out_of_range__raises(nonce: int) -> None:
    with pytest.raises(ScalarError):
        sp1_public_inputs(
            program_vkey=bytes(32), public_values=b"", recursion_root=bytes(32), nonce=nonce
        )


@pytest.mark.parametrize("scalar", [bytes(31), GROUP_ORDER.to_bytes(32, "little"), b"\xff" * 32])
def test_scalar_from_le__not_a_scalar__raises(scalar: bytes) -> None:
    with pytest.raises(ScalarError):
        scalar_from_le(scalar)
    with pytest.raises(ScalarError):
        groth16_statement(bytes(32), [scalar])
