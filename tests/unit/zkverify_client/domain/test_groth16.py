"""Codecs and the pairing input against real SP1 proofs and keys, checked by an EVM's precompile."""

import json
from pathlib import Path

import pytest
from pyrevm import EVM

from zkverify_client.domain.bn254 import (
    FIELD_MODULUS,
    GROUP_ORDER,
    INFINITY,
    Fp2,
    G1Point,
    fp2_sqrt,
    g1_add,
    g1_mul,
    require_g1,
)
from zkverify_client.domain.groth16 import (
    Groth16Proof,
    Groth16Vk,
    g1_from_evm,
    g1_from_le,
    g1_to_le,
    g2_from_evm,
    g2_from_le,
    g2_to_evm,
    g2_to_le,
    pairing_input,
)
from zkverify_client.domain.proof_errors import (
    InputCountError,
    PointError,
    ProofFormatError,
    ScalarError,
    VerifyingKeyError,
)
from zkverify_client.domain.sp1_proof import (
    Sp1Proof,
    circuit_vk_sha256,
    decode_gnark_vk,
    decode_sp1_proof,
    decompress_g1,
)
from zkverify_client.domain.statement import public_values_digest, sp1_public_inputs

GENERATOR = G1Point(1, 2)
CALLER = "0x0000000000000000000000000000000000000001"
EC_ADD, EC_MUL, EC_PAIRING = (f"0x{number:040x}" for number in (6, 7, 8))


def precompile(address: str, data: bytes) -> bytes:
    return bytes(EVM().message_call(caller=CALLER, to=address, calldata=data))


def holds(vk: Groth16Vk, proof: Groth16Proof, inputs: list[int]) -> bool:
    return precompile(EC_PAIRING, pairing_input(vk, proof, inputs)) == (1).to_bytes(32)


@pytest.fixture
def v6(vectors: Path) -> tuple[Groth16Vk, bytes, list[int]]:
    """Key, on-chain proof and public inputs of a real SP1 6.0 proof."""
    folder = vectors / "sp1-groth16"
    fixture = json.loads((folder / "v6.0.0-fixture.json").read_text())
    raw = bytes.fromhex(fixture["proof"][2:])
    proof = decode_sp1_proof(raw)
    inputs = sp1_public_inputs(
        program_vkey=bytes.fromhex(fixture["vkey"][2:]),
        public_values=bytes.fromhex(fixture["publicValues"][2:]),
        recursion_root=proof.recursion_root or b"",
        nonce=proof.nonce or 0,
    )
    return decode_gnark_vk((folder / "v6.0.0-groth16_vk.bin").read_bytes()), raw, list(inputs)


def test_pairing_input__real_v6_proof__holds(v6: tuple[Groth16Vk, bytes, list[int]]) -> None:
    vk, raw, inputs = v6
    assert holds(vk, decode_sp1_proof(raw).proof, inputs)


@pytest.mark.parametrize("index", range(5))
def test_pairing_input__any_input_changed__does_not_hold(
    v6: tuple[Groth16Vk, bytes, list[int]], index: int
) -> None:
    vk, raw, inputs = v6
    inputs[index] += 1
    assert not holds(vk, decode_sp1_proof(raw).proof, inputs)


def test_pairing_input__points_swapped__does_not_hold(
    v6: tuple[Groth16Vk, bytes, list[int]],
) -> None:
    vk, raw, inputs = v6
    proof = decode_sp1_proof(raw).proof
    assert not holds(vk, Groth16Proof(a=proof.c, b=proof.b, c=proof.a), inputs)


def test_pairing_input__real_v5_proof__holds(vectors: Path) -> None:
    folder = vectors / "sp1-groth16"
    container = (folder / "v5.0.0-fibonacci-proof.bin").read_bytes()
    start = container.index((512).to_bytes(8, "little")) + 8
    body = bytes.fromhex(container[start : start + 512].decode())
    vk_bytes = (folder / "v5.0.0-groth16_vk.bin").read_bytes()
    proof = decode_sp1_proof(circuit_vk_sha256(vk_bytes)[:4] + body)
    assert proof.nonce is None
    inputs = [
        int("00bb9e57314d7ee4f65a4b9fb46fbeae0495f2015c5a8a737333680ce6bb424e", 16),
        public_values_digest(bytes.fromhex("140000006d1a0000d30b0000")),
    ]
    assert holds(decode_gnark_vk(vk_bytes), proof.proof, inputs)


def test_pairing_input__inputs_that_do_not_fit__raise(
    v6: tuple[Groth16Vk, bytes, list[int]],
) -> None:
    vk, raw, inputs = v6
    proof = decode_sp1_proof(raw).proof
    with pytest.raises(InputCountError):
        pairing_input(vk, proof, inputs[:4])
    with pytest.raises(ScalarError):
        pairing_input(vk, proof, [*inputs[:4], GROUP_ORDER])


def test_sp1_proof__decoded__round_trips_in_every_encoding(
    v6: tuple[Groth16Vk, bytes, list[int]],
) -> None:
    _, raw, _ = v6
    decoded = decode_sp1_proof(raw)
    assert decoded.encode() == raw
    assert (decoded.exit_code, decoded.nonce) == (0, 0)
    assert decoded.selector.hex() == "0e78f4db"
    short = Sp1Proof(selector=decoded.selector, proof=decoded.proof)
    assert decode_sp1_proof(short.encode()) == short
    assert len(short.encode()) == 260


