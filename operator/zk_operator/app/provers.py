"""The configured provers, opened: each backend with what the router has to know of it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from zk_acts.ports.clock import Clock
from zk_operator.adapters.sp1.gpu import GpuConfig, open_gpu_engine
from zk_operator.adapters.sp1.host.process import HostConfig, HostProcesses, find_host
from zk_operator.adapters.sp1.local import Engine, LocalBackend, LocalConfig, open_local_backend
from zk_operator.adapters.sp1.local.host_engine import HostEngine
from zk_operator.adapters.sp1.network import (
    Limits,
    NetworkBackend,
    NetworkConfig,
    NetworkTree,
    PricePolicy,
    limits_by_order,
    open_network_backend,
)
from zk_operator.adapters.sp1.saved_proof import Mode
from zk_operator.app.keys import Keys
from zk_operator.domain.ids import Address
from zk_operator.runtime.telemetry import Telemetry
from zk_operator.services.foreign_provers import ForeignProver
from zk_operator.settings import Backend, Settings, Whitelist, load_program
from zk_operator.settings.errors import ContradictoryConfig

UNLIMITED = 2**64 - 1  # as SP1's SDK asks its own clusters
FREE, PAID = 0, 1
LOCAL = frozenset({Backend.CPU, Backend.GPU})
FOREIGN = frozenset({Backend.ZISK})  # their proofs are of another system than SP1's
LocalProvers = Mapping[Backend, LocalBackend]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenProver:
    """A backend for the router. `cost`: whether a proof costs money there."""

    kind: Backend
    backend: NetworkBackend | LocalBackend
    capacity: int
    assumed_ms: int
    cost: int


@asynccontextmanager
async def open_local_provers(
    settings: Settings, clock: Clock, telemetry: Telemetry | None = None
) -> AsyncIterator[LocalProvers]:
    """Those on this machine, for longer than one reading of the configuration: a reload must end no proof under way.

    Errors: HostMissing where the CPU prover is configured and its binary is not there.
    """
    async with AsyncExitStack() as stack:
        yield {
            kind: await _open_local(kind, settings, clock, stack, telemetry)
            for kind in settings.prover.backends
            if kind in LOCAL
        }


@asynccontextmanager
async def open_provers(
    settings: Settings,
    keys: Keys,
    clock: Clock,
    kept: LocalProvers | None = None,
    deadlines: Clock | None = None,
) -> AsyncIterator[tuple[OpenProver, ...]]:
    """Every configured prover of SP1 proofs, in the configuration's order. Nothing is connected or started before it is asked.

    `kept`: those on this machine, where they are open already; `deadlines`: what the others' clocks show, where that is
    known better than by `clock`. Errors: HostMissing.
    """
    async with AsyncExitStack() as stack:
        opened = [
            _kept(kind, settings, kept[kind])
            if kept is not None and kind in kept
            else await open_prover(kind, settings, keys, clock, stack, deadlines=deadlines)
            for kind in settings.prover.backends
            if kind not in FOREIGN
        ]
        yield tuple(opened)


def _kept(kind: Backend, settings: Settings, backend: LocalBackend) -> OpenProver:
    backend.reconfigure(local_config(kind, settings))
    return _described(kind, settings, backend)


async def open_prover(
    kind: Backend,
    settings: Settings,
    keys: Keys,
    clock: Clock,
    stack: AsyncExitStack,
    *,
    deadlines: Clock | None = None,
) -> OpenProver:
    """One backend; it ends with the stack."""
    if kind in LOCAL:
        backend = await _open_local(kind, settings, clock, stack, None)
        return _described(kind, settings, backend)
    return await _networked(kind, settings, keys, clock, stack, deadlines=deadlines)


async def _networked(
    kind: Backend,
    settings: Settings,
    keys: Keys,
    clock: Clock,
    stack: AsyncExitStack,
    *,
    deadlines: Clock | None,
) -> OpenProver:
    is_cluster = kind is Backend.CLUSTER
    section = settings.prover.cluster if is_cluster else settings.prover.network
    if section.endpoint is None:
        raise ContradictoryConfig(problems=(f"prover.{kind}.endpoint: missing",))
    backend = await stack.enter_async_context(
        open_network_backend(
            endpoint=section.endpoint,
            config=cluster_config(settings) if is_cluster else network_config(settings),
            signer=keys.sp1,
            clock=clock,
            deadlines=deadlines,
        )
    )
    return OpenProver(
        kind=kind,
        backend=backend,
        capacity=section.capacity,
        assumed_ms=int(section.assumed_s * 1000),
        cost=FREE if is_cluster else PAID,
    )


async def _open_local(
    kind: Backend,
    settings: Settings,
    clock: Clock,
    stack: AsyncExitStack,
    telemetry: Telemetry | None,
) -> LocalBackend:
    opening = _gpu_engine if kind is Backend.GPU else _cpu_engine
    engine = await opening(settings, stack, telemetry)
    return await stack.enter_async_context(
        open_local_backend(
            config=local_config(kind, settings), engine=engine, clock=clock, telemetry=telemetry
        )
    )


def _described(kind: Backend, settings: Settings, backend: LocalBackend) -> OpenProver:
    section = settings.prover.gpu if kind is Backend.GPU else settings.prover.cpu
    return OpenProver(
        kind=kind,
        backend=backend,
        capacity=backend.engine.capacity,
        assumed_ms=int(section.assumed_s * 1000),
        cost=FREE,
    )


async def _gpu_engine(
    settings: Settings, stack: AsyncExitStack, telemetry: Telemetry | None
) -> Engine:
    gpu = settings.prover.gpu
    logs = settings.store.path.parent / "gpu"
    config = GpuConfig(
        devices=gpu.devices,
        binary=gpu.binary,
        logs=logs,
        circuits=gpu.circuits,
        mode=Mode(gpu.mode.value),
    )
    return await stack.enter_async_context(open_gpu_engine(config, telemetry))


async def _cpu_engine(
    settings: Settings, stack: AsyncExitStack, telemetry: Telemetry | None
) -> Engine:
    del telemetry
    processes = await stack.enter_async_context(HostProcesses(host_config(settings)))
    return HostEngine(processes, mode=Mode(settings.prover.cpu.mode.value))


def foreign_ones(settings: Settings) -> tuple[ForeignProver, ...]:
    """The configured provers whose proofs are of another system. Their runs cost nothing but this machine's time."""
    return tuple(
        ForeignProver(
            name=kind.value,
            system=kind.value,
            assumed_ms=int(settings.prover.zisk.assumed_s * 1000),
            cost=FREE,
        )
        for kind in settings.prover.backends
        if kind in FOREIGN
    )


