"""The devnet's Groth16 key: facts, encodings and proofs, against real SP1 and zkVerify artefacts."""

import dataclasses
import json
import secrets
from hashlib import sha256
from pathlib import Path

import pytest

from zk_devnet.groth16_dev import check, encoding, key, prove
from zk_devnet.groth16_dev.curve import G1Point, G2Point, g1_times, g2_times
from zk_devnet.groth16_dev.field import P, R
from zk_devnet.groth16_dev.trapdoor import VerifyingKey, dev_verifying_key

VECTORS = Path(__file__).parents[5] / "shared" / "vectors"
HALF = (P - 1) // 2

needs_vectors = pytest.mark.skipif(not VECTORS.is_dir(), reason="shared/vectors is absent")


def inputs(**changes: int) -> prove.PublicInputs:
    base = prove.public_inputs(
        program_vkey=b"\x00" + b"\x11" * 31, public_values=b"values", exit_code=0, nonce=5
    )
    return dataclasses.replace(base, **changes)


def test_key__recomputed_from_the_seed__equals_the_published_facts() -> None:
    vk = dev_verifying_key()
    data = encoding.gnark_vk_bytes(vk)
    assert len(data) == 492
    assert sha256(data).digest() == key.GNARK_VK_SHA256
    assert encoding.zkverify_vk_hash(vk) == key.ZKVERIFY_VK_HASH
    root = sha256(f"{key.SEED}/recursion-root".encode()).digest()
    assert b"\x00" + root[1:] == key.RECURSION_ROOT


def test_prove__any_inputs__passes_the_pairing() -> None:
    for exit_code in (0, 1):
        proof = prove.prove(inputs(exit_code=exit_code), secrets.randbelow)
        assert check.verifies(proof.words(), inputs(exit_code=exit_code))


@pytest.mark.parametrize(
    "changes",
    [{"nonce": 6}, {"exit_code": 1}, {"recursion_root": 1}, {"values_digest": 2}],
)
def test_verifies__other_inputs__refuses(changes: dict[str, int]) -> None:
    proof = prove.prove(inputs(), secrets.randbelow)
    assert not check.verifies(proof.words(), inputs(**changes))


@pytest.mark.parametrize("position", [0, 63, 64, 191, 192, 255])
def test_verifies__a_flipped_bit__refuses(position: int) -> None:
    words = bytearray(prove.prove(inputs(), secrets.randbelow).words())
    words[position] ^= 1
    assert not check.verifies(bytes(words), inputs())


def test_prove__an_input_outside_the_field__is_refused() -> None:
    with pytest.raises(ValueError, match="scalar field"):
        prove.prove(inputs(nonce=R), secrets.randbelow)


def test_multiples__zero__has_no_affine_form() -> None:
    with pytest.raises(ValueError, match="affine"):
        g1_times(R)


def test_multiples__known_values__agree_with_the_eips() -> None:
    # 2*G1 as in EIP-196's own vectors
    assert g1_times(2) == (
        0x030644E72E131A029B85045B68181585D97816A916871CA8D3C208C16D87CFD3,
        0x15ED738C0E0A7C92E7845F96B2AE9C0A68A6A449E3538FC7FF3EBF7A5A18A2C4,
    )
    x, y = g2_times(R - 1)
    assert (x, y[0]) == (g2_times(1)[0], P - g2_times(1)[1][0])


def test_onchain_bytes__v6__has_selector_root_and_nonce_in_place() -> None:
    proof = prove.prove(inputs(), secrets.randbelow)
    data = prove.onchain_bytes(proof, inputs())
    assert len(data) == 356
    assert data[:4] == key.GNARK_VK_SHA256[:4]
    assert data[4:36] == bytes(32)
    assert data[36:68] == key.RECURSION_ROOT
    assert int.from_bytes(data[68:100], "big") == 5
    assert data[100:] == proof.words()
    assert prove.raw_proof(proof) == proof.words() + bytes(68)


def test_public_inputs__digest__loses_its_top_three_bits() -> None:
    values = next(v for v in (bytes([n]) for n in range(256)) if sha256(v).digest()[0] > 0x9F)
    got = prove.public_inputs(program_vkey=bytes(32), public_values=values, exit_code=0, nonce=0)
    digest = sha256(values).digest()
    assert got.values_digest.to_bytes(32, "big") == bytes([digest[0] & 0x1F]) + digest[1:]


