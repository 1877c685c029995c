"""Groth16 over BN254: key and proof as values, zkVerify's encoding, and the pairing check's input.

Formats: zkVerify's Groth16 pallet (arkworks uncompressed, little-endian, SCALE) and the EVM's
ecPairing precompile (EIP-197, big-endian, imaginary part first).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from zkverify_client.domain.bn254 import (
    Fp2,
    G1Point,
    G2Point,
    g1_add,
    g1_mul,
    require_g1,
    require_g2,
    require_scalar,
)
from zkverify_client.domain.proof_errors import InputCountError, PointError

G1_SIZE = 64
G2_SIZE = 128
_SIGN_FLAG = 1 << 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Groth16Vk:
    """A verifying key; `k` has one point more than there are public inputs."""

    alpha: G1Point
    beta: G2Point
    gamma: G2Point
    delta: G2Point
    k: tuple[G1Point, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Groth16Proof:
    """The three points of a proof."""

    a: G1Point
    b: G2Point
    c: G1Point


# --- zkVerify's pallet: little-endian -------------------------------------------------------------


def _le(value: int) -> bytes:
    return value.to_bytes(32, "little")


def g1_to_le(point: G1Point) -> bytes:
    """x, y: 64 bytes."""
    return _le(point.x) + _le(point.y)


def g2_to_le(point: G2Point) -> bytes:
    """x.c0, x.c1, y.c0, y.c1: 128 bytes."""
    return b"".join(map(_le, (point.x.c0, point.x.c1, point.y.c0, point.y.c1)))


def _words(raw: bytes, size: int) -> list[bytes]:
    if len(raw) != size:
        raise PointError("a point has a wrong size", expected=size, got=len(raw))
    return [raw[i : i + 32] for i in range(0, size, 32)]


def _le_words(raw: bytes, size: int) -> list[int]:
    return [int.from_bytes(word, "little") for word in _words(raw, size)]


def _be_words(raw: bytes, size: int) -> list[int]:
    return [int.from_bytes(word, "big") for word in _words(raw, size)]


def g1_from_le(raw: bytes) -> G1Point:
    """A G1 point; PointError unless it is a finite point of the curve.

    Like the pallet's decoder it ignores arkworks' sign flag (bit 7 of the last byte); `g1_to_le` sets none.
    """
    x, y = _le_words(raw, G1_SIZE)
    return require_g1(G1Point(x, y & ~_SIGN_FLAG))


def g2_from_le(raw: bytes) -> G2Point:
    """A G2 point; PointError unless it is a finite point of the twist. The sign flag as for G1."""
    x0, x1, y0, y1 = _le_words(raw, G2_SIZE)
    return require_g2(G2Point(Fp2(x0, x1), Fp2(y0, y1 & ~_SIGN_FLAG)))


# --- EVM: big-endian ------------------------------------------------------------------------------


def _be(value: int) -> bytes:
    return value.to_bytes(32, "big")


def g1_to_evm(point: G1Point) -> bytes:
    """x, y: 64 bytes."""
    return _be(point.x) + _be(point.y)


def g2_to_evm(point: G2Point) -> bytes:
    """x.c1, x.c0, y.c1, y.c0: 128 bytes."""
    return b"".join(map(_be, (point.x.c1, point.x.c0, point.y.c1, point.y.c0)))


def g1_from_evm(raw: bytes) -> G1Point:
    """The inverse of `g1_to_evm`; PointError unless it is a finite point of the curve."""
    x, y = _be_words(raw, G1_SIZE)
    return require_g1(G1Point(x, y))


def g2_from_evm(raw: bytes) -> G2Point:
    """The inverse of `g2_to_evm`; PointError unless it is a finite point of the twist."""
    x1, x0, y1, y0 = _be_words(raw, G2_SIZE)
    return require_g2(G2Point(Fp2(x0, x1), Fp2(y0, y1)))


# --- the check ------------------------------------------------------------------------------------


def vk_x(vk: Groth16Vk, inputs: Sequence[int]) -> G1Point:
    """K0 + sum(input_i * K_i).

    InputCountError where the counts differ, ScalarError for an input not below the group order.
    """
    if len(inputs) + 1 != len(vk.k):
        raise InputCountError(expected=len(vk.k) - 1, got=len(inputs))
    total = vk.k[0]
    for scalar, point in zip(inputs, vk.k[1:], strict=True):
        total = g1_add(total, g1_mul(point, require_scalar(scalar)))
    return total


def pairing_input(vk: Groth16Vk, proof: Groth16Proof, inputs: Sequence[int]) -> bytes:
    """The 768 bytes for which precompile 0x08 answers 1 iff the proof holds.

    e(-A, B) * e(alpha, beta) * e(vk_x, gamma) * e(C, delta) == 1.
    """
    pairs = (
        (-proof.a, proof.b),
        (vk.alpha, vk.beta),
        (vk_x(vk, inputs), vk.gamma),
        (proof.c, vk.delta),
    )
    return b"".join(g1_to_evm(g1) + g2_to_evm(g2) for g1, g2 in pairs)
