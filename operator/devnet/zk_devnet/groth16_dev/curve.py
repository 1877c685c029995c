"""Points of BN254's two groups: multiples of the generators, in affine coordinates.

Not constant time: the only secret scalars here are public on purpose.
"""

from typing import TypeVar

from zk_devnet.groth16_dev.field import (
    Field,
    Fp2Value,
    PrimeField,
    QuadraticField,
    R,
)

T = TypeVar("T")
G1Point = tuple[int, int]
G2Point = tuple[Fp2Value, Fp2Value]

G1_GENERATOR: G1Point = (1, 2)
G2_GENERATOR: G2Point = (
    (
        10857046999023057135944570762232829481370756359578518086990519993285655852781,
        11559732032986387107991004021392285783925812861821192530917403151452391805634,
    ),
    (
        8495653923123431417604973247489272438418190587263600148770280649306958101930,
        4082367875863433681332203403145435568316851327593401208105741076214120093531,
    ),
)

_FP = PrimeField()
_FP2 = QuadraticField()


def g1_times(scalar: int) -> G1Point:
    """`scalar` times the generator of G1; ValueError for a multiple of the group order."""
    return _multiply(_FP, G1_GENERATOR, scalar)


def g2_times(scalar: int) -> G2Point:
    """`scalar` times the generator of G2; ValueError for a multiple of the group order."""
    return _multiply(_FP2, G2_GENERATOR, scalar)


def _multiply(field: Field[T], point: tuple[T, T], scalar: int) -> tuple[T, T]:
    bits = f"{scalar % R:b}"
    if bits == "0":
        raise ValueError("a multiple of the group order has no affine form")
    total = (*point, field.one)
    for bit in bits[1:]:
        total = _double(field, total)
        if bit == "1":
            total = _add_affine(field, total, point)
    return _to_affine(field, total)


def _double(f: Field[T], point: tuple[T, T, T]) -> tuple[T, T, T]:
    x, y, z = point
    a, b = f.mul(x, x), f.mul(y, y)
    c = f.mul(b, b)
    half_d = f.sub(f.sub(f.mul(f.add(x, b), f.add(x, b)), a), c)
    d = f.add(half_d, half_d)
    e = f.add(f.add(a, a), a)
    x3 = f.sub(f.mul(e, e), f.add(d, d))
    c2 = f.add(c, c)
    c8 = f.add(f.add(c2, c2), f.add(c2, c2))
    y3 = f.sub(f.mul(e, f.sub(d, x3)), c8)
    yz = f.mul(y, z)
    return x3, y3, f.add(yz, yz)


def _add_affine(f: Field[T], left: tuple[T, T, T], right: tuple[T, T]) -> tuple[T, T, T]:
    # Never equal points: the left one is an even multiple between 2 and R-1 of the right one.
    x1, y1, z1 = left
    zz = f.mul(z1, z1)
    h = f.sub(f.mul(right[0], zz), x1)
    r = f.sub(f.mul(right[1], f.mul(zz, z1)), y1)
    hh = f.mul(h, h)
    hhh, v = f.mul(h, hh), f.mul(x1, hh)
    x3 = f.sub(f.sub(f.mul(r, r), hhh), f.add(v, v))
    y3 = f.sub(f.mul(r, f.sub(v, x3)), f.mul(y1, hhh))
    return x3, y3, f.mul(z1, h)


def _to_affine(f: Field[T], point: tuple[T, T, T]) -> tuple[T, T]:
    x, y, z = point
    inverse = f.inv(z)
    square = f.mul(inverse, inverse)
    return f.mul(x, square), f.mul(y, f.mul(square, inverse))
