"""What an operator of the devnet needs, as files: configuration, keys with passwords, program, deployment."""

import shlex
from dataclasses import asdict, dataclass
from pathlib import Path
from string import Template

from zk_acts.adapters.signing.secret_file import write_secret
from zk_acts.domain.ids import hex0x
from zk_devnet.evm.accounts import FIRST_TRADER, dev_account
from zk_devnet.groth16_dev.encoding import gnark_vk_bytes
from zk_devnet.groth16_dev.trapdoor import dev_verifying_key
from zk_devnet.up import Devnet
from zk_operator.adapters.signing.evm import create_evm_key
from zk_operator.program import batch_program
from zk_operator.settings.circuit import DEVNET_CIRCUIT, OWN_CIRCUIT
from zkverify_client.signing.polkadot_json import LIGHT_SCRYPT
from zkverify_client.signing.signer import create_zkverify_key

PASSWORD = "devnet"  # noqa: S105 - of keys that everybody knows
_LIGHT_SCRYPT_N = 1 << 12
CONFIG = "operator.toml"
DEPLOYMENT = "deployment.json"
TRADER = "trader.env"

_TEMPLATE = Template("""\
# Written by `zk-operator devnet up`, for this run of the devnet only. Its keys and its circuit's trapdoor are public.

[evm]
http = ["$evm_http"]
ws = "$evm_ws"
chain_id = $chain_id
manager = "$manager"
quoter = "$quoter"
start_block = $start_block
see_at = "latest"
spend_at = 1            # anvil's "safe" is 32 blocks behind by default
done_at = "finalized"   # two behind with --slots-in-an-epoch 1
poll_interval_s = 0.5

[zkverify]
ws = ["$zkverify_ws"]
genesis_hash = "$zkverify_genesis"
domain_id = $domain_id
poll_interval_s = 0.5

[prover]
program_elf = "program/batch.elf"
program_vk_file = "program/batch.vk.bin"
program_vkey = "$program_vkey"
circuit = "$circuit"
circuit_vk_file = "program/groth16_vk.bin"
backends = ["$backend"]
proof_timeout_s = $proof_timeout_s

[prover.network]
endpoint = "$prover"
tree = "auction"
max_price_per_pgu = 1_000_000_000
auction_timeout_s = 20.0
poll_interval_s = 0.25
$cpu
[keys]
evm_keystore = "keys/evm.json"
evm_password_file = "keys/evm.password"
sp1_keystore = "keys/sp1.json"
sp1_password_file = "keys/sp1.password"
zkverify_json = "keys/zkverify.json"
zkverify_password_file = "keys/zkverify.password"

[store]
path = "data/operator.sqlite"

[batching]
max_orders = 24
max_age_s = $max_age_s
max_age_high_s = $max_age_high_s
max_age_low_s = $max_age_low_s
min_deadline_reserve_s = 10.0
valid_for_s = $valid_for_s

[limits]
prove_per_hour = "100"
prove_per_day = "1000"
vfy_per_hour = "100"
vfy_per_day = "1000"
gas_per_hour = "10"
gas_per_day = "100"

[server]
port = 0

[timing]
tick_s = 0.25
refund_interval_s = 1.0
balance_interval_s = 5.0
drain_timeout_s = 20.0
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long the operator waits for what: until a batch closes, for a proof, for a settlement. Seconds."""

    max_age_high_s: float = 1.0
    max_age_s: float = 3.0
    max_age_low_s: float = 6.0
    proof_timeout_s: float = 60.0
    valid_for_s: float = 600.0


_CPU_TEMPLATE = Template("""
[prover.cpu]
binary = "$binary"
circuits = "$circuits"
memory_gb = $memory_gb
proof_timeout_s = $proof_timeout_s
assumed_s = $assumed_s
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnProving:
    """The operator proves to Groth16 itself: with this prover host, and SP1's circuit under a setup of one's own.

    `circuits`: SP1's folder of circuit files; `vk`: the `groth16_vk.bin` in it. `memory_gb`: what must be free.
    """

    binary: Path
    circuits: Path
    vk: bytes
    memory_gb: int = 40


# A compressed proof on two cores takes a quarter of an hour, and all orders are to be in one batch.
REAL_PROOF_PACE = Pace(
    max_age_high_s=30.0,
    max_age_s=30.0,
    max_age_low_s=30.0,
    proof_timeout_s=7_200.0,
    valid_for_s=10_800.0,
)
REAL_PROOF_LIFETIME_S = 14_400


@dataclass(frozen=True, slots=True, kw_only=True)
class DevnetFiles:
    """Where the files are."""

    folder: Path

    @property
    def config(self) -> Path:
        """The operator's configuration."""
        return self.folder / CONFIG

    @property
    def deployment(self) -> Path:
        """The contracts' addresses and what they were deployed with."""
        return self.folder / DEPLOYMENT

    @property
    def trader(self) -> Path:
        """What a shell reads to place orders as a trader."""
        return self.folder / TRADER


def write_devnet_files(
    folder: Path, devnet: Devnet, *, pace: Pace | None = None, own: OwnProving | None = None
) -> DevnetFiles:
    """Write everything that `zk-operator run` needs into a claimed folder. `own`: no prover network is asked.

    Errors: KeyFileExists, KeyFileUnreadable.
    """
    files = DevnetFiles(folder=folder)
    files.deployment.write_text(devnet.deployment.to_json())
    _write_program(folder / "program", own.vk if own else gnark_vk_bytes(dev_verifying_key()))
    _write_keys(folder / "keys", devnet)
    _write_trader(files, devnet)
    (folder / "data").mkdir(exist_ok=True)
    files.config.write_text(_TEMPLATE.substitute(_values(devnet, pace or Pace(), own)))
    return files


def _values(devnet: Devnet, pace: Pace, own: OwnProving | None) -> dict[str, object]:
    deployment = devnet.deployment
    return {
        "circuit": OWN_CIRCUIT if own else DEVNET_CIRCUIT,
        "backend": "cpu" if own else "network",
        "cpu": _cpu_section(own, pace) if own else "",
        **asdict(pace),
        "evm_http": devnet.evm.http_url,
        "evm_ws": devnet.evm.ws_url,
        "chain_id": deployment.chain_id,
        "manager": hex0x(deployment.manager),
        "quoter": hex0x(deployment.quoter),
        "start_block": deployment.deploy_block,
        "zkverify_ws": devnet.zkverify_ws,
        "zkverify_genesis": hex0x(devnet.zkverify_genesis),
        "domain_id": deployment.domain_id,
        "program_vkey": hex0x(deployment.program_vkey),
        "prover": devnet.prover.grpc_url,
    }


def _cpu_section(own: OwnProving, pace: Pace) -> str:
    return _CPU_TEMPLATE.substitute(
        binary=own.binary.resolve(),
        circuits=own.circuits.resolve(),
        memory_gb=own.memory_gb,
        proof_timeout_s=pace.proof_timeout_s,
        assumed_s=pace.proof_timeout_s / 2,
    )


def _write_program(folder: Path, circuit_vk: bytes) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "batch.elf").write_bytes(batch_program().elf)
    (folder / "batch.vk.bin").write_bytes(batch_program().vk)
    (folder / "groth16_vk.bin").write_bytes(circuit_vk)


def _write_keys(folder: Path, devnet: Devnet) -> None:
    secrets = devnet.operator
    for name in ("evm", "sp1", "zkverify"):
        write_secret(folder / f"{name}.password", f"{PASSWORD}\n".encode())
    for name, secret in (("evm", secrets.evm), ("sp1", secrets.sp1)):
        create_evm_key(folder / f"{name}.json", PASSWORD, secret=secret, scrypt_n=_LIGHT_SCRYPT_N)
    create_zkverify_key(
        folder / "zkverify.json", PASSWORD, seed=secrets.zkverify_seed, cost=LIGHT_SCRYPT
    )


def _write_trader(files: DevnetFiles, devnet: Devnet) -> None:
    """The first trader's key, and the environment that `zk-operator order` reads."""
    folder = files.folder.resolve() / "keys"
    key, password = folder / "trader.json", folder / "trader.password"
    write_secret(password, f"{PASSWORD}\n".encode())
    secret = dev_account(FIRST_TRADER).private_key
    create_evm_key(key, PASSWORD, secret=secret, scrypt_n=_LIGHT_SCRYPT_N)
    variables = {
        "ZKO_RPC": devnet.evm.http_url,
        "ZKO_MANAGER": hex0x(devnet.deployment.manager),
        "ZKO_ROUTER": hex0x(devnet.deployment.swap_router),
        "ZKO_KEY_FILE": shlex.quote(str(key)),
        "ZKO_PASSWORD_FILE": shlex.quote(str(password)),
    }
    lines = (f"export {name}={value}\n" for name, value in variables.items())
    files.trader.write_text("".join(lines))
