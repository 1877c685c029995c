"""Provers on machines of one's own, as ProverBackends: jobs in this process, proofs on its disk."""

from zk_operator.adapters.sp1.local.backend import LocalBackend, LocalConfig, open_local_backend
from zk_operator.adapters.sp1.local.engine import Engine, ProofJob

__all__ = ["Engine", "LocalBackend", "LocalConfig", "ProofJob", "open_local_backend"]
