"""Settings of proving: which proof, which program, which circuit, and the prover network."""

from enum import StrEnum
from typing import Literal

from zk_operator.settings.base import Section
from zk_operator.settings.circuit import KNOWN_CIRCUITS, CircuitFacts
from zk_operator.settings.field import (
    Addresses,
    FilePath,
    Hash32Field,
    HttpUrl,
    Seconds,
    setting,
)


class Route(StrEnum):
    """The two proof routes."""

    GROTH16 = "groth16"
    SHRINK = "shrink"


class Tree(StrEnum):
    """The two protocols that a prover network can speak; never guessed from its URL."""

    AUCTION = "auction"
    RESERVED = "reserved"


class Whitelist(StrEnum):
    """Who may prove, where it is not a list of addresses."""

    ANYONE = "anyone"
    UPTIME = "uptime"  # whom the network itself lists as up


class NetworkSettings(Section):
    """The prover network, or a gateway of one's own that speaks its protocol."""

    endpoint: HttpUrl = setting(about="gRPC endpoint; https means TLS")
    tree: Tree = setting(about="auction (mainnet) or reserved (capacity, own gateways)")
    max_price_per_pgu: int = setting(
        about="Highest price offered per prover gas unit, in 1e-18 PROVE", live=True, gt=0
    )
    price_percent: int = setting(
        120,
        about="First offer, in percent of the network's current price",
        live=True,
        ge=1,
        le=10_000,
    )
    price_step_percent: int = setting(
        25, about="Added to that percentage with every further attempt", live=True, ge=0, le=10_000
    )
    max_base_fee: int = setting(
        2 * 10**18, about="Highest base fee per request accepted, in 1e-18 PROVE", live=True, ge=0
    )
    cycles_base: int = setting(
        20_000_000, about="Cycle limit of a batch without orders", live=True, gt=0
    )
    cycles_per_order: int = setting(1_000_000, about="Added per order", live=True, ge=0)
    gas_base: int = setting(
        50_000_000, about="Limit of prover gas of a batch without orders", live=True, gt=0
    )
    gas_per_order: int = setting(2_000_000, about="Added per order", live=True, ge=0)
    min_auction_period_s: int = setting(
        1, about="Shortest time for which bids are collected", live=True, ge=0, le=3_600
    )
    auction_timeout_s: Seconds = setting(
        60.0, about="A request that no prover has taken by then is cancelled", live=True
    )
    whitelist: Whitelist | Addresses = setting(
        Whitelist.ANYONE,
        about='Who may prove: "anyone", "uptime", or a list of addresses',
        live=True,
    )
    poll_interval_s: Seconds = setting(2.0, about="Pause between looks at a request", live=True)
    request_timeout_s: Seconds = setting(15.0, about="Deadline of one call")
    transfer_timeout_s: Seconds = setting(120.0, about="Deadline of one upload or download")
    max_artifact_bytes: int = setting(
        64 * 2**20, about="Largest proof download accepted, in bytes", gt=0
    )


class ProverSettings(Section):
    """The proof that is made of every batch."""

    route: Route = setting(
        Route.GROTH16, about="groth16, or shrink (needs an external SP1 v5 prover)"
    )
    backend: Literal["network"] = setting("network", about="Where proofs come from")
    program_elf: FilePath = setting(about="The batch program")
    program_vkey: Hash32Field = setting(about="The program's verifying key hash, bytes32 form")
    program_vk_file: FilePath | None = setting(
        None,
        about="The program's full verifying key (bincode); needed only to register the program",
    )
    circuit: Literal["v6.1.0", "v6.0.0", "devnet"] = setting(
        "v6.1.0", about="The Groth16 circuit that proofs are made with"
    )
    circuit_vk_file: FilePath = setting(
        about="The circuit's groth16_vk.bin; must be the file that the name stands for"
    )
    proof_timeout_s: Seconds = setting(
        600.0, about="Deadline given to a prover for one batch", live=True
    )
    max_attempts: int = setting(
        4, about="Requests for one batch before it is given up", ge=1, le=20
    )
    network: NetworkSettings = setting(about="The prover network")

    @property
    def facts(self) -> CircuitFacts:
        """What is known of the configured circuit."""
        return KNOWN_CIRCUITS[self.circuit]
