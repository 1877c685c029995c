"""BN254 (alt_bn128) values: field constants, points as integers, and the little G1 arithmetic needed.

No pairing here: that is the precompile's work. Points at infinity are refused at the codecs.
"""

from dataclasses import dataclass

from zkverify_client.domain.proof_errors import PointError, ScalarError

FIELD_MODULUS = 0x30644E72E131A029B85045B68181585D97816A916871CA8D3C208C16D87CFD47
GROUP_ORDER = 0x30644E72E131A029B85045B68181585D2833E84879B9709143E1F593F0000001
_P = FIELD_MODULUS
_SQRT_EXPONENT = (_P + 1) // 4  # the modulus is 3 mod 4


@dataclass(frozen=True, slots=True)
class Fp2:
    """An element c0 + c1*u of the quadratic extension, u^2 = -1."""

    c0: int
    c1: int

    def __add__(self, other: "Fp2") -> "Fp2":
        return Fp2((self.c0 + other.c0) % _P, (self.c1 + other.c1) % _P)

    def __mul__(self, other: "Fp2") -> "Fp2":
        return Fp2(
            (self.c0 * other.c0 - self.c1 * other.c1) % _P,
            (self.c0 * other.c1 + self.c1 * other.c0) % _P,
        )

    def __neg__(self) -> "Fp2":
        return Fp2(-self.c0 % _P, -self.c1 % _P)


@dataclass(frozen=True, slots=True)
class G1Point:
    """An affine point of G1; (0, 0) stands for infinity, as on the EVM."""

    x: int
    y: int

    @property
    def is_infinity(self) -> bool:
        """Whether this is the neutral element."""
        return self.x == 0 and self.y == 0

    def __neg__(self) -> "G1Point":
        return G1Point(self.x, -self.y % _P)


@dataclass(frozen=True, slots=True)
class G2Point:
    """An affine point of the twist; zeros stand for infinity, as on the EVM."""

    x: Fp2
    y: Fp2


# b / (9 + u), the twist's constant
_TWIST_DENOMINATOR = pow(82, -1, _P)
TWIST_B = Fp2(27 * _TWIST_DENOMINATOR % _P, -3 * _TWIST_DENOMINATOR % _P)
INFINITY = G1Point(0, 0)


def require_scalar(value: int) -> int:
    """The value itself; ScalarError unless 0 <= value < group order."""
    if not 0 <= value < GROUP_ORDER:
        raise ScalarError("a public input is not below the group order", value=hex(value))
    return value


def require_g1(point: G1Point) -> G1Point:
    """The point itself; PointError unless canonical, on the curve and finite."""
    canonical = 0 <= point.x < _P and 0 <= point.y < _P
    if not canonical or (point.y * point.y - point.x**3 - 3) % _P:
        raise PointError("not a point of G1", x=hex(point.x), y=hex(point.y))
    return point


def require_g2(point: G2Point) -> G2Point:
    """The point itself; PointError unless canonical, on the twist and finite.

    Membership in the subgroup is left to whoever computes the pairing (the precompile checks it).
    """
    coordinates = (point.x.c0, point.x.c1, point.y.c0, point.y.c1)
    canonical = all(0 <= value < _P for value in coordinates)
    if not canonical or point.y * point.y != point.x * point.x * point.x + TWIST_B:
        raise PointError("not a point of the twist", x=str(point.x), y=str(point.y))
    return point


def g1_add(left: G1Point, right: G1Point) -> G1Point:
    """The sum of two points of G1."""
    if left.is_infinity:
        return right
    if right.is_infinity:
        return left
    if left.x == right.x:
        if (left.y + right.y) % _P == 0:
            return INFINITY
        slope = 3 * left.x * left.x * pow(2 * left.y, -1, _P)
    else:
        slope = (right.y - left.y) * pow(right.x - left.x, -1, _P)
    x = (slope * slope - left.x - right.x) % _P
    return G1Point(x, (slope * (left.x - x) - left.y) % _P)


def g1_mul(point: G1Point, scalar: int) -> G1Point:
    """The point times a non-negative scalar (not constant time: public data only)."""
    total = INFINITY
    for bit in f"{scalar:b}":
        total = g1_add(total, total)
        if bit == "1":
            total = g1_add(total, point)
    return total


def fp_sqrt(value: int) -> int | None:
    """A square root in the base field, or None."""
    root = pow(value, _SQRT_EXPONENT, _P)
    return root if root * root % _P == value % _P else None


def fp2_sqrt(value: Fp2) -> Fp2 | None:
    """A square root in the extension (complex method), or None."""
    if value.c1 == 0:
        real = fp_sqrt(value.c0)
        if real is not None:
            return Fp2(real, 0)
        imaginary = fp_sqrt(-value.c0 % _P)
        return Fp2(0, imaginary) if imaginary is not None else None
    norm = fp_sqrt(value.c0 * value.c0 + value.c1 * value.c1)
    if norm is None:
        return None
    for sign in (norm, -norm):
        real = fp_sqrt((value.c0 + sign) * pow(2, -1, _P) % _P)
        if real:
            root = Fp2(real, value.c1 * pow(2 * real, -1, _P) % _P)
            return root if root * root == value else None
    return None
