"""The operator's settings in a simulation, and its keys."""

import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from zk_acts.domain.ids import hex0x
from zk_devnet.prover_network.files import ProverFiles, write_prover_files
from zk_devnet.simulator.case import Setup
from zk_devnet.simulator.evm.deployment import CHAIN_ID, DOMAIN_ID, MANAGER, POOLS, QUOTER
from zk_operator.adapters.signing.evm import EvmSigner
from zk_operator.app.keys import Keys
from zk_operator.program import batch_program
from zk_operator.settings import Circuit, Settings
from zk_operator.settings.circuit import DEVNET_CIRCUIT, circuit_of_file
from zkverify_client.domain.groth16 import Groth16Vk
from zkverify_client.domain.sp1_proof import decode_gnark_vk
from zkverify_client.signing.signer import ZkVerifySigner

URLS = ("http://first.simulated", "http://second.simulated")
EVM_TIMEOUT_S = ZK_TIMEOUT_S = PROVER_TIMEOUT_S = 10.0
ZK_POLL_S = 9.0
# How long the operator is down after it ended, and after it was killed in the midst of its work; the longest is enough for
# orders to be cancelled and refunded meanwhile.
RESTARTS_S = (3.0, 3.0, 3.0, 20.0, 60.0)
ABSENCES_S = (3.0, 3.0, 60.0, 180.0)
SERVED_S = 20.0
NEAR_BLOCKS = 8  # beyond what any node lags: blocks further down are read in ranges


@cache
def keys() -> Keys:
    """The same in every simulation."""
    return Keys(
        evm=EvmSigner(b"\x11" * 32),
        sp1=EvmSigner(b"\x12" * 32),
        zkverify=ZkVerifySigner.from_seed(b"\x13" * 32),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Folder:
    handle: tempfile.TemporaryDirectory[str]
    files: ProverFiles


@cache
def _folder() -> _Folder:
    """The program's files, once per process; they end with it."""
    handle = tempfile.TemporaryDirectory(prefix="zk-operator-simulate-")
    return _Folder(handle=handle, files=write_prover_files(Path(handle.name)))


@cache
def circuit() -> Circuit:
    """The devnet's."""
    return circuit_of_file(DEVNET_CIRCUIT, _folder().files.circuit_vk.read_bytes())


@cache
def circuit_key() -> Groth16Vk:
    """The circuit's verification key, decompressed."""
    return decode_gnark_vk(circuit().vk)


def settings(*, genesis_hash: bytes, caps: dict[str, str], setup: Setup) -> Settings:
    """Times are those of the simulated chains: blocks of six seconds, safe after two, final after four."""
    tree: dict[str, Any] = {
        "evm": {**_EVM, **(_COUNTED if setup.counts_blocks else {})},
        "zkverify": {**_ZKVERIFY, "genesis_hash": hex0x(genesis_hash), "publish": setup.publish},
        "prover": {**_PROVER, **_program_files(), "backends": setup.provers},
        "keys": dict.fromkeys(_KEY_FILES.split(), "unused"),
        "store": {"path": "simulated.sqlite"},
        "batching": {**_BATCHING, **(_RANKED if setup.ranks else {})},
        "limits": {"gas_per_hour": "2", "gas_per_day": "2", **caps},
        "timing": _TIMING,
    }
    return Settings.model_validate(tree)


def _program_files() -> dict[str, Path]:
    files = _folder().files
    return {
        "program_elf": files.program_elf,
        "program_vk_file": files.program_vk,
        "circuit_vk_file": files.circuit_vk,
    }


_KEY_FILES = "evm_keystore evm_password_file sp1_keystore sp1_password_file zkverify_json zkverify_password_file"
_EVM = {
    "http": URLS,
    "chain_id": CHAIN_ID,
    "manager": hex0x(MANAGER),
    "quoter": hex0x(QUOTER),
    "start_block": 1,
    "poll_interval_s": 6.0,
    "replace_after_s": 25.0,
    "reorg_patience_s": 40.0,
    "request_timeout_s": EVM_TIMEOUT_S,
}
_COUNTED = {"spend_at": "2", "done_at": "4"}  # blocks: the same depths as by tags
_ZKVERIFY = {
    "ws": ("ws://first.simulated", "ws://second.simulated"),
    "domain_id": DOMAIN_ID,
    "poll_interval_s": ZK_POLL_S,
    "request_timeout_s": ZK_TIMEOUT_S,
    "era_period": 16,
    "publish_after_s": 20.0,
}
_PROVER = {
    "program_vkey": hex0x(batch_program().vkey),
    "circuit": DEVNET_CIRCUIT,
    "proof_timeout_s": 60.0,
    "reserve_s": 40.0,
    "network": {
        "endpoint": "http://prover.simulated",
        "tree": "auction",
        "max_price_per_pgu": 1_000_000_000,
        "auction_timeout_s": 20.0,
        "assumed_s": 20.0,
        "poll_interval_s": 8.0,
        "request_timeout_s": PROVER_TIMEOUT_S,
    },
    "cluster": {
        "endpoint": "http://cluster.simulated",
        "assumed_s": 20.0,
        "request_timeout_s": PROVER_TIMEOUT_S,
    },
}
_BATCHING = {
    "max_orders": 6,
    "max_age_s": 15.0,
    "min_deadline_reserve_s": 30.0,
    "valid_for_s": 300.0,
}
_RANKED = {
    "max_age_high_s": 8.0,
    "max_age_low_s": 30.0,
    "fee_multiple_bps": 10_000,
    "priorities": (
        {"priority": "critical", "min_fee": "0.01"},
        {"priority": "high", "max_lifetime_s": 150.0},
        {"priority": "low", "min_size": {hex0x(pool.currency0): 5 * 10**18 for pool in POOLS}},
    ),
}
_TIMING = {
    "tick_s": 8.0,
    "balance_interval_s": 24.0,
    "refund_interval_s": 15.0,
    "terms_interval_s": 40.0,
    "lease_ttl_s": 30.0,
    "drain_timeout_s": 20.0,
}
