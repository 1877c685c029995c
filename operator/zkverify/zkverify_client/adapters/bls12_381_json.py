"""Groth16 over BLS12-381 as snarkjs, gnark and arkworks (which is zkVerify's own form) write it, for the chain's metadata.

snarkjs and gnark write decimal coordinates, as over BN254; zkVerify takes big-endian hex. The points are checked for being on
their curve; whether the proof holds is left to the chain, or to a trial before paying (`SubmissionPolicy(dry_run=True)`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from zk_acts.domain.ids import hex0x
from zkverify_client.adapters.verifier_calls import Document
from zkverify_client.domain.bls12_381 import (
    G1_SIZE,
    encode_g1,
    encode_g2,
    is_g1,
    require_g1,
    require_g2,
)
from zkverify_client.domain.proof_errors import ProofFormatError, ScalarError
from zkverify_client.domain.verifier import VerifierPallet

_CURVE = "Bls12_381"
_SCALARS = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001  # the group's order
_NAMES = {
    "alpha_g1": ("vk_alpha_1", "Alpha", "alphaG1"),
    "beta_g2": ("vk_beta_2", "Beta", "betaG2"),
    "gamma_g2": ("vk_gamma_2", "Gamma", "gammaG2"),
    "delta_g2": ("vk_delta_2", "Delta", "deltaG2"),
    "gamma_abc_g1": ("IC", "K", "gammaAbcG1"),
}
"""The pallet's names of a key's parts, and snarkjs's, gnark's and the RPC's."""


def is_over_bls12_381(proof: Mapping[str, Any]) -> bool:
    """Whether a proof's first point is one of this curve: gnark does not name its curve.

    Errors: KeyError, TypeError, ValueError for what is no Groth16 proof.
    """
    if "pi_a" in proof:
        return is_g1(*map(int, proof["pi_a"][:2]))
    if "Ar" in proof:
        return is_g1(int(proof["Ar"]["X"]), int(proof["Ar"]["Y"]))
    points = proof.get("proof", proof)
    return len(_hex(points["a"])) == G1_SIZE


def is_key_over_bls12_381(vk: Mapping[str, Any]) -> bool:
    """Whether a key's first point is one of this curve; False for what is no Groth16 key."""
    try:
        alpha = _part(vk.get("G1", vk), ("alpha_g1", *_NAMES["alpha_g1"]))
        if isinstance(alpha, str):
            return len(_hex(alpha)) == G1_SIZE
        x, y = (alpha["X"], alpha["Y"]) if isinstance(alpha, Mapping) else alpha[:2]
        return is_g1(int(x), int(y))
    except (AttributeError, KeyError, TypeError, ValueError):
        return False


def document_of(proof: Mapping[str, Any], signals: Sequence[Any], vk: Any) -> Document:
    """For `VerifierCodec`. Errors: PointError, ScalarError, ProofFormatError; KeyError, TypeError, ValueError for others' forms."""
    return Document(
        pallet=VerifierPallet.GROTH16,
        proof={"curve": _CURVE, "proof": _proof(proof)},
        pubs=[_scalar(value, decimal="pi_a" in proof or "Ar" in proof) for value in signals],
        vk=None if vk is None else key_of(vk),
    )


def key_of(vk: Mapping[str, Any]) -> dict[str, Any]:
    """A key for `VerifierCodec`. Errors: as document_of."""
    if vk.get("CommitmentKeys"):
        raise ProofFormatError("keys with gnark's commitments are not Groth16 of zkVerify's")
    parts = {**vk.get("G1", {}), **_twisted(vk)} if "G1" in vk else vk
    found = {name: _part(parts, (name, *others)) for name, others in _NAMES.items()}
    points: dict[str, Any] = {
        name: _g1(part) if name == "alpha_g1" else _g2(part)
        for name, part in found.items()
        if name != "gamma_abc_g1"
    }
    return {"curve": _CURVE, **points, "gamma_abc_g1": [_g1(p) for p in found["gamma_abc_g1"]]}


def _twisted(vk: Mapping[str, Any]) -> Mapping[str, Any]:
    """gnark has Beta and Delta on both curves; the pallet wants those of the twist."""
    return {name: vk["G2"][name] for name in ("Beta", "Gamma", "Delta")}


def _part(parts: Mapping[str, Any], names: Sequence[str]) -> Any:
    [found] = [parts[name] for name in names if name in parts]
    return found


def _proof(proof: Mapping[str, Any]) -> dict[str, str]:
    if "pi_a" in proof:
        a, b, c = proof["pi_a"], proof["pi_b"], proof["pi_c"]
    elif "Ar" in proof:
        if proof.get("Commitments"):
            raise ProofFormatError("proofs with gnark's commitments are not Groth16 of zkVerify's")
        a, b, c = proof["Ar"], proof["Bs"], proof["Krs"]
    else:
        points = proof.get("proof", proof)
        a, b, c = points["a"], points["b"], points["c"]
    return {"a": _g1(a), "b": _g2(b), "c": _g1(c)}


def _g1(point: Any) -> str:
    if isinstance(point, str):
        return hex0x(require_g1(_hex(point)))
    if isinstance(point, Mapping):
        return hex0x(encode_g1(int(point["X"]), int(point["Y"])))
    _require_affine(point, 1)
    return hex0x(encode_g1(int(point[0]), int(point[1])))


def _g2(point: Any) -> str:
    if isinstance(point, str):
        return hex0x(require_g2(_hex(point)))
    if isinstance(point, Mapping):
        x, y = ((point[name]["A0"], point[name]["A1"]) for name in ("X", "Y"))
    else:
        _require_affine(point, [1, 0])
        x, y = point[:2]
    (x0, x1), (y0, y1) = x, y
    return hex0x(encode_g2((int(x0), int(x1)), (int(y0), int(y1))))


def _require_affine(point: Sequence[Any], one: Any) -> None:
    for z in point[2:]:
        if (int(z) if isinstance(one, int) else [int(part) for part in z]) != one:
            raise ProofFormatError("a point is not affine")


def _scalar(value: Any, *, decimal: bool) -> str:
    raw = int(value).to_bytes(32, "little") if decimal else _hex(value)
    if len(raw) != 32 or int.from_bytes(raw, "little") >= _SCALARS:
        raise ScalarError("a public input is not below the group order")
    return hex0x(raw)


def _hex(value: Any) -> bytes:
    return bytes.fromhex(str(value).removeprefix("0x"))
