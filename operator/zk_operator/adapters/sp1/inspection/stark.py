"""Core, compressed and shrink proofs: what they claim. A STARK is verified by the prover host, not here."""

import hashlib

from zk_operator.adapters.sp1.inspection.report import Claims, Expectation, Format, ProofReport
from zk_operator.adapters.sp1.program_key import hash_bytes
from zk_operator.adapters.sp1.recursion_values import RecursionValues
from zk_operator.adapters.sp1.saved_proof import Mode, OpaqueBody, SavedProof
from zk_operator.adapters.sp1.shrink_container import ShrinkContainer
from zk_operator.domain.circuit import CIRCUITS
from zk_operator.domain.ids import Statement
from zk_operator.domain.statement import sp1_statement

V5 = CIRCUITS["v5.0.0"]
_NO_STARK = (
    "a STARK proof: its claims are checked here, the proof itself only by SP1's own verifier"
)
_NO_CLAIMS = "a core proof says what it is of only to SP1's own verifier"
_NEEDS_WRAP = "zkVerify takes it only after it has been wrapped (Groth16) or shrunk (SP1 5)"


def inspect_opaque(found: SavedProof, body: OpaqueBody, expected: Expectation) -> ProofReport:
    """Of a core or compressed proof in the SDK's container."""
    claims = _claims(body.values, found.public_values)
    checks = _checks(body.values, found.public_values, expected)
    if body.values is not None:
        checks["vk_root"] = _is_root(body.values, found.sp1_version)
    return ProofReport(
        format=Format.BINCODE,
        mode=found.mode,
        sdk_version=found.sp1_version,
        circuit=None,
        claims=claims,
        checks={**checks, "stark": None},
        statements={"groth16": None, "shrink": None},
        notes=(_NO_STARK if body.values else _NO_CLAIMS, _NEEDS_WRAP),
    )


def inspect_shrink(found: ShrinkContainer, expected: Expectation) -> ProofReport:
    """Of zkVerify's form; the public values may stand behind the proof, or are the asker's."""
    values = found.values
    public_values = found.trailing_values
    if public_values is None or hashlib.sha256(public_values).digest() != values.digest:
        public_values = expected.public_values or public_values
    checks = _checks(values, public_values, expected)
    checks["vk_root"] = values.root == V5.recursion_root
    return ProofReport(
        format=Format.SHRINK,
        mode=Mode.SHRINK,
        sdk_version=V5.sp1_version,
        circuit=None,
        claims=_claims(values, public_values),
        checks={**checks, "stark": None},
        statements={"groth16": None, "shrink": _statement(values, public_values)},
        notes=(_NO_STARK,),
    )


def _claims(values: RecursionValues | None, public_values: bytes | None) -> Claims:
    if values is None:
        return Claims(public_values=public_values)
    return Claims(
        vkey=values.vkey,
        public_values=public_values,
        digest=values.digest,
        exit_code=values.exit_code,
        vk_root=values.root,
    )


def _checks(
    values: RecursionValues | None, public_values: bytes | None, expected: Expectation
) -> dict[str, bool | None]:
    checks: dict[str, bool | None] = {}
    if expected.vkey is not None:
        checks["vkey"] = None if values is None else values.vkey == expected.vkey
    if expected.public_values is not None and public_values is not None:
        checks["expected_public_values"] = public_values == expected.public_values
    if values is None:
        return checks
    checks["public_values"] = (
        None if public_values is None else hashlib.sha256(public_values).digest() == values.digest
    )
    checks["exit_code"] = values.exit_code == 0
    checks["complete"] = values.is_complete
    return checks


def _is_root(values: RecursionValues, version: str) -> bool:
    return any(
        values.root == facts.recursion_root
        for facts in CIRCUITS.values()
        if facts.sp1_version == version and not facts.devnet
    )


def _statement(values: RecursionValues, public_values: bytes | None) -> Statement | None:
    if public_values is None or hashlib.sha256(public_values).digest() != values.digest:
        return None
    return sp1_statement(hash_bytes(values.vkey), public_values)
