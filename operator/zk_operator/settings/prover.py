"""Settings of proving: which program, which circuit, and the prover network."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BeforeValidator, model_validator

from zk_operator.settings.base import Section
from zk_operator.settings.circuit import DEVNET_CIRCUIT, OWN_CIRCUIT, version_of
from zk_operator.settings.field import (
    Addresses,
    FilePath,
    Hash32Field,
    HttpUrl,
    Seconds,
    setting,
    split_numbers,
    split_texts,
)


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
    tee: bool = setting(
        default=False,
        about="Private proving: the endpoint is a TEE host; implies private_input, needs tree = reserved",
    )
    private_input: bool = setting(
        default=False,
        about="Let only provers in a trusted environment read the input",
    )
    capacity: int = setting(8, about="Most requests at the same time", ge=1, le=1_000)
    assumed_s: Seconds = setting(
        300.0, about="How long a proof is assumed to take until some were measured", live=True
    )
    poll_interval_s: Seconds = setting(2.0, about="Pause between looks at a request", live=True)
    request_timeout_s: Seconds = setting(15.0, about="Deadline of one call")
    transfer_timeout_s: Seconds = setting(120.0, about="Deadline of one upload or download")
    max_artifact_bytes: int = setting(
        64 * 2**20, about="Largest proof download accepted, in bytes", gt=0
    )


class Backend(StrEnum):
    """Where proofs can come from."""

    NETWORK = "network"
    CLUSTER = "cluster"
    CPU = "cpu"
    GPU = "gpu"
    ZISK = "zisk"


class LocalMode(StrEnum):
    """What a local prover is asked for."""

    GROTH16 = "groth16"
    COMPRESSED = "compressed"
    CORE = "core"


class ClusterSettings(Section):
    """sp1-cluster, one's own GPUs behind the reserved protocol. Its quirks are known: see the proving page."""

    endpoint: HttpUrl | None = setting(None, about="Its network gateway; needed where it is used")
    capacity: int = setting(4, about="Most requests at the same time", ge=1, le=1_000)
    assumed_s: Seconds = setting(
        300.0, about="How long a proof is assumed to take until some were measured", live=True
    )
    request_timeout_s: Seconds = setting(15.0, about="Deadline of one call")
    transfer_timeout_s: Seconds = setting(120.0, about="Deadline of one upload or download")


class CpuSettings(Section):
    """The CPU prover: the prover host as a child process."""

    binary: FilePath | None = setting(
        None, about="zk-operator-prover; otherwise the one on the path"
    )
    cache: FilePath | None = setting(
        None, about="Private folder for keys and logs; otherwise beside the database"
    )
    mode: LocalMode = setting(
        LocalMode.GROTH16, about="Kind of proof; the groth16 route can use groth16 only"
    )
    circuits: FilePath | None = setting(
        None,
        about="Folder of SP1's Groth16 circuit files; otherwise where SP1_GROTH16_CIRCUIT_PATH points",
    )
    memory_gb: int = setting(16, about="Memory that must be free to start it, in GB", ge=4, le=2048)
    warm: bool = setting(
        default=False,
        about="Start it with the operator, and keep it; otherwise with the first proof",
    )
    idle_s: int = setting(
        900, about="It ends after so long without work, unless it is kept warm", ge=0
    )
    proof_timeout_s: Seconds = setting(7_200.0, about="Longest time for one proof", live=True)
    assumed_s: Seconds = setting(
        1_800.0, about="How long a proof is assumed to take until some were measured", live=True
    )


class GpuSettings(Section):
    """sp1-gpu-server on this machine, one per device."""

    devices: Annotated[tuple[int, ...], BeforeValidator(split_numbers)] = setting(
        (0,), about="Devices, by nvidia-smi's number"
    )
    binary: FilePath | None = setting(
        None, about="sp1-gpu-server 6.10.0, started per device; otherwise somebody else runs it"
    )
    mode: LocalMode = setting(
        LocalMode.GROTH16, about="Kind of proof; the groth16 route can use groth16 only"
    )
    circuits: FilePath | None = setting(
        None,
        about="Folder of SP1's Groth16 circuit files for servers of ours; otherwise where SP1_GROTH16_CIRCUIT_PATH points",
    )
    proof_timeout_s: Seconds = setting(1_800.0, about="Longest time for one proof", live=True)
    assumed_s: Seconds = setting(
        300.0, about="How long a proof is assumed to take until some were measured", live=True
    )


class ZiskSettings(Section):
    """ZisK: weighed by the router, and refused while zkVerify has no verifier for its proofs."""

    binary: FilePath | None = setting(None, about="cargo-zisk; otherwise the one on the path")
    assumed_s: Seconds = setting(1_800.0, about="How long a proof is assumed to take", live=True)


class ProverSettings(Section):
    """The proof that is made of every batch."""

    backends: Annotated[tuple[Backend, ...], BeforeValidator(split_texts)] = setting(
        (Backend.NETWORK,),
        about="Where proofs may come from: network, cluster, cpu, gpu, zisk; the router chooses per batch",
        min_length=1,
    )
    reserve_s: Seconds = setting(
        120.0,
        about="Time kept after the proof, until the p95 of what follows it was measured",
        live=True,
    )
    rest_s: Seconds = setting(
        15.0, about="How long a backend that failed is not asked, where there is another", live=True
    )
    program_elf: FilePath | None = setting(
        None, about="The batch program; otherwise the shipped one, where the vkey is its"
    )
    program_vkey: Hash32Field = setting(about="The program's verifying key hash, bytes32 form")
    program_sha256: Hash32Field | None = setting(
        None, about="The program's sha256; needed where the vkey is not the shipped program's"
    )
    program_vk_file: FilePath | None = setting(
        None,
        about="The program's full verifying key (bincode), to register it; the shipped program's is built in",
    )
    circuit: Literal["v6.1.0", "v6.0.0", "devnet", "own"] = setting(
        "v6.1.0",
        about="The Groth16 circuit that proofs are made with; own: a setup of one's own, on devnets only",
    )
    circuit_vk_file: FilePath | None = setting(
        None,
        about="The circuit's groth16_vk.bin, which must be that circuit's; those of released circuits are built in",
    )
    proof_timeout_s: Seconds = setting(
        600.0, about="Deadline given to a prover for one batch", live=True
    )
    max_attempts: int = setting(
        4, about="Requests for one batch before it is given up", ge=1, le=20
    )
    network: NetworkSettings = setting(about="The prover network")
    cluster: ClusterSettings = setting(ClusterSettings(), about="sp1-cluster")
    cpu: CpuSettings = setting(CpuSettings(), about="The CPU prover")
    gpu: GpuSettings = setting(GpuSettings(), about="The GPU prover")
    zisk: ZiskSettings = setting(ZiskSettings(), about="ZisK")

    @model_validator(mode="before")
    @classmethod
    def _earlier_keys(cls, values: object) -> object:
        """`backend = "network"`, from before there were several, is `backends = ["network"]`; `route = "groth16"`, from
        before there was one only, says nothing."""
        if not isinstance(values, Mapping):
            return values
        now = dict(values)
        if now.get("route") == "groth16":
            del now["route"]
        if "backend" in now and "backends" not in now:
            now["backends"] = [now.pop("backend")]
        return now

    @property
    def request_version(self) -> str:
        """What a prover network is asked for."""
        return version_of(self.circuit).request_version

    @property
    def is_for_devnets(self) -> bool:
        """Whether the circuit's trapdoor is, or may be, known."""
        return self.circuit in (DEVNET_CIRCUIT, OWN_CIRCUIT)
