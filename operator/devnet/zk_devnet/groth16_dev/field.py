"""BN254 (alt_bn128) fields: the base field, its quadratic extension, and the scalar order.

Source of the constants: EIP-196 and EIP-197.
"""

from typing import Protocol, TypeVar

P = 21888242871839275222246405745257275088696311157297823662689037894645226208583
R = 21888242871839275222246405745257275088548364400416034343698204186575808495617

Fp2Value = tuple[int, int]  # (real, imaginary), i^2 = -1
T = TypeVar("T")


class Field(Protocol[T]):
    """The operations that the curve formulas need."""

    zero: T
    one: T

    def add(self, a: T, b: T) -> T: ...
    def sub(self, a: T, b: T) -> T: ...
    def mul(self, a: T, b: T) -> T: ...
    def inv(self, a: T) -> T: ...


class PrimeField:
    """Integers modulo P."""

    zero = 0
    one = 1

    def add(self, a: int, b: int) -> int:
        return (a + b) % P

    def sub(self, a: int, b: int) -> int:
        return (a - b) % P

    def mul(self, a: int, b: int) -> int:
        return a * b % P

    def inv(self, a: int) -> int:
        return pow(a, -1, P)


class QuadraticField:
    """The extension by i with i^2 = -1; values are (real, imaginary)."""

    zero = (0, 0)
    one = (1, 0)

    def add(self, a: Fp2Value, b: Fp2Value) -> Fp2Value:
        return (a[0] + b[0]) % P, (a[1] + b[1]) % P

    def sub(self, a: Fp2Value, b: Fp2Value) -> Fp2Value:
        return (a[0] - b[0]) % P, (a[1] - b[1]) % P

    def mul(self, a: Fp2Value, b: Fp2Value) -> Fp2Value:
        return (a[0] * b[0] - a[1] * b[1]) % P, (a[0] * b[1] + a[1] * b[0]) % P

    def inv(self, a: Fp2Value) -> Fp2Value:
        norm_inverse = pow(a[0] * a[0] + a[1] * a[1], -1, P)
        return a[0] * norm_inverse % P, -a[1] * norm_inverse % P
