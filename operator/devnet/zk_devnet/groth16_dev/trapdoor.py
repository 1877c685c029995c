"""The devnet's trusted setup, which is not to be trusted: every secret follows from a published seed."""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256

from zk_devnet.groth16_dev.curve import G1Point, G2Point, g1_times, g2_times
from zk_devnet.groth16_dev.field import R
from zk_devnet.groth16_dev.key import PUBLIC_INPUTS, SEED


@dataclass(frozen=True, slots=True, kw_only=True)
class Trapdoor:
    """The discrete logarithms of the verifying key, modulo the group order."""

    alpha: int
    beta: int
    gamma: int
    delta: int
    k: tuple[int, ...]  # one per public input, and one for the constant


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyingKey:
    """A Groth16 verifying key in affine points; G2 coordinates are (real, imaginary)."""

    alpha_g1: G1Point
    beta_g1: G1Point
    beta_g2: G2Point
    gamma_g2: G2Point
    delta_g1: G1Point
    delta_g2: G2Point
    k: tuple[G1Point, ...]


def scalar_from_seed(label: str, seed: str = SEED) -> int:
    """The scalar that a published seed gives for a name: never zero."""
    wide = b"".join(sha256(f"{seed}/{label}/{half}".encode()).digest() for half in (0, 1))
    return int.from_bytes(wide, "big") % (R - 1) + 1


@cache
def trapdoor_of(seed: str) -> Trapdoor:
    """The trapdoor that follows from a seed: for keys that stand for a setup of one's own."""
    return Trapdoor(
        alpha=scalar_from_seed("alpha", seed),
        beta=scalar_from_seed("beta", seed),
        gamma=scalar_from_seed("gamma", seed),
        delta=scalar_from_seed("delta", seed),
        k=tuple(scalar_from_seed(f"k{index}", seed) for index in range(PUBLIC_INPUTS + 1)),
    )


def dev_trapdoor() -> Trapdoor:
    """The devnet's trapdoor."""
    return trapdoor_of(SEED)


def dev_verifying_key() -> VerifyingKey:
    """The verifying key of `dev_trapdoor()`."""
    return verifying_key_of(dev_trapdoor())


@cache
def verifying_key_of(secret: Trapdoor) -> VerifyingKey:
    """A trapdoor's verifying key; the first call takes some 50 ms."""
    return VerifyingKey(
        alpha_g1=g1_times(secret.alpha),
        beta_g1=g1_times(secret.beta),
        beta_g2=g2_times(secret.beta),
        gamma_g2=g2_times(secret.gamma),
        delta_g1=g1_times(secret.delta),
        delta_g2=g2_times(secret.delta),
        k=tuple(g1_times(scalar) for scalar in secret.k),
    )
