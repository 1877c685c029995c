"""BLS12-381 points as zkVerify's Groth16 pallet takes them: uncompressed, big-endian, imaginary part first.

Only what tells a point from other numbers: the equations of the curve and of its twist, y^2 = x^3 + 4 and
y^2 = x^3 + 4(1 + u). Subgroups and pairings are the chain's work. Source of the encoding: zcash's, as in arkworks.
"""

from zkverify_client.domain.proof_errors import PointError

FIELD_MODULUS = int(
    "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab",
    16,
)
_P = FIELD_MODULUS
_BYTES = 48
G1_SIZE, G2_SIZE = 2 * _BYTES, 4 * _BYTES
Pair = tuple[int, int]  # c0 + c1*u, u^2 = -1


def is_g1(x: int, y: int) -> bool:
    """Whether these are the coordinates of a point of the curve."""
    return 0 <= x < _P and 0 <= y < _P and (y * y - x**3 - 4) % _P == 0


def encode_g1(x: int, y: int) -> bytes:
    """x, y: 96 bytes. PointError unless it is a finite point of the curve."""
    if not is_g1(x, y):
        raise PointError("not a point of BLS12-381", x=hex(x), y=hex(y))
    return x.to_bytes(_BYTES) + y.to_bytes(_BYTES)


def encode_g2(x: Pair, y: Pair) -> bytes:
    """x.c1, x.c0, y.c1, y.c0: 192 bytes. PointError unless it is a finite point of the twist."""
    canonical = all(0 <= part < _P for part in (*x, *y))
    if not canonical or _square(y) != _plus_b(_times(_square(x), x)):
        raise PointError("not a point of BLS12-381's twist", x=hex(x[0]), y=hex(y[0]))
    return b"".join(part.to_bytes(_BYTES) for part in (x[1], x[0], y[1], y[0]))


def require_g1(raw: bytes) -> bytes:
    """The same 96 bytes. PointError unless they are a finite point of the curve."""
    if len(raw) != G1_SIZE:
        raise PointError("a point has a wrong size", expected=G1_SIZE, got=len(raw))
    return encode_g1(*_numbers(raw))


def require_g2(raw: bytes) -> bytes:
    """The same 192 bytes. PointError unless they are a finite point of the twist."""
    if len(raw) != G2_SIZE:
        raise PointError("a point has a wrong size", expected=G2_SIZE, got=len(raw))
    x1, x0, y1, y0 = _numbers(raw)
    return encode_g2((x0, x1), (y0, y1))


def _numbers(raw: bytes) -> list[int]:
    return [int.from_bytes(raw[at : at + _BYTES]) for at in range(0, len(raw), _BYTES)]


def _times(left: Pair, right: Pair) -> Pair:
    return (
        (left[0] * right[0] - left[1] * right[1]) % _P,
        (left[0] * right[1] + left[1] * right[0]) % _P,
    )


def _square(value: Pair) -> Pair:
    return _times(value, value)


def _plus_b(value: Pair) -> Pair:
    return (value[0] + 4) % _P, (value[1] + 4) % _P
