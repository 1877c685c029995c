"""The prover-network dev server in a process of its own, with no waiting times: what is measured is calls and transfers."""

import asyncio
import json
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import anyio

from zk_devnet.prover_network.config import ProverNetworkConfig, Timing
from zk_devnet.prover_network.server import ProverNetworkEndpoints, serve
from zk_devnet.prover_network.states import NetworkMode

START_S = 60.0
AT_ONCE = Timing(execution_s=0.0, auction_s=0.0, proving_s=0.0)
RICH = 10**30  # PROVE wei


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkProcess:
    """A running server."""

    grpc_url: str
    http_url: str
    mode: NetworkMode


@asynccontextmanager
async def dev_network(mode: NetworkMode) -> AsyncIterator[NetworkProcess]:
    """A server of one tree; ends with the block."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "loadtest.bench.dev_network", mode.value),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        with anyio.fail_after(START_S):
            said = json.loads(await process.stdout.readline())
        yield NetworkProcess(grpc_url=said["grpc_url"], http_url=said["http_url"], mode=mode)
    finally:
        process.terminate()
        await process.wait()


async def _serve(mode: NetworkMode) -> None:
    config = ProverNetworkConfig(mode=mode, timing=AT_ONCE, default_balance=RICH)

    async def run(*, task_status: anyio.abc.TaskStatus[ProverNetworkEndpoints]) -> None:
        await serve(config, task_status=task_status)

    async with anyio.create_task_group() as tasks:
        endpoints: ProverNetworkEndpoints = await tasks.start(run)
        said = {"grpc_url": endpoints.grpc_url, "http_url": endpoints.http_url}
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    import structlog

    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )
    anyio.run(_serve, NetworkMode(sys.argv[1]))
