"""The same proof as zkVerify, arkworks, snarkjs and gnark write it: one statement, one check, one call."""

import json
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from zkverify_client.adapters.groth16_json import snarkjs_key, snarkjs_proof
from zkverify_client.adapters.proof_file import claim_of_json, read_claim, read_vk
from zkverify_client.domain.bn254 import Fp2, G1Point, G2Point
from zkverify_client.domain.groth16 import Groth16Vk
from zkverify_client.domain.proof_errors import ProofError
from zkverify_client.domain.statement import groth16_statement, scalar_from_le

Write = Callable[[dict[str, Any]], dict[str, Any]]
OTHERS: list[Any] = [None, True, 7, -1.5, "", "zz", [], {}, [[]], {"x": 1}]
PYTHONS_WORDS = re.compile(r"Error\b|object|NoneType|not subscriptable|argument|literal")


@pytest.fixture
def vector(vectors: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((vectors / "zkverify" / "groth16-bn254.json").read_text())
    return document


def _decimal(document: dict[str, Any]) -> list[str]:
    return [str(scalar_from_le(bytes.fromhex(scalar[2:]))) for scalar in document["pubs"]]


def arkworks(document: dict[str, Any]) -> dict[str, Any]:
    """zkVerify's own points, with the names that arkworks' users take."""
    vk = document["vk"]
    snake = {
        "curve": "Bn254",
        "alpha_g1": vk["alphaG1"],
        "beta_g2": vk["betaG2"],
        "gamma_g2": vk["gammaG2"],
        "delta_g2": vk["deltaG2"],
        "gamma_abc_g1": vk["gammaAbcG1"],
    }
    return {"proof": document["proof"], "publicSignals": document["pubs"], "vk": snake}


def snarkjs(document: dict[str, Any]) -> dict[str, Any]:
    """Decimal and projective."""
    claim = claim_of_json(document)
    return {
        "proof": snarkjs_proof(claim.proof),
        "publicSignals": _decimal(document),
        "vk": snarkjs_key(_key(document)),
    }


def gnark(document: dict[str, Any]) -> dict[str, Any]:
    """Decimal and by name."""
    claim, vk = claim_of_json(document), _key(document)
    proof = {
        "Ar": _named(claim.proof.a),
        "Bs": _named2(claim.proof.b),
        "Krs": _named(claim.proof.c),
        "Commitments": [],
    }
    key = {
        "G1": {"Alpha": _named(vk.alpha), "K": [_named(point) for point in vk.k]},
        "G2": {
            "Beta": _named2(vk.beta),
            "Gamma": _named2(vk.gamma),
            "Delta": _named2(vk.delta),
        },
        "CommitmentKeys": [],
    }
    return {"proof": proof, "publicSignals": _decimal(document), "vk": key}


def _key(document: dict[str, Any]) -> Groth16Vk:
    known = claim_of_json(document).vk
    assert known is not None
    return known.vk


def _flat(point: G1Point) -> list[str]:
    return [str(point.x), str(point.y), "1"]


def _nested(point: G2Point) -> list[list[str]]:
    return [_pair(point.x), _pair(point.y), ["1", "0"]]


def _pair(value: Fp2) -> list[str]:
    return [str(value.c0), str(value.c1)]


def _named(point: G1Point) -> dict[str, str]:
    return {"X": str(point.x), "Y": str(point.y)}


def _named2(point: G2Point) -> dict[str, dict[str, str]]:
    return {
        "X": {"A0": str(point.x.c0), "A1": str(point.x.c1)},
        "Y": {"A0": str(point.y.c0), "A1": str(point.y.c1)},
    }


def without_prefixes(document: dict[str, Any]) -> dict[str, Any]:
    """zkVerify's JSON, its hex without 0x."""
    bare: dict[str, Any] = json.loads(json.dumps(document).replace('"0x', '"'))
    return {name: bare[name] for name in ("vk", "proof", "pubs")}


@pytest.mark.parametrize("write", [arkworks, without_prefixes, snarkjs, gnark])
def test_read__each_form__is_the_same_proof_under_the_same_key(
    write: Write, vector: dict[str, Any], tmp_path: Path
) -> None:
    document = write(vector)
    (tmp_path / "all.json").write_text(json.dumps(document))
    (tmp_path / "vk.json").write_text(json.dumps(document["vk"]))
    claim, vk = read_claim(tmp_path / "all.json"), read_vk(tmp_path / "vk.json")
    assert claim.vk is not None
    assert claim.vk.hash == vk.hash
    assert claim.proof == claim_of_json(vector).proof
    claim.check(vk.vk)
    # The vector's key is registered by the hash of its own bytes, sign flags included.
    vk_hash = bytes.fromhex(vector["vk_hash"][2:])
    statement = groth16_statement(vk_hash, claim.public_inputs)
    assert "0x" + statement.hex() == vector["statement"]


@pytest.mark.parametrize("write", [snarkjs, gnark])
def test_read_claim__proof_and_inputs_in_files_of_their_own__are_read_together(
    write: Write, vector: dict[str, Any], tmp_path: Path
) -> None:
    document = write(vector)
    (tmp_path / "proof.json").write_text(json.dumps(document["proof"]))
    (tmp_path / "public.json").write_text(json.dumps(document["publicSignals"]))
    claim = read_claim(tmp_path / "proof.json", public=tmp_path / "public.json")
    claim.check(_key(vector))


@pytest.mark.parametrize(
    ("write", "change"),
    [
        (snarkjs, {"pi_a": ["1", "2", "5"]}),
        (snarkjs, {"pi_a": ["1", "1", "1"]}),
        (snarkjs, {"pi_a": ["x", "2", "1"]}),
        (snarkjs, {"pi_b": [["1", "2"], ["3", "4"], ["0", "1"]]}),
        (snarkjs, {"pi_b": 7}),
        (gnark, {"Ar": {"X": "1"}}),
        (gnark, {"Ar": {"X": "1", "Y": "1"}}),
        (gnark, {"Commitments": [{"X": "1", "Y": "2"}]}),
    ],
)
def test_read_claim__points_that_are_none__are_a_proof_error(
    write: Write, change: dict[str, Any], vector: dict[str, Any], tmp_path: Path
) -> None:
    document = write(vector)
    document["proof"].update(change)
    (tmp_path / "proof.json").write_text(json.dumps(document))
    with pytest.raises(ProofError):
        read_claim(tmp_path / "proof.json")


def _spots(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each value of a document, the document's own first."""
    yield way
    if not isinstance(value, (dict, list)):
        return
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        yield from _spots(inner, (*way, key))


def _altered(document: Any, way: tuple[Any, ...], to: Any) -> Any:
    if not way:
        return to
    copy = deepcopy(document)
    inner = copy
    for key in way[:-1]:
        inner = inner[key]
    inner[way[-1]] = to
    return copy


@pytest.mark.parametrize("write", [arkworks, snarkjs, gnark])
def test_claim__any_value_of_another_type__is_told_without_pythons_words(
    write: Write, vector: dict[str, Any], tmp_path: Path
) -> None:
    document, said, file = write(vector), [], tmp_path / "proof.json"
    for way in _spots(document):
        for other in OTHERS:
            file.write_text(json.dumps(_altered(document, way, other)))
            try:
                read_claim(file)
            except ProofError as error:
                said.append(str(error))
    assert len(said) > 100
    assert [text for text in said if PYTHONS_WORDS.search(text)] == []
