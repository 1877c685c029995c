"""Which shortfalls one EVM endpoint has: questions by which it shows them, and pure judgements of its answers."""

from zk_operator.adapters.evm.examination.endpoint import examine_endpoint
from zk_operator.adapters.evm.examination.probe import EvmPlan, Probe

__all__ = ["EvmPlan", "Probe", "examine_endpoint"]
