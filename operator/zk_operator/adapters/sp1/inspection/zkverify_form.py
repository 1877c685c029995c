"""Proofs as zkVerify's Groth16 pallet takes them: JSON {vk, proof, pubs}, points and scalars little-endian.

The document brings its own key. It proves something of SP1 only if that key is one of SP1's circuits.
"""

from collections.abc import Mapping
from typing import Any

from zk_operator.adapters.sp1.inspection.claim_check import claim_checks, unused_key
from zk_operator.adapters.sp1.inspection.errors import ProofFileMalformed
from zk_operator.adapters.sp1.inspection.groth16 import claims_of
from zk_operator.adapters.sp1.inspection.report import Claims, Expectation, Format, ProofReport
from zk_operator.adapters.sp1.saved_proof import Mode
from zk_operator.domain.circuit import CIRCUITS, CircuitFacts
from zkverify_client.adapters.proof_file import Groth16Claim, KnownVk, claim_of_json
from zkverify_client.domain.failures import ProofInvalid
from zkverify_client.domain.proof_errors import InputCountError, ProofError, ScalarError
from zkverify_client.domain.statement import groth16_statement, scalar_from_le

MAX_INPUTS = 64  # zkVerify's limit
_FOREIGN = "under a key of its own, which is none of SP1's circuits: it says nothing of a program"
_NO_KEY = "the document has no key"


def read_zkverify(document: Mapping[str, Any]) -> Groth16Claim:
    """Errors: ProofFileMalformed."""
    try:
        _require_few(document)
        return claim_of_json(document)
    except ProofError as error:
        raise ProofFileMalformed(error.message, cause=error.code) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ProofFileMalformed(
            "zkVerify's JSON lacks a part", reason=repr(error)[:200]
        ) from error


def _require_few(document: Mapping[str, Any]) -> None:
    """Each input is multiplied with a point of the key: a document of 4 MiB would take minutes."""
    key = document.get("vk")
    points = tuple(key.values()) if isinstance(key, Mapping) else ()
    parts = (part for part in (document["pubs"], *points) if isinstance(part, list | dict))
    if any(len(part) > MAX_INPUTS + 1 for part in parts):
        raise ProofFileMalformed("more public inputs than zkVerify takes", most=MAX_INPUTS)


def inspect_zkverify(found: Groth16Claim, expected: Expectation) -> ProofReport:
    """Key and inputs are the document's; the public values are the asker's."""
    facts = None if found.vk is None else _circuit(found.vk)
    claims = _claims(found, facts, expected)
    checks = {**claim_checks(claims, expected), "circuit": None if facts is None else True}
    if facts is not None and claims.vk_root is not None:
        checks["vk_root"] = claims.vk_root == facts.recursion_root
    checks["pairing"] = None if found.vk is None else _pairing(found, found.vk)
    is_known = found.vk is not None and checks["pairing"]
    statement = (
        groth16_statement(found.vk.raw_hash, found.public_inputs) if is_known and found.vk else None
    )
    notes = () if facts else (_FOREIGN if found.vk else _NO_KEY,)
    return ProofReport(
        format=Format.ZKVERIFY,
        mode=Mode.GROTH16,
        sdk_version=facts.sp1_version if facts else None,
        circuit=facts.name if facts else None,
        claims=claims,
        checks=checks,
        statements={"groth16": statement, "shrink": None},
        notes=(*unused_key(expected), *notes),
    )


def _circuit(vk: KnownVk) -> CircuitFacts | None:
    """By the hash of the key as we would register it; the devnet's, whose trapdoor is public, is not trusted."""
    known = (facts for facts in CIRCUITS.values() if facts.zkverify_vk_hash == vk.hash)
    return next((facts for facts in known if not facts.devnet), None)


def _claims(found: Groth16Claim, facts: CircuitFacts | None, expected: Expectation) -> Claims:
    if facts is None or facts.inputs != len(found.public_inputs):
        return Claims()
    inputs = [int.from_bytes(scalar, "little") for scalar in found.public_inputs]
    return claims_of(inputs, expected.public_values)


def _pairing(found: Groth16Claim, vk: KnownVk) -> bool:
    try:
        for scalar in found.public_inputs:
            scalar_from_le(scalar)
        found.check(vk.vk)
    except (ProofInvalid, ScalarError, InputCountError):
        return False
    return True