def host_config(settings: Settings) -> HostConfig:
    """The prover host's part of the settings. Errors: HostMissing."""
    cpu = settings.prover.cpu
    return HostConfig(
        binary=find_host(cpu.binary),
        cache=cpu.cache or settings.store.path.parent / "prover-host",
        idle_s=cpu.idle_s,
        memory_gb=cpu.memory_gb,
        circuits=cpu.circuits,
        warm=cpu.warm,
    )


def cold(settings: Settings) -> Settings:
    """The same without a CPU prover that starts by itself: for whoever only looks."""
    cpu = settings.prover.cpu.model_copy(update={"warm": False})
    return settings.model_copy(update={"prover": settings.prover.model_copy(update={"cpu": cpu})})


def local_config(kind: Backend, settings: Settings) -> LocalConfig:
    """A local prover's part of the settings. Reads the program's file."""
    section = settings.prover.gpu if kind is Backend.GPU else settings.prover.cpu
    return LocalConfig(
        name=kind.value,
        program_vkey=settings.prover.program_vkey,
        program_elf=load_program(settings.prover).elf,
        mode=Mode(section.mode.value),
        spool=settings.store.path.parent / f"proofs-{kind}",
        proof_timeout_s=section.proof_timeout_s,
    )


def network_config(settings: Settings) -> NetworkConfig:
    """The prover network's part of the settings. Reads the program's files."""
    prover, network = settings.prover, settings.prover.network
    program = load_program(prover)
    return NetworkConfig(
        tree=NetworkTree(network.tree.value),
        version=prover.request_version,
        program_vkey=prover.program_vkey,
        program_elf=program.elf,
        program_vk=program.vk,
        prices=PricePolicy(
            max_price_per_pgu=network.max_price_per_pgu,
            max_base_fee=network.max_base_fee,
            first_percent=network.price_percent,
            step_percent=network.price_step_percent,
            last_attempt=prover.max_attempts,
        ),
        limits=limits_by_order(
            cycles_base=network.cycles_base,
            cycles_per_order=network.cycles_per_order,
            gas_base=network.gas_base,
            gas_per_order=network.gas_per_order,
        ),
        whitelist=_whitelist(network.whitelist),
        min_auction_period_s=network.min_auction_period_s,
        auction_timeout_s=network.auction_timeout_s,
        proof_timeout_s=prover.proof_timeout_s,
        request_timeout_s=network.request_timeout_s,
        transfer_timeout_s=network.transfer_timeout_s,
        max_artifact_bytes=network.max_artifact_bytes,
        private_input=network.private_input or network.tee,
    )


def cluster_config(settings: Settings) -> NetworkConfig:
    """sp1-cluster: the reserved protocol without prices, limits or accounts to speak of. Reads the program's files."""
    prover, cluster = settings.prover, settings.prover.cluster
    program = load_program(prover)
    return NetworkConfig(
        name=Backend.CLUSTER.value,
        tree=NetworkTree.RESERVED,
        version=prover.request_version,
        program_vkey=prover.program_vkey,
        program_elf=program.elf,
        program_vk=program.vk,
        prices=PricePolicy(max_price_per_pgu=1, max_base_fee=0),
        limits=lambda _: Limits(cycles=UNLIMITED, gas=UNLIMITED),
        proof_timeout_s=prover.proof_timeout_s,
        request_timeout_s=cluster.request_timeout_s,
        transfer_timeout_s=cluster.transfer_timeout_s,
    )


def _whitelist(configured: Whitelist | tuple[Address, ...]) -> tuple[Address, ...] | None:
    if configured is Whitelist.ANYONE:
        return ()
    return None if isinstance(configured, Whitelist) else configured
