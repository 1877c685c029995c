"""Shrink proofs: the key and the digest inside the container, found without decoding it."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from zkverify_client.domain.proof_errors import ProofFormatError
from zkverify_client.domain.shrink_proof import (
    MAX_PROOF_BYTES,
    check_shrink_proof,
    read_shrink_proof,
)

VECTORS = Path(__file__).parents[4].parent / "shared" / "vectors" / "zkverify"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector:
    proof: bytes
    vk: bytes
    pubs: bytes
    statement: str


@pytest.fixture(scope="module")
def vector() -> Vector:
    if not VECTORS.exists():
        pytest.skip("the folder with real vectors is absent")
    facts = json.loads((VECTORS / "sp1-shrink.json").read_text())
    return Vector(
        proof=(VECTORS / facts["proof_file"]).read_bytes(),
        vk=bytes.fromhex(facts["vk"][2:]),
        pubs=bytes.fromhex(facts["pubs"][2:]),
        statement=facts["statement"][2:],
    )


def test_check__real_proof__gives_the_chains_statement(vector: Vector) -> None:
    assert check_shrink_proof(vector.proof, vector.vk, vector.pubs).hex() == vector.statement


def test_read__real_proof__names_its_key(vector: Vector) -> None:
    assert read_shrink_proof(vector.proof).vk == vector.vk


def test_check__another_key__is_refused(vector: Vector) -> None:
    with pytest.raises(ProofFormatError, match="another program"):
        check_shrink_proof(vector.proof, bytes(32), vector.pubs)


def test_check__other_values__are_refused(vector: Vector) -> None:
    with pytest.raises(ProofFormatError, match="other public values"):
        check_shrink_proof(vector.proof, vector.vk, vector.pubs + b"\0")


@pytest.mark.parametrize(
    ("vk", "pubs", "match"), [(b"", b"", "32 bytes"), (bytes(32), bytes(2049), "too many")]
)
def test_check__sizes__are_the_pallets(vk: bytes, pubs: bytes, match: str) -> None:
    with pytest.raises(ProofFormatError, match=match):
        check_shrink_proof(b"", vk, pubs)


@pytest.mark.parametrize("size", [0, 1_000, 700_000])
def test_read__other_bytes__are_no_proof(size: int) -> None:
    with pytest.raises(ProofFormatError, match="not found"):
        read_shrink_proof(bytes(size))


def test_read__too_long__is_refused() -> None:
    with pytest.raises(ProofFormatError, match="too long"):
        read_shrink_proof(bytes(MAX_PROOF_BYTES + 1))
