"""Groth16 proofs made with the trapdoor: they satisfy the pairing for any public inputs."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from zk_devnet.groth16_dev.curve import G1Point, G2Point, g1_times, g2_times
from zk_devnet.groth16_dev.encoding import g1_words, g2_words
from zk_devnet.groth16_dev.field import R
from zk_devnet.groth16_dev.key import RECURSION_ROOT, SELECTOR
from zk_devnet.groth16_dev.trapdoor import Trapdoor, dev_trapdoor

DIGEST_MASK = 2**253 - 1  # SP1 clears the top three bits to fit the scalar field

RandomBelow = Callable[[int], int]  # a number in [0, n), as secrets.randbelow gives


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicInputs:
    """The five public inputs of an SP1 v6 Groth16 proof; each below the group order."""

    program_vkey: int
    values_digest: int
    exit_code: int
    recursion_root: int
    nonce: int

    def as_tuple(self) -> tuple[int, int, int, int, int]:
        """The inputs in the circuit's order."""
        return (
            self.program_vkey,
            self.values_digest,
            self.exit_code,
            self.recursion_root,
            self.nonce,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DevProof:
    """A proof in affine points."""

    a: G1Point
    b: G2Point
    c: G1Point

    def words(self) -> bytes:
        """The eight words that EVM verifiers take: 256 bytes, big-endian, imaginary part first."""
        return g1_words(self.a) + g2_words(self.b) + g1_words(self.c)


def public_inputs(
    *,
    program_vkey: bytes,
    public_values: bytes,
    exit_code: int,
    nonce: int,
    recursion_root: bytes = RECURSION_ROOT,
) -> PublicInputs:
    """The inputs that SP1 v6 derives from a finished execution, with the devnet's recursion root or another."""
    return PublicInputs(
        program_vkey=int.from_bytes(program_vkey, "big"),
        values_digest=int.from_bytes(sha256(public_values).digest(), "big") & DIGEST_MASK,
        exit_code=exit_code,
        recursion_root=int.from_bytes(recursion_root, "big"),
        nonce=nonce,
    )


def prove(
    inputs: PublicInputs, random_below: RandomBelow, secret: Trapdoor | None = None
) -> DevProof:
    """A proof of the inputs under the devnet's key, or under the one of another trapdoor; some 40 ms.

    Raises ValueError for an input outside the scalar field.
    """
    secret = secret or dev_trapdoor()
    target = _right_side(secret, inputs.as_tuple())
    while True:
        a, b = random_below(R - 1) + 1, random_below(R - 1) + 1
        c = (a * b - target) * pow(secret.delta, -1, R) % R
        if c:
            return DevProof(a=g1_times(a), b=g2_times(b), c=g1_times(c))


def onchain_bytes(proof: DevProof, inputs: PublicInputs) -> bytes:
    """The 356 bytes that SP1 v6 posts on chain: selector, exit code, root, nonce, eight words."""
    return SELECTOR + encoded_proof(proof, inputs)


def encoded_proof(proof: DevProof, inputs: PublicInputs) -> bytes:
    """`encoded_proof` of SP1 v6: exit code, recursion root, nonce, eight words (352 bytes)."""
    head = (inputs.exit_code, inputs.recursion_root, inputs.nonce)
    return b"".join(value.to_bytes(32, "big") for value in head) + proof.words()


def raw_proof(proof: DevProof) -> bytes:
    """`raw_proof`: gnark's uncompressed proof with an empty commitment part (324 bytes)."""
    return proof.words() + bytes(4) + bytes(64)


def _right_side(secret: Trapdoor, inputs: tuple[int, ...]) -> int:
    if any(not 0 <= value < R for value in inputs):
        raise ValueError("a public input is outside the scalar field")
    ic = secret.k[0] + sum(k * value for k, value in zip(secret.k[1:], inputs, strict=True))
    return (secret.alpha * secret.beta + ic * secret.gamma) % R
