"""What values must satisfy together, in one place."""

from collections.abc import Iterator

from zk_operator.settings.chains import KurierSettings, KurierUse
from zk_operator.settings.errors import (
    ContradictoryConfig,
    DevnetKeyOutsideDevnet,
)
from zk_operator.settings.model import Settings
from zk_operator.settings.prover import Backend, LocalMode, ProverSettings, Tree

DEVNET_CHAIN_ID = 31_337
# Genesis hashes of zkVerify's mainnet and of its testnet Volta.
PUBLIC_ZKVERIFY = {
    "060e3dd3fa2904d031206bb913c954687a2bcc350e5a83d33d9e273ad21460f1": "mainnet",
    "ff7fe5a610f15fe7a0c52f94f86313fb7db7d3786e7f8acf2b66c11d5be7c242": "Volta",
}


def require_consistent(settings: Settings) -> None:
    """Errors: DevnetKeyOutsideDevnet, ContradictoryConfig (all contradictions at once)."""
    _refuse_devnet_key_elsewhere(settings)
    problems = (
        *_spans(settings),
        *_ages(settings),
        *_caps(settings),
        *_kurier(settings.zkverify.kurier),
        *_backends(settings.prover),
    )
    if problems:
        raise ContradictoryConfig(problems=problems)


def _refuse_devnet_key_elsewhere(settings: Settings) -> None:
    if not settings.prover.is_for_devnets:
        return
    problems = []
    if settings.evm.chain_id != DEVNET_CHAIN_ID:
        problems.append(f"evm.chain_id: {settings.evm.chain_id} is not {DEVNET_CHAIN_ID}")
    network = PUBLIC_ZKVERIFY.get(settings.zkverify.genesis_hash.hex())
    if network:
        problems.append(f"zkverify.genesis_hash: that is {network}")
    if problems:
        raise DevnetKeyOutsideDevnet(problems=tuple(problems))


def _spans(settings: Settings) -> Iterator[str]:
    batching, prover, timing = settings.batching, settings.prover, settings.timing
    period = settings.zkverify.era_period
    if not 4 <= period <= 4096 or period & (period - 1):
        yield f"zkverify.era_period: {period} is no power of two from 4 to 4096"
    if prover.proof_timeout_s >= batching.valid_for_s:
        yield "prover.proof_timeout_s: a batch would not be valid for longer than its proof may take"
    if batching.min_deadline_reserve_s > batching.valid_for_s:
        yield "batching.min_deadline_reserve_s: longer than batching.valid_for_s"
    if prover.network.auction_timeout_s >= prover.proof_timeout_s:
        yield "prover.network.auction_timeout_s: not shorter than prover.proof_timeout_s"
    if timing.tick_s * 3 > timing.lease_ttl_s:
        yield "timing.tick_s: the lease could lapse between two ticks; keep it under a third of lease_ttl_s"


def _backends(prover: ProverSettings) -> Iterator[str]:
    """A backend whose proofs the route cannot use would be asked in vain for every batch."""
    chosen = prover.backends
    if len(set(chosen)) != len(chosen):
        yield "prover.backends: names a backend twice"
    if set(chosen) == {Backend.ZISK}:
        yield "prover.backends: zisk alone could settle nothing, as the contract takes SP1's proofs; name another beside it"
    for backend, mode in ((Backend.CPU, prover.cpu.mode), (Backend.GPU, prover.gpu.mode)):
        if backend in chosen and mode is not LocalMode.GROTH16:
            yield f"prover.{backend}.mode: a batch needs a groth16 proof, not {mode}"
    if Backend.CLUSTER in chosen and prover.cluster.endpoint is None:
        yield "prover.cluster.endpoint: missing, and cluster is one of prover.backends"
    network = prover.network
    if Backend.NETWORK in chosen and network.tee and network.tree is not Tree.RESERVED:
        yield "prover.network.tree: private proving (prover.network.tee) is offered on reserved only"
    if Backend.GPU in chosen and not prover.gpu.devices:
        yield "prover.gpu.devices: empty, and gpu is one of prover.backends"


def _kurier(kurier: KurierSettings) -> Iterator[str]:
    if kurier.use is KurierUse.NEVER:
        return
    for name in ("url", "api_key_file"):
        if getattr(kurier, name) is None:
            yield f"zkverify.kurier.{name}: missing, and zkverify.kurier.use is {kurier.use}"


def _ages(settings: Settings) -> Iterator[str]:
    batching = settings.batching
    if not batching.max_age_high_s <= batching.max_age_s <= batching.max_age_low_s:
        yield "batching.max_age_s: not between max_age_high_s and max_age_low_s"


def _caps(settings: Settings) -> Iterator[str]:
    for name in ("prove", "vfy", "gas", "kurier"):
        hour = getattr(settings.limits, f"{name}_per_hour")
        day = getattr(settings.limits, f"{name}_per_day")
        if hour > day:
            yield f"limits.{name}_per_hour: more than limits.{name}_per_day"
