"""SP1's real Groth16 proofs in the dev node's pallet: keys' hashes, statements, and a turned bit in every part."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from zk_devnet.zkverify import merkle
from zk_devnet.zkverify.pallets.proofs import Groth16, ProofRefused
from zk_devnet.zkverify.scale import decode
from zk_devnet.zkverify.schema.verifiers import GROTH16_PROOF, GROTH16_VK
from zkverify_client.domain.sp1_proof import circuit_vk_sha256, decode_gnark_vk, decode_sp1_proof
from zkverify_client.domain.statement import (
    public_values_digest,
    scalar_to_le,
    scale_groth16_proof,
    scale_groth16_vk,
    sp1_public_inputs,
)

VERIFIER = Groth16()
FIBONACCI = int("00bb9e57314d7ee4f65a4b9fb46fbeae0495f2015c5a8a737333680ce6bb424e", 16)
STATEMENTS = {
    "v5.0.0": "c9a85ded8f28601c01b54cbe0f788ad7242e76e02805d05a87eafdd2411afad0",
    "v6.0.0": "d3316beac8c459c4b47b7ab5b44b1bcb18fae045ec7f57e82faa83f9e3d3db2c",
}
KEY_HASHES = {
    "v5.0.0": "7fc4af8dc84751cb28eea9a6b7e6bda8ea43c1a0f917569dbaa13528b19fd9b9",
    "v6.0.0": "d65f59e4f827ae32ea23c1b563bb019754b4377ec7f7fca92b0caeb8c067735a",
    "v6.1.0": "f302723b6a2210f61a637afc730f9216308d94c6915dcc629fc041bd5a9fb84c",
}
Parts = tuple[Any, Any, list[bytes]]


def _key(folder: Path, version: str) -> Any:
    """The pallet's struct, read from the SCALE bytes that the other codec wrote."""
    vk = decode_gnark_vk((folder / f"{version}-groth16_vk.bin").read_bytes())
    return decode(GROTH16_VK, scale_groth16_vk(vk))


def _v5(folder: Path) -> Parts:
    container = (folder / "v5.0.0-fibonacci-proof.bin").read_bytes()
    start = container.index((512).to_bytes(8, "little")) + 8
    body = bytes.fromhex(container[start : start + 512].decode())
    selector = circuit_vk_sha256((folder / "v5.0.0-groth16_vk.bin").read_bytes())[:4]
    proof = decode(GROTH16_PROOF, scale_groth16_proof(decode_sp1_proof(selector + body).proof))
    digest = public_values_digest(bytes.fromhex("140000006d1a0000d30b0000"))
    return _key(folder, "v5.0.0"), proof, [scalar_to_le(value) for value in (FIBONACCI, digest)]


def _v6(folder: Path) -> Parts:
    fixture = json.loads((folder / "v6.0.0-fixture.json").read_text())
    decoded = decode_sp1_proof(bytes.fromhex(fixture["proof"][2:]))
    inputs = sp1_public_inputs(
        program_vkey=bytes.fromhex(fixture["vkey"][2:]),
        public_values=bytes.fromhex(fixture["publicValues"][2:]),
        recursion_root=decoded.recursion_root or b"",
        nonce=decoded.nonce or 0,
    )
    proof = decode(GROTH16_PROOF, scale_groth16_proof(decoded.proof))
    return _key(folder, "v6.0.0"), proof, [scalar_to_le(value) for value in inputs]


LOADERS: dict[str, Callable[[Path], Parts]] = {"v5.0.0": _v5, "v6.0.0": _v6}


@pytest.fixture(params=sorted(LOADERS))
def real(request: pytest.FixtureRequest, vectors: Path) -> tuple[str, Parts]:
    """A version, with its key, proof and inputs."""
    return request.param, LOADERS[request.param](vectors / "sp1-groth16")


def _refused(vk: Any, proof: Any, pubs: list[bytes]) -> str:
    with pytest.raises(ProofRefused) as caught:
        VERIFIER.verify(vk, proof, pubs)
    return caught.value.reason


def _flipped(raw: bytes, at: int) -> bytes:
    return raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]


@pytest.mark.parametrize("version", sorted(KEY_HASHES))
def test_vk_hash__of_sp1s_keys__is_the_recorded_one(version: str, vectors: Path) -> None:
    key = _key(vectors / "sp1-groth16", version)
    VERIFIER.validate_vk(key)
    assert VERIFIER.vk_hash(key).hex() == KEY_HASHES[version]


def test_verify__real_proof__holds_and_states_what_is_recorded(real: tuple[str, Parts]) -> None:
    version, (vk, proof, pubs) = real
    VERIFIER.verify(vk, proof, pubs)
    found = merkle.statement(b"groth16", VERIFIER.vk_hash(vk), VERIFIER.pubs_bytes(pubs))
    assert found.hex() == STATEMENTS[version]


@pytest.mark.parametrize("part", ["a", "b", "c"])
@pytest.mark.parametrize("at", [0, 33])
def test_verify__point_with_a_turned_bit__is_refused(
    real: tuple[str, Parts], part: str, at: int
) -> None:
    vk, proof, pubs = real[1]
    changed = {**proof["proof"], part: _flipped(proof["proof"][part], at)}
    assert _refused(vk, {**proof, "proof": changed}, pubs) == "InvalidProofData"


def test_verify__input_with_a_turned_bit__is_refused(real: tuple[str, Parts]) -> None:
    vk, proof, pubs = real[1]
    for number in range(len(pubs)):
        changed = [*pubs[:number], _flipped(pubs[number], 0), *pubs[number + 1 :]]
        assert _refused(vk, proof, changed) == "VerifyError"


@pytest.mark.parametrize("name", ["alpha_g1", "beta_g2", "gamma_g2", "delta_g2"])
def test_validate__key_with_a_turned_bit__is_refused(real: tuple[str, Parts], name: str) -> None:
    vk, proof, pubs = real[1]
    changed = {**vk, name: _flipped(vk[name], 0)}
    with pytest.raises(ProofRefused, match="InvalidVerificationKey"):
        VERIFIER.validate_vk(changed)
    assert _refused(changed, proof, pubs) in {"VerifyError", "InvalidVerificationKey"}
