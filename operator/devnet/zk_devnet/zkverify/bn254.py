"""Groth16 over BN254: points in the pallet's encoding, checked with the EVM's precompiles."""

from collections.abc import Sequence
from dataclasses import dataclass

from pyrevm import EVM

FIELD = 0x30644E72E131A029B85045B68181585D97816A916871CA8D3C208C16D87CFD47
ORDER = 0x30644E72E131A029B85045B68181585D2833E84879B9709143E1F593F0000001
_CALLER = "0x" + "00" * 19 + "ff"
_ADD, _MUL, _PAIRING = ("0x" + "00" * 19 + f"{n:02x}" for n in (6, 7, 8))
_G1_ONE = (1).to_bytes(32, "big") + (2).to_bytes(32, "big")
_INFINITY_FLAG, _NEGATIVE_FLAG = 0x40, 0x80  # in the last byte, as arkworks serializes


class PointError(ValueError):
    """Raised when bytes are no point of the curve's group, or no scalar of its field."""


@dataclass(frozen=True, slots=True)
class G1:
    """A point of the first group in the EVM's encoding (64 bytes, big-endian)."""

    evm: bytes

    def negated(self) -> "G1":
        """The inverse point."""
        y = int.from_bytes(self.evm[32:], "big")
        return G1(self.evm[:32] + ((FIELD - y) % FIELD).to_bytes(32, "big"))


@dataclass(frozen=True, slots=True)
class G2:
    """A point of the second group in the EVM's encoding (128 bytes, imaginary parts first)."""

    evm: bytes


def decode_g1(raw: bytes, *, checked: bool = True) -> G1:
    """A point from little-endian x, y; PointError off the curve (unless not `checked`)."""
    x, y = _coordinate(raw[:32]), _flagged(raw[32:64])
    if y is None:
        return G1(bytes(64))
    if checked and (y * y - x * x * x - 3) % FIELD:
        raise PointError("not on the curve")
    return G1(_words(x, y))


def decode_g2(raw: bytes, *, checked: bool = True) -> G2:
    """A point from little-endian x.c0, x.c1, y.c0, y.c1; PointError outside the group (unless not `checked`)."""
    x0, x1, y0 = (_coordinate(raw[start : start + 32]) for start in (0, 32, 64))
    y1 = _flagged(raw[96:128])
    if y1 is None:
        return G2(bytes(128))
    point = G2(_words(x1, x0, y1, y0))
    if checked:
        _pairing([(G1(_G1_ONE), point)])  # the precompile refuses points outside the subgroup
    return point


def decode_scalar(raw: bytes) -> int:
    """A scalar from 32 little-endian bytes; PointError when it is not below the group's order."""
    value = int.from_bytes(raw[:32], "little")
    if len(raw) < 32 or value >= ORDER:
        raise PointError("not a scalar")
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyingKey:
    """A Groth16 verifying key."""

    alpha: G1
    beta: G2
    gamma: G2
    delta: G2
    ic: tuple[G1, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A Groth16 proof."""

    a: G1
    b: G2
    c: G1


def verify(key: VerifyingKey, proof: Proof, inputs: Sequence[int]) -> bool:
    """Whether e(a,b) = e(alpha,beta) e(ic,gamma) e(c,delta) for the inputs; PointError for points that are none."""
    total = key.ic[0].evm
    for point, scalar in zip(key.ic[1:], inputs, strict=True):
        total = _call(_ADD, total + _call(_MUL, point.evm + scalar.to_bytes(32, "big")))
    return _pairing(
        [
            (proof.a.negated(), proof.b),
            (key.alpha, key.beta),
            (G1(total), key.gamma),
            (proof.c, key.delta),
        ]
    )


def _pairing(pairs: list[tuple[G1, G2]]) -> bool:
    return _call(_PAIRING, b"".join(left.evm + right.evm for left, right in pairs))[-1] == 1


def _call(address: str, data: bytes) -> bytes:
    try:
        return bytes(EVM().message_call(caller=_CALLER, to=address, calldata=data))
    except RuntimeError as error:
        raise PointError("the precompile refuses the point") from error


def _words(*values: int) -> bytes:
    return b"".join(value.to_bytes(32, "big") for value in values)


def _coordinate(raw: bytes) -> int:
    value = int.from_bytes(raw, "little")
    if len(raw) != 32 or value >= FIELD:
        raise PointError("not a field element")
    return value


def _flagged(raw: bytes) -> int | None:
    """The last coordinate, whose top two bits are flags; None for the point at infinity."""
    if len(raw) != 32:
        raise PointError("too short")
    flags = raw[31] & (_INFINITY_FLAG | _NEGATIVE_FLAG)
    if flags == _INFINITY_FLAG | _NEGATIVE_FLAG:
        raise PointError("both flags set")
    value = _coordinate(raw[:31] + bytes([raw[31] & 0x3F]))
    return None if flags == _INFINITY_FLAG else value
