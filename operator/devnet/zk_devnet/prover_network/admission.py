"""What a request must satisfy to be accepted: pure checks over its terms."""

import grpc

from zk_devnet.prover_network.config import ProverNetworkConfig
from zk_devnet.prover_network.errors import CallRefused
from zk_devnet.prover_network.request import Terms
from zk_devnet.prover_network.signing import domain_separator
from zk_devnet.prover_network.states import NetworkMode, ProofMode, Strategy

_STRATEGIES = {
    NetworkMode.MAINNET: (Strategy.AUCTION,),
    NetworkMode.RESERVED: (Strategy.HOSTED, Strategy.RESERVED),
    NetworkMode.GATEWAY: (Strategy.HOSTED, Strategy.RESERVED),
}


def check_terms(terms: Terms, *, config: ProverNetworkConfig, now: float) -> None:
    """CallRefused (InvalidArgument) for terms that the network would not take."""
    require(terms.version in config.versions, f"unsupported prover version: {terms.version}")
    require(
        terms.mode is ProofMode.GROTH16, "this dev server makes Groth16 proofs only (proof mode 4)"
    )
    require(terms.strategy in _STRATEGIES[config.mode], "strategy is not offered by this network")
    require(terms.deadline > now, "deadline is in the past")
    require(len(terms.vk_hash) == 32, "vk_hash must be 32 bytes")
    require(terms.cycle_limit > 0, "cycle_limit must be positive")
    require(terms.gas_limit > 0, "gas_limit must be positive")
    if config.mode is NetworkMode.MAINNET:
        _check_auction_terms(terms, config)


def _check_auction_terms(terms: Terms, config: ProverNetworkConfig) -> None:
    prices = config.prices
    require(terms.domain == domain_separator(config.chain_id), "invalid domain")
    require(terms.base_fee == prices.base_fee, f"base_fee must be {prices.base_fee}")
    require(terms.max_price_per_pgu > 0, "max_price_per_pgu must be positive")
    require(
        terms.max_price_per_pgu % prices.tick_size == 0,
        f"max_price_per_pgu must be a multiple of {prices.tick_size}",
    )
    for name in ("auctioneer", "executor", "verifier", "treasury"):
        require(len(getattr(terms, name)) == 20, f"{name} must be 20 bytes")
    require(all(len(prover) == 20 for prover in terms.whitelist), "whitelist holds no addresses")


def require(holds: bool, message: str) -> None:
    """CallRefused (InvalidArgument) with the message unless the condition holds."""
    if not holds:
        raise CallRefused(grpc.StatusCode.INVALID_ARGUMENT, message)
