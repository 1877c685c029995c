"""Groth16 over BN254 as other tools write it in JSON: points by snarkjs, gnark and zkVerify (which is arkworks' own form).

snarkjs writes decimal projective coordinates with z = 1, gnark decimal affine ones by name, zkVerify little-endian hex.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from zkverify_client.domain.bn254 import Fp2, G1Point, G2Point, require_g1, require_g2
from zkverify_client.domain.groth16 import Groth16Proof, Groth16Vk, g1_from_le, g2_from_le
from zkverify_client.domain.proof_errors import ProofFormatError
from zkverify_client.domain.statement import scalar_to_le

_KIND = {"protocol": "groth16", "curve": "bn128"}


def proof_of(document: Mapping[str, Any]) -> Groth16Proof:
    """Any of the three forms. Errors: PointError, ProofFormatError; KeyError, TypeError, ValueError for none of them."""
    if "pi_a" in document:
        a, b, c = (document[name] for name in ("pi_a", "pi_b", "pi_c"))
        return Groth16Proof(a=_g1_projective(a), b=_g2_projective(b), c=_g1_projective(c))
    if "Ar" in document:
        if document.get("Commitments"):
            raise ProofFormatError("proofs with gnark's commitments are not Groth16 of zkVerify's")
        a, b, c = (document[name] for name in ("Ar", "Bs", "Krs"))
        return Groth16Proof(a=_g1_named(a), b=_g2_named(b), c=_g1_named(c))
    points = document.get("proof", document)
    return Groth16Proof(
        a=g1_from_le(_hex(points["a"])),
        b=g2_from_le(_hex(points["b"])),
        c=g1_from_le(_hex(points["c"])),
    )


def inputs_of(values: Sequence[Any], proof: Mapping[str, Any]) -> tuple[bytes, ...]:
    """Public inputs as 32-byte little-endian scalars: decimal numbers beside a proof of snarkjs or gnark, else hex."""
    if is_foreign_proof(proof):
        return tuple(scalar_to_le(int(value)) for value in values)
    return tuple(_hex(value) for value in values)


def is_foreign_proof(document: Mapping[str, Any]) -> bool:
    """Whether a proof is snarkjs's or gnark's."""
    return "pi_a" in document or "Ar" in document


def is_foreign_key(document: Mapping[str, Any]) -> bool:
    """Whether a key is snarkjs's or gnark's."""
    return "vk_alpha_1" in document or "G1" in document


def foreign_key(document: Mapping[str, Any]) -> Groth16Vk:
    """A key as snarkjs or gnark writes it. Errors as `proof_of`."""
    if "vk_alpha_1" in document:
        return Groth16Vk(
            alpha=_g1_projective(document["vk_alpha_1"]),
            beta=_g2_projective(document["vk_beta_2"]),
            gamma=_g2_projective(document["vk_gamma_2"]),
            delta=_g2_projective(document["vk_delta_2"]),
            k=tuple(map(_g1_projective, document["IC"])),
        )
    if document.get("CommitmentKeys"):
        raise ProofFormatError("keys with gnark's commitments are not Groth16 of zkVerify's")
    first, second = document["G1"], document["G2"]
    return Groth16Vk(
        alpha=_g1_named(first["Alpha"]),
        beta=_g2_named(second["Beta"]),
        gamma=_g2_named(second["Gamma"]),
        delta=_g2_named(second["Delta"]),
        k=tuple(map(_g1_named, first["K"])),
    )


def snarkjs_proof(proof: Groth16Proof) -> dict[str, Any]:
    """A proof as snarkjs writes it: decimal projective coordinates, real part first."""
    return {
        "pi_a": _g1_decimal(proof.a),
        "pi_b": _g2_decimal(proof.b),
        "pi_c": _g1_decimal(proof.c),
        **_KIND,
    }


def snarkjs_key(vk: Groth16Vk) -> dict[str, Any]:
    """A verifying key as snarkjs writes it, without the pairing that it computes in advance."""
    return {
        **_KIND,
        "nPublic": len(vk.k) - 1,
        "vk_alpha_1": _g1_decimal(vk.alpha),
        "vk_beta_2": _g2_decimal(vk.beta),
        "vk_gamma_2": _g2_decimal(vk.gamma),
        "vk_delta_2": _g2_decimal(vk.delta),
        "IC": [_g1_decimal(point) for point in vk.k],
    }


def _g1_decimal(point: G1Point) -> list[str]:
    return [str(point.x), str(point.y), "1"]


def _g2_decimal(point: G2Point) -> list[list[str]]:
    return [
        [str(point.x.c0), str(point.x.c1)],
        [str(point.y.c0), str(point.y.c1)],
        ["1", "0"],
    ]


def _g1_projective(point: Sequence[Any]) -> G1Point:
    x, y, *z = point
    if [int(value) for value in z] not in ([], [1]):
        raise ProofFormatError("a point is not affine")
    return require_g1(G1Point(int(x), int(y)))


def _g2_projective(point: Sequence[Any]) -> G2Point:
    x, y, *z = point
    if [[int(part) for part in value] for value in z] not in ([], [[1, 0]]):
        raise ProofFormatError("a point is not affine")
    return require_g2(G2Point(_pair(x), _pair(y)))


def _g1_named(point: Mapping[str, Any]) -> G1Point:
    return require_g1(G1Point(int(point["X"]), int(point["Y"])))


def _g2_named(point: Mapping[str, Any]) -> G2Point:
    x, y = point["X"], point["Y"]
    return require_g2(G2Point(_pair((x["A0"], x["A1"])), _pair((y["A0"], y["A1"]))))


def _pair(parts: Sequence[Any]) -> Fp2:
    real, imaginary = parts
    return Fp2(int(real), int(imaginary))


def _hex(value: Any) -> bytes:
    return bytes.fromhex(str(value).removeprefix("0x"))
