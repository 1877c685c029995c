"""Inspects each kind of proof: its claims, the checks that can be made, its statement on zkVerify."""

from zk_operator.adapters.sp1.bn254_container import Bn254Body
from zk_operator.adapters.sp1.inspection.detect import Found, OnchainProof, detect
from zk_operator.adapters.sp1.inspection.report import Expectation, ProofReport
from zk_operator.adapters.sp1.inspection.stark import inspect_opaque, inspect_shrink
from zk_operator.adapters.sp1.inspection.wrapped import inspect_bincode, inspect_onchain
from zk_operator.adapters.sp1.shrink_container import ShrinkContainer


def inspect_proof(raw: bytes, expected: Expectation | None = None) -> ProofReport:
    """Everything about a proof file's content; some 60 ms for a Groth16 proof.

    Errors: ProofFileMalformed, ProofFileUnknown, KeyFileUnusable.
    """
    return _inspect(detect(raw), expected or Expectation())


def _inspect(found: Found, expected: Expectation) -> ProofReport:
    if isinstance(found, OnchainProof):
        return inspect_onchain(found, expected)
    if isinstance(found, ShrinkContainer):
        return inspect_shrink(found, expected)
    if isinstance(found.body, Bn254Body):
        return inspect_bincode(found, found.body, expected)
    return inspect_opaque(found, found.body, expected)
