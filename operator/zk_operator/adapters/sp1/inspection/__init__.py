"""Says what a proof file is, what it claims, and whether that can be verified here."""

from zk_operator.adapters.sp1.inspection.inspect import inspect_proof
from zk_operator.adapters.sp1.inspection.report import Expectation, ProofReport

__all__ = ["Expectation", "ProofReport", "inspect_proof"]