@needs_vectors
def test_gnark_encoding__the_real_v6_key__round_trips_and_checks_the_real_proof() -> None:
    data = (VECTORS / "sp1-groth16/v6.0.0-groth16_vk.bin").read_bytes()
    vk = _decode_gnark(data)
    assert encoding.gnark_vk_bytes(vk) == data
    fixture = json.loads((VECTORS / "sp1-groth16/v6.0.0-fixture.json").read_text())
    proof = bytes.fromhex(fixture["proof"][2:])
    real = dataclasses.replace(
        prove.public_inputs(
            program_vkey=bytes.fromhex(fixture["vkey"][2:]),
            public_values=bytes.fromhex(fixture["publicValues"][2:]),
            exit_code=int.from_bytes(proof[4:36], "big"),
            nonce=int.from_bytes(proof[68:100], "big"),
        ),
        recursion_root=int.from_bytes(proof[36:68], "big"),
    )
    assert check.verifies(proof[100:], real, vk)
    assert not check.verifies(proof[100:], real)


@needs_vectors
def test_zkverify_encoding__a_real_key__has_the_recorded_hash() -> None:
    fixture = json.loads((VECTORS / "zkverify/groth16-bn254.json").read_text())
    raw = fixture["vk"]
    unused = g1_times(1), g2_times(1)
    vk = VerifyingKey(
        alpha_g1=_little_g1(raw["alphaG1"]),
        beta_g1=unused[0],
        beta_g2=_little_g2(raw["betaG2"]),
        gamma_g2=_little_g2(raw["gammaG2"]),
        delta_g1=unused[0],
        delta_g2=_little_g2(raw["deltaG2"]),
        k=tuple(_little_g1(point) for point in raw["gammaAbcG1"]),
    )
    assert "0x" + encoding.zkverify_vk_hash(vk).hex() == fixture["vk_hash"]


def _little(text: str) -> list[int]:
    data = bytes.fromhex(text[2:])
    return [int.from_bytes(data[at : at + 32], "little") for at in range(0, len(data), 32)]


def _little_g1(text: str) -> G1Point:
    x, y = _little(text)
    return x, y


def _little_g2(text: str) -> G2Point:
    x0, x1, y0, y1 = _little(text)
    return (x0, x1), (y0, y1)


def _decode_gnark(data: bytes) -> VerifyingKey:
    count = int.from_bytes(data[288:292], "big")
    return VerifyingKey(
        alpha_g1=_g1(data[0:32]),
        beta_g1=_g1(data[32:64]),
        beta_g2=_g2(data[64:128]),
        gamma_g2=_g2(data[128:192]),
        delta_g1=_g1(data[192:224]),
        delta_g2=_g2(data[224:288]),
        k=tuple(_g1(data[292 + 32 * at : 324 + 32 * at]) for at in range(count)),
    )


def _g1(data: bytes) -> G1Point:
    x = int.from_bytes(data, "big") & (2**254 - 1)
    y = pow(x**3 + 3, (P + 1) // 4, P)
    larger = data[0] >> 6 == 3
    return x, y if (y > HALF) == larger else P - y


def _g2(data: bytes) -> G2Point:
    x1 = int.from_bytes(data[:32], "big") & (2**254 - 1)
    x0 = int.from_bytes(data[32:], "big")
    y0, y1 = _sqrt_fp2(*_twist_right_side(x0, x1))
    larger = data[0] >> 6 == 3
    return (x0, x1), (y0, y1) if (y1 > HALF) == larger else (P - y0, P - y1)


def _twist_right_side(x0: int, x1: int) -> tuple[int, int]:
    cube0, cube1 = x0**3 - 3 * x0 * x1**2, 3 * x0**2 * x1 - x1**3
    inverse_82 = pow(82, -1, P)  # 3 / (9 + i) = (27 - 3i) / 82
    return (cube0 + 27 * inverse_82) % P, (cube1 - 3 * inverse_82) % P


def _sqrt_fp2(a: int, b: int) -> tuple[int, int]:
    norm = pow(a * a + b * b, (P + 1) // 4, P)
    half = pow(2, -1, P)
    for candidate in ((a + norm) * half % P, (a - norm) * half % P):
        x0 = pow(candidate, (P + 1) // 4, P)
        if x0 and x0 * x0 % P == candidate:
            return x0, b * pow(2 * x0, -1, P) % P
    raise AssertionError("not a square")