@pytest.mark.parametrize("size", [0, 4, 259, 261, 355, 357])
def test_decode_sp1_proof__wrong_length__raises(size: int) -> None:
    with pytest.raises(ProofFormatError):
        decode_sp1_proof(bytes(size))


@pytest.mark.parametrize("start", [100, 132, 164, 196, 228, 260, 292, 324])
def test_decode_sp1_proof__a_coordinate_changed__raises(
    v6: tuple[Groth16Vk, bytes, list[int]], start: int
) -> None:
    raw = bytearray(v6[1])
    raw[start + 31] ^= 1
    with pytest.raises(PointError):
        decode_sp1_proof(bytes(raw))


@pytest.mark.parametrize("start", [4, 36, 68])
def test_decode_sp1_proof__word_not_below_the_group_order__raises(
    v6: tuple[Groth16Vk, bytes, list[int]], start: int
) -> None:
    raw = bytearray(v6[1])
    raw[start : start + 32] = GROUP_ORDER.to_bytes(32)
    with pytest.raises(ScalarError):
        decode_sp1_proof(bytes(raw))


def test_decode_gnark_vk__damaged__raises(vectors: Path) -> None:
    raw = (vectors / "sp1-groth16" / "v6.1.0-groth16_vk.bin").read_bytes()
    flagless = bytes([raw[0] & 0x3F]) + raw[1:]
    count = raw[:288] + (7).to_bytes(4) + raw[292:]
    infinity = bytes([0x40]) + bytes(31) + raw[32:]
    for damaged in (b"", raw[:-1], raw + b"\x00", raw[:-1] + b"\x01", flagless, count, infinity):
        with pytest.raises(VerifyingKeyError):
            decode_gnark_vk(damaged)


def test_g1__recorded_circuit_points__agree_with_the_precompiles(vectors: Path) -> None:
    vk = decode_gnark_vk((vectors / "sp1-groth16" / "v6.1.0-groth16_vk.bin").read_bytes())
    left, right, scalar = vk.k[0], vk.k[1], GROUP_ORDER - 12345
    data = b"".join(value.to_bytes(32) for value in (left.x, left.y, right.x, right.y))
    assert g1_from_evm(precompile(EC_ADD, data)) == g1_add(left, right)
    data = b"".join(value.to_bytes(32) for value in (left.x, left.y, scalar))
    assert g1_from_evm(precompile(EC_MUL, data)) == g1_mul(left, scalar)
    for point in (vk.beta, vk.gamma, vk.delta):
        assert g2_from_le(g2_to_le(point)) == point
        assert g2_from_evm(g2_to_evm(point)) == point


def test_g1_arithmetic__neutral_and_inverse__hold() -> None:
    assert g1_add(GENERATOR, INFINITY) == GENERATOR == g1_add(INFINITY, GENERATOR)
    assert g1_add(GENERATOR, -GENERATOR) == INFINITY
    assert g1_mul(GENERATOR, GROUP_ORDER) == INFINITY
    assert g1_mul(GENERATOR, 0) == INFINITY
    assert g1_mul(GENERATOR, 3) == g1_add(g1_add(GENERATOR, GENERATOR), GENERATOR)


@pytest.mark.parametrize(
    "point",
    [
        INFINITY,
        G1Point(1, 3),
        G1Point(1 + FIELD_MODULUS, 2),
        G1Point(1, 2 + FIELD_MODULUS),
        G1Point(-1, 2),
    ],
)
def test_require_g1__not_a_canonical_finite_point__raises(point: G1Point) -> None:
    with pytest.raises(PointError):
        require_g1(point)


def test_g1_from_le__arkworks_sign_flag__is_ignored() -> None:
    plain = g1_to_le(GENERATOR)
    assert g1_from_le(plain[:63] + bytes([plain[63] | 0x80])) == GENERATOR
    for raw in (plain[:-1], plain[:63] + bytes([plain[63] | 0x40]), bytes(64)):
        with pytest.raises(PointError):
            g1_from_le(raw)


def test_g2_from_evm__wrong_size_or_off_the_twist__raises() -> None:
    for raw in (bytes(127), bytes(128), (1).to_bytes(32) * 4):
        with pytest.raises(PointError):
            g2_from_evm(raw)


def test_decompress_g1__no_such_point__raises() -> None:
    off_curve = next(x for x in range(1, 50) if pow(x**3 + 3, (FIELD_MODULUS - 1) // 2, FIELD_MODULUS) != 1)  # fmt: skip
    with pytest.raises(PointError):
        decompress_g1((off_curve | 0b10 << 254).to_bytes(32))


@pytest.mark.parametrize(
    "value", [Fp2(4, 0), Fp2(3, 0), Fp2(FIELD_MODULUS - 1, 0), Fp2(0, 8), Fp2(5, 7), Fp2(0, 0)]
)
def test_fp2_sqrt__squares__gives_a_root(value: Fp2) -> None:
    root = fp2_sqrt(value * value)
    assert root is not None
    assert root * root == value * value
