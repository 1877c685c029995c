"""One run of the demo, from nothing to its result."""

import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import anyio

from zk_acts.domain.acts import LedgerEntry
from zk_acts.domain.errors import OperatorError
from zk_acts.runtime.clock import SystemClock
from zk_devnet.auditor import audit
from zk_devnet.cli.demo_run.daemon import Daemon, running_daemon
from zk_devnet.cli.demo_run.errors import DaemonFailed, OrdersUnfinished
from zk_devnet.cli.demo_run.progress import Progress, showing_progress
from zk_devnet.cli.demo_run.summary import DemoResult
from zk_devnet.cli.demo_run.watch import OUTCOMES, follow_orders
from zk_devnet.cli.devnet_files import (
    REAL_PROOF_LIFETIME_S,
    REAL_PROOF_PACE,
    DevnetFiles,
    OwnProving,
    Pace,
    write_devnet_files,
)
from zk_devnet.evm.rpc import EvmRpc
from zk_devnet.toolchain import Toolchain
from zk_devnet.traffic.judge import judge
from zk_devnet.traffic.plan import TrafficConfig
from zk_devnet.traffic.post import Posted, Traffic
from zk_devnet.up import Devnet, DevnetConfig, run_devnet
from zk_operator.adapters.storage.sqlite_store import open_store
from zk_operator.domain.records import Batch
from zk_operator.settings.circuit import OWN_CIRCUIT, circuit_of_file

_MOST_BATCHES = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoConfig:
    """What a run consists of. `timeout_s`: from the first order until all must have ended."""

    folder: Path
    toolchain: Toolchain
    devnet: DevnetConfig
    traffic: TrafficConfig
    timeout_s: float
    pace: Pace = field(default_factory=Pace)
    own: OwnProving | None = None  # the operator proves itself, under a key of one's own


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trading:
    posted: tuple[Posted, ...]
    errors: tuple[OperatorError, ...]


def with_compressed_proofs(config: DemoConfig) -> DemoConfig:
    """The same run with a real proof of every batch: all orders at once, in one batch, and hours to end it."""
    prover = replace(
        config.devnet.prover, compressed_proofs=True, proof_folder=config.folder / "proofs"
    )
    return with_real_pace(replace(config, devnet=replace(config.devnet, prover=prover)))


def with_own_circuit(config: DemoConfig, own: OwnProving) -> DemoConfig:
    """The same run, the contract set up for a key of one's own, under which the operator's own host proves.

    Errors: WrongCircuitFile.
    """
    facts = circuit_of_file(OWN_CIRCUIT, own.vk).facts
    deploy = replace(
        config.devnet.deploy,
        groth16_vk_hash=facts.zkverify_vk_hash,
        recursion_root=facts.recursion_root,
    )
    return replace(config, devnet=replace(config.devnet, deploy=deploy), own=own)


def with_real_pace(config: DemoConfig) -> DemoConfig:
    """All orders at once, in one batch, and hours to end it."""
    deploy = replace(config.devnet.deploy, cancel_delay_s=int(REAL_PROOF_PACE.valid_for_s) + 1)
    return replace(
        config,
        devnet=replace(config.devnet, deploy=deploy),
        traffic=replace(config.traffic, spread_s=2.0, lifetime_s=REAL_PROOF_LIFETIME_S),
        pace=REAL_PROOF_PACE,
    )


async def run_demo(config: DemoConfig) -> DemoResult:
    """Run it. What fails in the orders' way is in the result.

    Raises what keeps the devnet from starting, DaemonFailed, TrafficFailed; possibly inside groups.
    """
    started = time.monotonic()
    result: DemoResult
    async with anyio.create_task_group() as tasks:

        async def serve(*, task_status: anyio.abc.TaskStatus[Devnet]) -> None:
            await run_devnet(config.devnet, toolchain=config.toolchain, task_status=task_status)

        devnet: Devnet = await tasks.start(serve, name="demo:devnet")
        files = write_devnet_files(config.folder, devnet, pace=config.pace, own=config.own)
        async with EvmRpc(devnet.evm.http_url) as rpc:
            trading = await _trade(config, devnet, rpc, files)
            result = await _judged(devnet, rpc, trading, files, started)
        tasks.cancel_scope.cancel()
    return result


async def _trade(config: DemoConfig, devnet: Devnet, rpc: EvmRpc, files: DevnetFiles) -> _Trading:
    """Traffic against the daemon, until everything has ended or the time is up; then the daemon is stopped."""
    traffic = Traffic(
        rpc=rpc, deployment=devnet.deployment, toolchain=config.toolchain, config=config.traffic
    )
    errors: list[OperatorError] = []
    async with (
        running_daemon(files.config, config.folder) as daemon,
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(daemon.watch, name="demo:daemon")
        await daemon.started()
        with showing_progress() as progress:
            left = await _place_and_follow(config, devnet, rpc, traffic, progress)
        if left:
            errors.append(OrdersUnfinished(unfinished=left, timeout_s=config.timeout_s))
        errors.extend(await _stopped(daemon))
    return _Trading(posted=tuple(traffic.posted), errors=tuple(errors))


async def _place_and_follow(
    config: DemoConfig, devnet: Devnet, rpc: EvmRpc, traffic: Traffic, progress: Progress
) -> int:
    placed = anyio.Event()

    async def place() -> None:
        await traffic.run()
        placed.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(place, name="demo:traffic")
        left = await follow_orders(
            rpc,
            devnet.deployment,
            traffic,
            progress,
            placed=placed,
            timeout_s=config.timeout_s,
        )
        tasks.cancel_scope.cancel()
    return left


async def _stopped(daemon: Daemon) -> tuple[OperatorError, ...]:
    try:
        await daemon.stop()
    except DaemonFailed as error:
        return (error,)
    return ()


async def _judged(
    devnet: Devnet, rpc: EvmRpc, trading: _Trading, files: DevnetFiles, started: float
) -> DemoResult:
    report = await audit(rpc, devnet.deployment)
    batches, ledger = await _books(files)
    outcomes = {fate.order_id: OUTCOMES[fate.state] for fate in report.orders}
    return DemoResult(
        verdicts=judge(trading.posted, outcomes, report.placings),
        audit=report,
        wall_s=time.monotonic() - started,
        batches=batches,
        ledger=ledger,
        errors=trading.errors,
    )


async def _books(files: DevnetFiles) -> tuple[tuple[Batch, ...], tuple[LedgerEntry, ...]]:
    """The operator's own rows: what it says it did and paid."""
    path = files.folder / "data" / "operator.sqlite"
    async with open_store(path, clock=SystemClock(), read_only=True) as store:
        batches = tuple(await store.batches.recent(_MOST_BATCHES))
        return batches, tuple(await store.intents.ledger(0))
