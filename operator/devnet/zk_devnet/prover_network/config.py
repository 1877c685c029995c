"""How the prover-network dev server behaves: mode, prices, timing, provers, accounts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from zk_devnet.prover_network.states import NetworkMode

PROVE = 10**18  # wei per PROVE


@dataclass(frozen=True, slots=True, kw_only=True)
class ProverProfile:
    """A simulated prover. `price_per_pgu` in PROVE wei: what it bids."""

    address: bytes
    name: str
    price_per_pgu: int
    high_availability: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long the simulated network takes, in seconds."""

    execution_s: float = 0.2
    auction_s: float = 0.5  # at least this; a request's min_auction_period can make it longer
    proving_s: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """The market. Fees in PROVE wei, prices in PROVE wei per PGU."""

    base_fee: int = PROVE // 5
    max_price_per_pgu: int = 1_000_000_000
    tick_size: int = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """The protocol addresses that a request names."""

    auctioneer: bytes = b"\xa1" * 20
    executor: bytes = b"\xa2" * 20
    verifier: bytes = b"\xa3" * 20
    treasury: bytes = b"\xa4" * 20


DEFAULT_PROVERS = (
    ProverProfile(
        address=b"\xb1" * 20, name="dev-prover-1", price_per_pgu=600_000_000, high_availability=True
    ),
    ProverProfile(address=b"\xb2" * 20, name="dev-prover-2", price_per_pgu=700_000_000),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProverNetworkConfig:
    """Everything that can be chosen at start. Ports: 0 takes a free one.

    `chain_id` goes into the signing domain; the devnet's own keeps its signatures from being valid on mainnet.
    `default_balance` (PROVE wei) is what an account has that `balances` does not name.
    """

    mode: NetworkMode = NetworkMode.MAINNET
    host: str = "127.0.0.1"
    grpc_port: int = 0
    http_port: int = 0
    public_http_url: str | None = (
        None  # where clients reach the artifact store; default: host and port
    )
    chain_id: int = 31337
    versions: tuple[str, ...] = ("sp1-v6.1.0",)
    provers: tuple[ProverProfile, ...] = DEFAULT_PROVERS
    timing: Timing = field(default_factory=Timing)
    prices: Prices = field(default_factory=Prices)
    roles: Roles = field(default_factory=Roles)
    default_balance: int = 1_000 * PROVE
    balances: Mapping[bytes, int] = field(default_factory=dict)
    barred_from_tee: frozenset[bytes] = frozenset()  # accounts that may not prove privately
    seed: int | None = None  # makes the proofs' randomness repeatable
    prover_host: Path | None = None  # SP1's executor in place of the native rule
    compressed_proofs: bool = False  # with the host: a real compressed proof of every execution
    proof_folder: Path | None = None  # where those are kept, if anywhere
