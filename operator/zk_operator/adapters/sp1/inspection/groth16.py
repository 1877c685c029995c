"""Groth16 proofs of SP1's circuits: everything about them can be checked here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from zk_acts.domain.ids import Hash32, Statement
from zk_operator.adapters.sp1.bn254_container import Bn254Body
from zk_operator.adapters.sp1.inspection.claim_check import claim_checks, value_notes
from zk_operator.adapters.sp1.inspection.errors import KeyFileUnusable, ProofFileMalformed
from zk_operator.adapters.sp1.inspection.report import Claims, Expectation, Format, ProofReport
from zk_operator.adapters.sp1.saved_proof import Mode, SavedProof
from zk_operator.adapters.sp1.value_digest import Hasher, hasher_of, value_digest
from zk_operator.domain.circuit import (
    CIRCUITS,
    CircuitFacts,
    circuit_by_key,
    circuit_by_selector,
    released_key,
)
from zkverify_client.adapters.pairing import pairing_holds
from zkverify_client.domain.groth16 import Groth16Vk, pairing_input
from zkverify_client.domain.proof_errors import InputCountError, ProofError, ScalarError
from zkverify_client.domain.sp1_proof import (
    Sp1Proof,
    circuit_vk_sha256,
    decode_gnark_vk,
    decode_sp1_proof,
)
from zkverify_client.domain.statement import groth16_vk_hash, sp1_groth16_statement

_MOST_KEY_BYTES = 4_096  # SP1's have 492
_DEVNET = "made under the devnet's key, whose trapdoor is public; name the key file to check it"
_UNKNOWN = "the circuit is not known; name its groth16_vk.bin"
_NO_VALUES = "the bytes alone do not say of which program and public values they are; give both"


@dataclass(frozen=True, slots=True, kw_only=True)
class OnchainGroth16:
    """An on-chain Groth16 proof, with what a fixture says beside it."""

    proof: Sp1Proof
    vkey: Hash32 | None = None
    public_values: bytes | None = None


def inspect_groth16(
    found: SavedProof, body: Bn254Body, claims: Claims, expected: Expectation
) -> ProofReport:
    """Of the SDK's container. Errors: ProofFileMalformed, KeyFileUnusable."""
    report = _groth16(_decoded(body), claims, expected)
    facts = CIRCUITS.get(report.circuit or "")
    own = {
        "encodings": body.raw_proof[:256] == body.encoded_proof[-256:],
        "circuit": report.checks["circuit"] and _is_of(facts, found, body, expected),
    }
    return replace(
        report,
        format=Format.BINCODE,
        sdk_version=found.sp1_version,
        checks={**report.checks, **own},
        notes=(*report.notes, *value_notes(claims, has_tee_proof=found.tee_proof is not None)),
    )


def inspect_onchain(found: OnchainGroth16, expected: Expectation) -> ProofReport:
    """Of the on-chain form: program and public values come from the fixture, or from the asker.

    Which hash made the digest is not said: it is the one under which the pairing holds.
    """
    given = found.public_values
    public_values = given if given is not None else expected.public_values
    report = _groth16(
        found.proof, _onchain_claims(found, expected, public_values, Hasher.SHA256), expected
    )
    if report.checks["pairing"] is not False:
        return report
    claims = _onchain_claims(found, expected, public_values, Hasher.BLAKE3)
    other = _groth16(found.proof, claims, expected)
    return replace(other, notes=value_notes(claims)) if other.checks["pairing"] else report


def _onchain_claims(
    found: OnchainGroth16, expected: Expectation, public_values: bytes | None, hasher: Hasher
) -> Claims:
    proof = found.proof
    is_known = public_values is not None
    return Claims(
        vkey=found.vkey or expected.vkey,
        public_values=public_values,
        digest=value_digest(public_values, hasher, masked=True)
        if public_values is not None
        else None,
        hasher=hasher if is_known else None,
        exit_code=proof.exit_code,
        vk_root=None if proof.recursion_root is None else Hash32(proof.recursion_root),
        nonce=proof.nonce,
    )


def _decoded(body: Bn254Body) -> Sp1Proof:
    try:
        return decode_sp1_proof(body.vk_sha256[:4] + body.encoded_proof)
    except ProofError as error:
        raise ProofFileMalformed(error.message, cause=error.code, **error.context) from error


