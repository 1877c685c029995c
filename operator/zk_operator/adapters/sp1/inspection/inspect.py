"""Inspects each kind of proof: its claims, the checks that can be made, its statement on zkVerify."""

from zk_operator.adapters.sp1.bn254_container import Bn254Body
from zk_operator.adapters.sp1.inspection.detect import Found, detect
from zk_operator.adapters.sp1.inspection.groth16 import (
    OnchainGroth16,
    claims_of,
    inspect_groth16,
    inspect_onchain,
)
from zk_operator.adapters.sp1.inspection.plonk import (
    OnchainPlonk,
    inspect_onchain_plonk,
    inspect_plonk,
)
from zk_operator.adapters.sp1.inspection.report import Expectation, ProofReport
from zk_operator.adapters.sp1.inspection.stark import ShrinkFile, inspect_shrink, inspect_stark
from zk_operator.adapters.sp1.inspection.zkverify_form import inspect_zkverify
from zk_operator.adapters.sp1.saved_proof import Mode, SavedProof


def inspect_proof(raw: bytes, expected: Expectation | None = None) -> ProofReport:
    """Everything about a proof file's content; some 60 ms for a Groth16 proof.

    Errors: ProofFileMalformed, ProofFileUnknown, KeyFileUnusable.
    """
    return _inspect(detect(raw), expected or Expectation())


def _inspect(found: Found, expected: Expectation) -> ProofReport:
    if isinstance(found, OnchainGroth16):
        return inspect_onchain(found, expected)
    if isinstance(found, OnchainPlonk):
        return inspect_onchain_plonk(found, expected)
    if isinstance(found, ShrinkFile):
        return inspect_shrink(found, expected)
    if isinstance(found, SavedProof):
        return _saved(found, expected)
    return inspect_zkverify(found, expected)


def _saved(found: SavedProof, expected: Expectation) -> ProofReport:
    body = found.body
    if not isinstance(body, Bn254Body):
        return inspect_stark(found, body, expected)
    claims = claims_of(body.inputs, found.public_values)
    inspect = inspect_plonk if found.mode is Mode.PLONK else inspect_groth16
    return inspect(found, body, claims, expected)
