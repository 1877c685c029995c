"""The key's and the proofs' byte forms: gnark (SP1), EVM words, and the SCALE form that zkVerify hashes."""

from eth_utils.crypto import keccak

from zk_devnet.groth16_dev.curve import G1Point, G2Point
from zk_devnet.groth16_dev.field import P
from zk_devnet.groth16_dev.trapdoor import VerifyingKey

_HALF = (P - 1) // 2
_SMALLER_Y, _LARGER_Y = 0b10 << 254, 0b11 << 254
_BN254_CURVE = b"\x00"  # variant of the pallet's Curve enum


def gnark_vk_bytes(vk: VerifyingKey) -> bytes:
    """The key as SP1's `groth16_vk.bin`: compressed, big-endian, no commitment keys."""
    points = [
        _compress_g1(vk.alpha_g1),
        _compress_g1(vk.beta_g1),
        _compress_g2(vk.beta_g2),
        _compress_g2(vk.gamma_g2),
        _compress_g1(vk.delta_g1),
        _compress_g2(vk.delta_g2),
        len(vk.k).to_bytes(4, "big"),
        *(_compress_g1(point) for point in vk.k),
    ]
    return b"".join(points) + bytes(8)


def zkverify_vk_hash(vk: VerifyingKey) -> bytes:
    """The hash under which zkVerify's Groth16 pallet knows the key: keccak256 of its SCALE form."""
    return keccak(zkverify_vk_bytes(vk))


def zkverify_vk_bytes(vk: VerifyingKey) -> bytes:
    """The key in the Groth16 pallet's SCALE form: little-endian coordinates, real part first."""
    return b"".join(
        [
            _BN254_CURVE,
            _scale_vec(_little_g1(vk.alpha_g1)),
            *(_scale_vec(_little_g2(point)) for point in (vk.beta_g2, vk.gamma_g2, vk.delta_g2)),
            _compact(len(vk.k)),
            *(_scale_vec(_little_g1(point)) for point in vk.k),
        ]
    )


def g1_words(point: G1Point) -> bytes:
    """x, y: 64 bytes, big-endian."""
    return _word(point[0]) + _word(point[1])


def g2_words(point: G2Point) -> bytes:
    """x imaginary, x real, y imaginary, y real: 128 bytes, big-endian."""
    (x0, x1), (y0, y1) = point
    return _word(x1) + _word(x0) + _word(y1) + _word(y0)


def _word(value: int) -> bytes:
    return value.to_bytes(32, "big")


def _compress_g1(point: G1Point) -> bytes:
    flag = _LARGER_Y if point[1] > _HALF else _SMALLER_Y
    return _word(point[0] | flag)


def _compress_g2(point: G2Point) -> bytes:
    (x0, x1), (y0, y1) = point
    larger = y1 > _HALF if y1 else y0 > _HALF
    return _word(x1 | (_LARGER_Y if larger else _SMALLER_Y)) + _word(x0)


def _little_g1(point: G1Point) -> bytes:
    return b"".join(value.to_bytes(32, "little") for value in point)


def _little_g2(point: G2Point) -> bytes:
    return b"".join(value.to_bytes(32, "little") for pair in point for value in pair)


def _scale_vec(data: bytes) -> bytes:
    return _compact(len(data)) + data


def _compact(value: int) -> bytes:
    if value < 64:
        return bytes([value << 2])
    if value < 2**14:
        return (value << 2 | 1).to_bytes(2, "little")
    raise ValueError(f"no devnet key needs a compact length of {value}")
