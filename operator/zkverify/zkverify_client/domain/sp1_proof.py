"""SP1's own Groth16 formats: the gnark verifying key file and the on-chain proof bytes.

Formats: gnark's compressed key (big-endian, two flag bits) and SP1's `proof.bytes()` of 5.x and 6.x.
"""

import hashlib
from dataclasses import dataclass

from zkverify_client.domain.bn254 import (
    FIELD_MODULUS,
    TWIST_B,
    Fp2,
    G1Point,
    G2Point,
    fp2_sqrt,
    fp_sqrt,
    require_g1,
    require_g2,
    require_scalar,
)
from zkverify_client.domain.groth16 import (
    Groth16Proof,
    Groth16Vk,
    g1_from_evm,
    g1_to_evm,
    g2_from_evm,
    g2_to_evm,
)
from zkverify_client.domain.proof_errors import PointError, ProofFormatError, VerifyingKeyError

SELECTOR_SIZE = 4
BODY_SIZE = 256
V5_SIZE = SELECTOR_SIZE + BODY_SIZE
V6_SIZE = SELECTOR_SIZE + 96 + BODY_SIZE
_FLAG_SMALLER, _FLAG_LARGER = 0b10, 0b11
_COORDINATE_MASK = (1 << 254) - 1
_K_COUNT_OFFSET = 288
_K_OFFSET = 292
_COMMITMENT_TAIL = bytes(8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sp1Proof:
    """An on-chain SP1 Groth16 proof; the three middle words exist from circuit 6 on."""

    selector: bytes  # first 4 bytes of sha256 of the circuit's verifying key
    proof: Groth16Proof
    exit_code: int | None = None
    recursion_root: bytes | None = None
    nonce: int | None = None

    def encode(self) -> bytes:
        """260 bytes (circuit 5) or 356 bytes (circuit 6)."""
        body = g1_to_evm(self.proof.a) + g2_to_evm(self.proof.b) + g1_to_evm(self.proof.c)
        if self.exit_code is None or self.recursion_root is None or self.nonce is None:
            return self.selector + body
        exit_word, nonce_word = self.exit_code.to_bytes(32), self.nonce.to_bytes(32)
        return self.selector + exit_word + self.recursion_root + nonce_word + body


def decode_sp1_proof(raw: bytes) -> Sp1Proof:
    """Parses `proof.bytes()`.

    ProofFormatError for a wrong length (an empty one comes from a mock prover), ScalarError and PointError
    for words that are no scalars or points.
    """
    if len(raw) not in (V5_SIZE, V6_SIZE):
        raise ProofFormatError("an on-chain SP1 proof has a wrong length", size=len(raw))
    selector, body = raw[:SELECTOR_SIZE], _decode_body(raw[-BODY_SIZE:])
    if len(raw) == V5_SIZE:
        return Sp1Proof(selector=selector, proof=body)
    exit_word, root, nonce_word = raw[4:36], raw[36:68], raw[68:100]
    require_scalar(int.from_bytes(root))
    return Sp1Proof(
        selector=selector,
        proof=body,
        exit_code=require_scalar(int.from_bytes(exit_word)),
        recursion_root=root,
        nonce=require_scalar(int.from_bytes(nonce_word)),
    )


def _decode_body(body: bytes) -> Groth16Proof:
    return Groth16Proof(
        a=g1_from_evm(body[:64]), b=g2_from_evm(body[64:192]), c=g1_from_evm(body[192:])
    )


def circuit_vk_sha256(raw: bytes) -> bytes:
    """sha256 of the verifying key file: names the circuit; its first 4 bytes are the selector."""
    return hashlib.sha256(raw).digest()


def decode_gnark_vk(raw: bytes) -> Groth16Vk:
    """Parses `groth16_vk.bin`; VerifyingKeyError unless every byte is accounted for.

    beta G1 and delta G1 are not used by verification and only checked to be points.
    """
    try:
        return _decode_gnark_vk(raw)
    except PointError as error:
        raise VerifyingKeyError("a verifying key has a bad point", **error.context) from error


def _decode_gnark_vk(raw: bytes) -> Groth16Vk:
    count = int.from_bytes(raw[_K_COUNT_OFFSET:_K_OFFSET]) if len(raw) >= _K_OFFSET else 0
    end = _K_OFFSET + 32 * count
    if count < 2 or raw[end:] != _COMMITMENT_TAIL:
        raise VerifyingKeyError("a verifying key has a wrong layout", size=len(raw), points=count)
    for unused in (raw[32:64], raw[192:224]):
        decompress_g1(unused)
    return Groth16Vk(
        alpha=decompress_g1(raw[0:32]),
        beta=decompress_g2(raw[64:128]),
        gamma=decompress_g2(raw[128:192]),
        delta=decompress_g2(raw[224:288]),
        k=tuple(decompress_g1(raw[i : i + 32]) for i in range(_K_OFFSET, end, 32)),
    )


def decompress_g1(raw: bytes) -> G1Point:
    """A G1 point of 32 bytes; PointError for bad flags, infinity or no such point."""
    take_larger, word = _flags(raw)
    y = fp_sqrt(pow(word, 3, FIELD_MODULUS) + 3)
    if y is None:
        raise PointError("no point of G1 has this x", x=hex(word))
    point = G1Point(word, y)
    return require_g1(point if _is_larger(y) == take_larger else -point)


def decompress_g2(raw: bytes) -> G2Point:
    """A G2 point of 64 bytes (imaginary part of x first); PointError as for G1."""
    take_larger, imaginary = _flags(raw[:32])
    x = Fp2(int.from_bytes(raw[32:64]), imaginary)
    y = fp2_sqrt(x * x * x + TWIST_B)
    if y is None:
        raise PointError("no point of the twist has this x", x=str(x))
    return require_g2(G2Point(x, y if _is_larger_fp2(y) == take_larger else -y))


def _flags(raw: bytes) -> tuple[bool, int]:
    word = int.from_bytes(raw)
    flag = word >> 254
    if flag not in (_FLAG_SMALLER, _FLAG_LARGER):
        raise PointError("a compressed point has bad flags", flag=flag)
    return flag == _FLAG_LARGER, word & _COORDINATE_MASK


def _is_larger(value: int) -> bool:
    return value > (FIELD_MODULUS - 1) // 2


def _is_larger_fp2(value: Fp2) -> bool:
    return _is_larger(value.c1) if value.c1 else _is_larger(value.c0)
