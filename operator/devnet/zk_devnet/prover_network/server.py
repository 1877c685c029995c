"""Starts the dev server: HTTP first (it names the artifacts), then gRPC, then the engine."""

from contextlib import AsyncExitStack
from dataclasses import dataclass

import anyio
import grpc
import structlog
from aiohttp import web
from anyio.abc import TaskStatus

from zk_devnet.errors import PortUnavailable
from zk_devnet.prover_network.artifacts import ArtifactStore
from zk_devnet.prover_network.config import ProverNetworkConfig
from zk_devnet.prover_network.engine import Engine
from zk_devnet.prover_network.faults import Faults
from zk_devnet.prover_network.gateway import GatewayNetwork, GatewaySurface
from zk_devnet.prover_network.host import CompressedProofs, HostProgram, running_host
from zk_devnet.prover_network.network import ProverNetwork
from zk_devnet.prover_network.program import NativeBatchProgram, ProgramExecutor
from zk_devnet.prover_network.prover import DevProver
from zk_devnet.prover_network.rpc import RpcSurface
from zk_devnet.prover_network.states import NetworkMode
from zk_devnet.prover_network.web import NOTICE, WebSurface, execution

log = structlog.get_logger(__name__)

_MAX_MESSAGE_BYTES = 64 * 1024 * 1024
_OPTIONS = (
    ("grpc.max_receive_message_length", _MAX_MESSAGE_BYTES),
    ("grpc.so_reuseport", 0),
    # The SDK pings every 15 s, also while idle.
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProverNetworkEndpoints:
    """Where the server listens. `faults` lets the same process inject failures without HTTP."""

    grpc_url: str
    http_url: str
    faults: Faults


async def serve(
    config: ProverNetworkConfig,
    *,
    executor: ProgramExecutor | None = None,
    task_status: TaskStatus[ProverNetworkEndpoints] = anyio.TASK_STATUS_IGNORED,
) -> None:
    """Serve until cancelled; reports the endpoints once both listen. Raises PortUnavailable, HostFailed."""
    faults, artifacts = Faults(), ArtifactStore()
    kind = GatewayNetwork if config.mode is NetworkMode.GATEWAY else ProverNetwork
    network = kind(config=config, artifacts=artifacts, faults=faults)
    async with AsyncExitStack() as stack:
        prover = await _prover(config, executor, stack)
        await _serve(config, network, prover, task_status)


async def _prover(
    config: ProverNetworkConfig, executor: ProgramExecutor | None, stack: AsyncExitStack
) -> DevProver:
    """On SP1's executor where a host is given, with real proofs where those are switched on."""
    attestor = None
    if config.prover_host is not None:
        light = await stack.enter_async_context(running_host(config.prover_host))
        executor = executor or HostProgram(light)
    if config.prover_host is not None and config.compressed_proofs:
        full = await stack.enter_async_context(running_host(config.prover_host, prover=True))
        attestor = CompressedProofs(full, folder=config.proof_folder)
    return DevProver(executor=executor or NativeBatchProgram(), seed=config.seed, attestor=attestor)


async def _serve(
    config: ProverNetworkConfig,
    network: ProverNetwork,
    prover: DevProver,
    task_status: TaskStatus[ProverNetworkEndpoints],
) -> None:
    faults, artifacts = network.faults, network.artifacts
    runner, http_url = await _start_http(config, network)
    try:
        artifacts.base_url = config.public_http_url or http_url
        server, grpc_url = await _start_grpc(config, network)
        try:
            async with anyio.create_task_group() as tasks:
                Engine(network=network, prover=prover, tasks=tasks)
                log.info(
                    "prover_network.started",
                    grpc_url=grpc_url,
                    http_url=http_url,
                    execution=execution(config),
                    notice=NOTICE,
                )
                task_status.started(
                    ProverNetworkEndpoints(grpc_url=grpc_url, http_url=http_url, faults=faults)
                )
                await anyio.sleep_forever()
        finally:
            with anyio.CancelScope(shield=True):
                await server.stop(grace=None)
    finally:
        with anyio.CancelScope(shield=True):
            await runner.cleanup()


async def _start_http(
    config: ProverNetworkConfig, network: ProverNetwork
) -> tuple[web.AppRunner, str]:
    runner = web.AppRunner(WebSurface(network).application(), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    site = web.TCPSite(runner, config.host, config.http_port)
    try:
        await site.start()
    except OSError as error:
        await runner.cleanup()
        raise PortUnavailable(host=config.host, port=config.http_port) from error
    port = runner.addresses[0][1]
    return runner, f"http://{config.host}:{port}"


async def _start_grpc(
    config: ProverNetworkConfig, network: ProverNetwork
) -> tuple[grpc.aio.Server, str]:
    server = grpc.aio.server(options=_OPTIONS)
    kind = GatewaySurface if config.mode is NetworkMode.GATEWAY else RpcSurface
    server.add_generic_rpc_handlers(kind(network).handlers())
    try:
        port = server.add_insecure_port(f"{config.host}:{config.grpc_port}")
    except RuntimeError as error:  # how grpc reports a port that is taken
        raise PortUnavailable(host=config.host, port=config.grpc_port) from error
    await server.start()
    return server, f"http://{config.host}:{port}"
