"""The SP1 prover network, and gateways that speak its protocol, as a ProverBackend."""

from zk_operator.adapters.sp1.network.backend import NetworkBackend, open_network_backend
from zk_operator.adapters.sp1.network.config import (
    Limits,
    NetworkConfig,
    NetworkTree,
    limits_by_order,
)
from zk_operator.adapters.sp1.network.pricing import PricePolicy

__all__ = [
    "Limits",
    "NetworkBackend",
    "NetworkConfig",
    "NetworkTree",
    "PricePolicy",
    "limits_by_order",
    "open_network_backend",
]
