"""Core, compressed and shrink proofs: what they claim. A STARK is verified by the prover host, not here."""

from dataclasses import dataclass

from zk_acts.domain.ids import Hash32, Statement
from zk_operator.adapters.sp1.inspection.claim_check import (
    claim_checks,
    is_released_root,
    unused_key,
    value_notes,
)
from zk_operator.adapters.sp1.inspection.report import Claims, Expectation, Format, ProofReport
from zk_operator.adapters.sp1.opaque_container import OpaqueBody
from zk_operator.adapters.sp1.program_key import hash_bytes
from zk_operator.adapters.sp1.recursion_values import CoreValues, RecursionValues
from zk_operator.adapters.sp1.saved_proof import LAID_OUT, Mode, SavedProof
from zk_operator.adapters.sp1.shrink_container import ShrinkContainer
from zk_operator.adapters.sp1.stark_container import StarkBody
from zk_operator.adapters.sp1.value_digest import hasher_of
from zk_operator.domain.circuit import CIRCUITS
from zkverify_client.domain.statement import sp1_statement

V5 = CIRCUITS["v5.0.0"]
CHECK = "stark"
_FOR_HOST = (
    "a STARK: its claims are checked here, the proof itself by SP1's own verifier in the prover host; "
    "name the program's ELF or key with --vk"
)
_NO_HOST = "a STARK of another SP1 than the prover host's: nothing here verifies it"
_NO_SHRINK = "a STARK of SP1 5: its claims are checked here, the proof itself by zkVerify's pallet"
_NO_PROGRAM = "a core proof does not say of which program it is"
_NEEDS_WRAP = "zkVerify takes it only after it has been wrapped (Groth16) or shrunk (SP1 5)"
Values = RecursionValues | CoreValues | None


def inspect_stark(
    found: SavedProof, body: StarkBody | OpaqueBody, expected: Expectation
) -> ProofReport:
    """Of a core or compressed proof in the SDK's container."""
    claims = _claims(body.values, found.public_values)
    checks = _checks(claims, body.values, expected)
    if claims.vk_root is not None:
        checks["vk_root"] = is_released_root(claims.vk_root, found.sp1_version)
    by_host = found.sp1_version in LAID_OUT
    notes = [_FOR_HOST] if by_host else [_NO_HOST, *unused_key(expected)]
    notes += [_NO_PROGRAM] if found.mode is Mode.CORE else []
    return ProofReport(
        format=Format.BINCODE,
        mode=found.mode,
        sdk_version=found.sp1_version,
        circuit=None,
        claims=claims,
        checks={**checks, CHECK: None},
        statements={"groth16": None, "shrink": None},
        notes=(
            *notes,
            _NEEDS_WRAP,
            *value_notes(claims, has_tee_proof=found.tee_proof is not None),
        ),
        open_check=CHECK if by_host else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ShrinkFile:
    """A shrink proof, with what its document says beside it; `vk` as the pallet takes it."""

    container: ShrinkContainer
    vk: Hash32 | None = None
    public_values: bytes | None = None


def inspect_shrink(found: ShrinkFile, expected: Expectation) -> ProofReport:
    """Of zkVerify's form; the public values are its document's, stand behind the proof, or are the asker's."""
    values = found.container.values
    public_values = _shrink_values(found, expected)
    claims = _claims(values, public_values)
    checks = _checks(claims, values, expected)
    if found.vk is not None:
        checks["named_key"] = found.vk == hash_bytes(values.vkey)
    checks["vk_root"] = values.root == V5.recursion_root
    return ProofReport(
        format=Format.SHRINK,
        mode=Mode.SHRINK,
        sdk_version=V5.sp1_version,
        circuit=None,
        claims=claims,
        checks={**checks, CHECK: None},
        statements={"groth16": None, "shrink": _statement(claims)},
        notes=(_NO_SHRINK, *unused_key(expected), *value_notes(claims)),
    )


def _shrink_values(found: ShrinkFile, expected: Expectation) -> bytes | None:
    own = (
        found.public_values if found.public_values is not None else found.container.trailing_values
    )
    digest = found.container.values.digest
    is_right = own is not None and hasher_of(own, digest, masked=False) is not None
    if is_right or found.public_values is not None or expected.public_values is None:
        return own
    return expected.public_values  # what stands behind the proof may be anything


def _claims(values: Values, public_values: bytes | None) -> Claims:
    if values is None:
        return Claims(public_values=public_values)
    digest = values.digest
    hasher = None if public_values is None else hasher_of(public_values, digest, masked=False)
    if isinstance(values, CoreValues):
        return Claims(
            public_values=public_values, digest=digest, hasher=hasher, exit_code=values.exit_code
        )
    return Claims(
        vkey=values.vkey,
        public_values=public_values,
        digest=digest,
        hasher=hasher,
        exit_code=values.exit_code,
        vk_root=values.root,
    )


def _checks(claims: Claims, values: Values, expected: Expectation) -> dict[str, bool | None]:
    checks = claim_checks(claims, expected)
    if isinstance(values, RecursionValues):
        checks["complete"] = values.is_complete
    return checks


def _statement(claims: Claims) -> Statement | None:
    """The pallet takes values that it hashes to the proof's digest, by either hash, and no others."""
    if claims.vkey is None or claims.public_values is None or claims.hasher is None:
        return None
    return sp1_statement(hash_bytes(claims.vkey), claims.public_values)
