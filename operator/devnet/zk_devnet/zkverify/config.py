"""Configuration of the zkVerify dev node."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from zk_devnet.zkverify.pallets.proofs import Sp1Policy
from zk_devnet.zkverify.schema.runtime import SPEC_VERSION, VFY
from zk_devnet.zkverify.signature import key_pair

DEV_ACCOUNTS = ("//Alice", "//Bob", "//Charlie", "//Dave", "//Eve", "//Ferdie")
DEV_BALANCE = 1_000_000 * VFY


def development_accounts() -> dict[bytes, int]:
    """The well-known accounts of the public development phrase, with their genesis balance in planck."""
    return {key_pair(name).public: DEV_BALANCE for name in DEV_ACCOUNTS}


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolLimits:
    """The transaction pool's limits; the defaults are the real node's."""

    ready_count: int = 8192
    ready_bytes: int = 20 * 1024 * 1024
    future_count: int = 819
    future_bytes: int = 2 * 1024 * 1024
    ban_s: float = 1800.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GenesisDomain:
    """A domain that exists from the start, as zkVerify's system domains do; ids count from 0 in the order given.

    The owner pays the deposit from its genesis balance; rules are the variants' names; fees in planck per aggregation.
    """

    owner: bytes = field(default_factory=lambda: key_pair("//Ferdie").public)
    aggregation_size: int = 1
    queue_size: int = 16
    aggregate_rules: str = "Untrusted"
    proof_rules: str = "Untrusted"
    delivery_fee: int = 0
    owner_tip: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ZkVerifyNodeConfig:
    """How the node behaves; balances in planck, times in seconds.

    `genesis_salt` makes the genesis hash, so that two networks with the same accounts differ. Finality follows the
    best block by `finality_lag` blocks. A `spec_version` before 1_003_000 has that runtime's calls and storage (no rules for
    proofs, no allow-lists); `weight_percent` is what weights cost of what they do on the real chain; `without` are RPC
    methods that the node does not have. State is kept for `state_pruning` blocks behind the finalized one.
    """

    host: str = "127.0.0.1"
    port: int = 0
    chain_name: str = "zkVerify Devnet"
    genesis_salt: bytes = b"zk-operator devnet"
    block_time_s: float = 1.0
    finality_lag: int = 2
    state_pruning: int = 256
    finality_timeout: int = 512
    spec_version: int = SPEC_VERSION
    weight_percent: int = 100
    without: frozenset[str] = frozenset()
    accounts: Mapping[bytes, int] = field(default_factory=development_accounts)
    domains: tuple[GenesisDomain, ...] = ()
    pool: PoolLimits = PoolLimits()
    sp1_policy: Sp1Policy = Sp1Policy.REFUSE
    unsafe_rpc: bool = True
    max_message_bytes: int = 15 * 1024 * 1024
    max_connections: int = 100
    author: bytes = field(default_factory=lambda: key_pair("//Alice//stash").public)
