"""Verifiers that the node knows by their types alone, held against what the chain itself has said of them."""

import json
from pathlib import Path
from typing import Any

import pytest

from zk_devnet.zkverify import merkle
from zk_devnet.zkverify.config import ZkVerifyNodeConfig
from zk_devnet.zkverify.pallets.others import Unverified, unverified_verifiers
from zk_devnet.zkverify.pallets.proofs import Groth16, ProofRefused, UnverifiedPolicy
from zk_devnet.zkverify.rpc.dev import unverified
from zk_devnet.zkverify.scale import Array, Case, Enum, Primitive, Sequence, Struct, Type
from zk_devnet.zkverify.schema.others import GENESIS_OTHERS, OTHERS

CASES = json.loads(
    (Path(__file__).parents[3] / "vectors" / "zkverify" / "verifiers.json").read_text("utf-8")
)
by_name = pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
ACCEPT = unverified_verifiers(OTHERS, UnverifiedPolicy.ACCEPT_UNVERIFIED)
REFUSE = unverified_verifiers(OTHERS, UnverifiedPolicy.REFUSE)


def verifier_of(word: str, verifiers: dict[str, Unverified] = ACCEPT) -> Unverified:
    [found] = [each for each in verifiers.values() if each.context == word.encode()]
    return found


def value(ty: Type, plain: Any) -> Any:
    """JSON as the node's codec has it."""
    match ty:
        case Enum():
            [(name, inner)] = plain.items() if isinstance(plain, dict) else [(plain, None)]
            fields = ty.by_name[name].fields
            return Case(name, value(fields[0].ty, inner) if fields else None)
        case Struct() if ty.path == "primitive_types::U256":
            number = int(plain)
            return [number >> (64 * n) & (1 << 64) - 1 for n in range(4)]
        case Struct() if ty.fields[0].name is None:
            if len(ty.fields) == 1:
                return value(ty.fields[0].ty, plain)
            return tuple(value(f.ty, each) for f, each in zip(ty.fields, plain, strict=True))
        case Struct():
            given = {name.replace("_", "").lower(): each for name, each in plain.items()}
            return {f.name: value(f.ty, given[str(f.name).replace("_", "")]) for f in ty.fields}
        case Sequence(inner=Primitive("u8")) | Array(inner=Primitive("u8")):
            return bytes.fromhex(plain[2:])
        case Sequence() | Array():
            return [value(ty.inner, each) for each in plain]
        case _:
            return plain


def arguments_of(verifier: Unverified) -> dict[str, Type]:
    [pallet] = [each for each in OTHERS if each.name == verifier.pallet]
    assert pallet.calls is not None
    types = {str(f.name): f.ty for f in pallet.calls.by_name["submit_proof"].fields}
    return {**types, "vk": verifier.vk_type}


@by_name
def test_verifier__a_key_and_inputs_of_the_real_chain__gives_its_hash_and_statement(
    case: dict[str, Any],
) -> None:
    verifier = verifier_of(case["verifier"])
    types = arguments_of(verifier)
    vk, proof, pubs = (value(types[name], case[name]) for name in ("vk", "proof", "pubs"))
    verifier.validate_vk(vk)
    verifier.verify(vk, proof, pubs)
    vk_hash = verifier.vk_hash(vk)
    assert "0x" + vk_hash.hex() == case["vk_hash"]
    if "statement" in case:
        stated = merkle.statement(
            verifier.context, vk_hash, verifier.pubs_bytes(pubs), verifier.version_hash(proof)
        )
        assert "0x" + stated.hex() == case["statement"]


@by_name
def test_verifier__told_to_refuse__refuses_even_what_is_true(case: dict[str, Any]) -> None:
    verifier = verifier_of(case["verifier"], REFUSE)
    types = arguments_of(verifier)
    vk, proof, pubs = (value(types[name], case[name]) for name in ("vk", "proof", "pubs"))
    with pytest.raises(ProofRefused, match="VerifyError"):
        verifier.verify(vk, proof, pubs)


def test_ultrahonk__key_and_proof_of_different_versions__is_refused() -> None:
    verifier = verifier_of("ultrahonk")
    key, proof = Case("V3_0", bytes(1888)), Case("Legacy", Case("ZK", b""))
    with pytest.raises(ProofRefused, match="VerifyError"):
        verifier.verify(key, proof, [])
    with pytest.raises(ProofRefused, match="InvalidInput"):
        verifier.verify(key, Case("V3_0", Case("ZK", b"")), [bytes(32)] * 33)


def test_ultrahonk__key_before_there_were_versions__is_hashed_as_legacy_ones_are() -> None:
    verifier, raw = verifier_of("ultrahonk"), bytes(range(256)) * 6 + bytes(224)
    assert verifier.vk_hash(raw) == verifier.vk_hash(Case("Legacy", raw))
    assert verifier.vk_hash(raw) != verifier.vk_hash(Case("V0_84", raw))
    assert verifier.encoded_vk(raw) == raw


@pytest.mark.parametrize(("word", "vk"), [("tee", Case("Nitro")), ("ezkl", {"vk_bytes": b"1"})])
def test_validate__a_key_that_needs_no_mathematics__is_refused(word: str, vk: Any) -> None:
    with pytest.raises(ProofRefused, match="InvalidVerificationKey"):
        verifier_of(word).validate_vk(vk)


def test_groth16__over_bls12_381__is_refused_or_believed() -> None:
    points = {"a": b"", "b": b"", "c": b""}
    vk = {"curve": Case("Bls12_381"), "gamma_abc_g1": [b"", b""]}
    proof = {"curve": Case("Bls12_381"), "proof": points}
    believing = Groth16(policy=UnverifiedPolicy.ACCEPT_UNVERIFIED)
    believing.validate_vk(vk)
    believing.verify(vk, proof, [bytes(32)])
    with pytest.raises(ProofRefused, match="InvalidInput"):
        believing.verify(vk, proof, [])
    with pytest.raises(ProofRefused, match="InvalidProofData"):
        believing.verify(vk, {"curve": Case("Bn254"), "proof": points}, [bytes(32)])
    with pytest.raises(ProofRefused, match="VerifyError"):
        Groth16().verify(vk, proof, [bytes(32)])
    with pytest.raises(ProofRefused, match="InvalidVerificationKey"):
        Groth16().validate_vk(vk)


@pytest.mark.parametrize("policy", list(UnverifiedPolicy))
def test_unverified__of_other_systems__is_told_apart(policy: UnverifiedPolicy) -> None:
    said = unverified(ZkVerifyNodeConfig(others_policy=policy))[1]
    assert ("ACCEPTED WITHOUT VERIFICATION" in said) is (policy is not UnverifiedPolicy.REFUSE)
    for pallet in OTHERS:
        assert pallet.name.removeprefix("Settlement").removesuffix("Pallet").lower() in said


def test_others__before_1_3__are_fewer() -> None:
    assert {pallet.name for pallet in OTHERS} - {pallet.name for pallet in GENESIS_OTHERS} == {
        "SettlementEzklPallet",
        "SettlementTeePallet",
    }