def claims_of(inputs: Sequence[int], public_values: bytes | None) -> Claims:
    """Of the public inputs of a wrapped proof. Errors: ProofFileMalformed."""
    try:
        words = [value.to_bytes(32) for value in inputs]
    except OverflowError as error:
        raise ProofFileMalformed("a public input has more than 256 bits") from error
    vkey, digest = Hash32(words[0]), words[1]
    hasher = None if public_values is None else hasher_of(public_values, digest, masked=True)
    if len(inputs) == 2:
        return Claims(vkey=vkey, public_values=public_values, digest=digest, hasher=hasher)
    return Claims(
        vkey=vkey,
        public_values=public_values,
        digest=digest,
        hasher=hasher,
        exit_code=inputs[2],
        vk_root=Hash32(words[3]),
        nonce=inputs[4],
    )


def _groth16(proof: Sp1Proof, claims: Claims, expected: Expectation) -> ProofReport:
    key = expected.circuit_key
    facts = circuit_by_selector(proof.selector) if key is None else circuit_by_key(key)
    if key is None and facts is not None:
        key = released_key(facts.name)
    vk = _key(key) if key is not None else None
    inputs = _inputs(claims, circuit_inputs=5 if proof.exit_code is not None else 2)
    checks = claim_checks(claims, expected)
    if claims.vk_root is not None:
        checks["vk_root"] = _is_known_root(claims.vk_root, facts)
    checks["circuit"] = _is_of_key(proof, key, facts)
    checks["pairing"] = _pairing(vk, proof, inputs)
    return ProofReport(
        format=Format.ONCHAIN,
        mode=Mode.GROTH16,
        sdk_version=facts.sp1_version if facts else None,
        circuit=facts.name if facts else None,
        claims=claims,
        checks=checks,
        statements={
            "groth16": None if checks["pairing"] is False else _statement(facts, vk, inputs),
            "shrink": None,
        },
        notes=_notes(checks, facts, vk),
    )


def _key(raw: bytes) -> Groth16Vk:
    message = "the file of --vk is no groth16_vk.bin"
    if len(raw) > _MOST_KEY_BYTES:  # each point takes 0.2 ms
        raise KeyFileUnusable(message, size=len(raw), most=_MOST_KEY_BYTES)
    try:
        return decode_gnark_vk(raw)
    except ProofError as error:
        raise KeyFileUnusable(message, reason=error.message, size=len(raw)) from error


def _inputs(claims: Claims, *, circuit_inputs: int) -> tuple[int, ...] | None:
    """The public inputs, if all are known."""
    if claims.vkey is None or claims.digest is None:
        return None
    head = (int.from_bytes(claims.vkey), int.from_bytes(claims.digest))
    if circuit_inputs == 2:
        return head
    root = int.from_bytes(claims.vk_root or b"")
    return (*head, claims.exit_code or 0, root, claims.nonce or 0)


def _is_of_key(proof: Sp1Proof, key: bytes | None, facts: CircuitFacts | None) -> bool | None:
    if key is None:
        return None
    count = 2 if proof.exit_code is None else 5
    right_count = facts is None or facts.inputs == count
    return right_count and circuit_vk_sha256(key)[:4] == proof.selector


def _is_of(
    facts: CircuitFacts | None, found: SavedProof, body: Bn254Body, expected: Expectation
) -> bool:
    """Whether the container's own words about its circuit agree with the key that is used."""
    if facts is not None:
        return body.vk_sha256 == facts.vk_sha256 and found.sp1_version == facts.sp1_version
    return expected.circuit_key is not None and (
        body.vk_sha256 == circuit_vk_sha256(expected.circuit_key)
    )


def _is_known_root(root: Hash32, facts: CircuitFacts | None) -> bool:
    """Under a key of one's own, the root must be one of SP1's: with another, anything can be proved."""
    if facts is not None:
        return root == facts.recursion_root
    return any(root == known.recursion_root for known in CIRCUITS.values() if not known.devnet)


def _pairing(vk: Groth16Vk | None, proof: Sp1Proof, inputs: tuple[int, ...] | None) -> bool | None:
    if vk is None or inputs is None:
        return None
    try:
        return pairing_holds(pairing_input(vk, proof.proof, inputs))
    except (ScalarError, InputCountError):
        return False


def _statement(
    facts: CircuitFacts | None, vk: Groth16Vk | None, inputs: tuple[int, ...] | None
) -> Statement | None:
    if inputs is None or (facts is None and vk is None):
        return None
    vk_hash = facts.zkverify_vk_hash if facts else groth16_vk_hash(vk) if vk else b""
    try:
        return sp1_groth16_statement(vk_hash, inputs)
    except ScalarError:
        return None


def _notes(
    checks: Mapping[str, bool | None], facts: CircuitFacts | None, vk: Groth16Vk | None
) -> tuple[str, ...]:
    notes = []
    if vk is None:
        notes.append(_DEVNET if facts is not None and facts.devnet else _UNKNOWN)
    elif checks["pairing"] is None:
        notes.append(_NO_VALUES)
    return tuple(notes)
