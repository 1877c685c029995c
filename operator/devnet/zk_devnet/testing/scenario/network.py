"""A devnet that many scenarios share: in a thread of its own, with short delays."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace

import anyio
from anyio.abc import TaskStatus
from anyio.from_thread import start_blocking_portal

from zk_devnet.prover_network.config import ProverNetworkConfig, Timing
from zk_devnet.up import Devnet, DevnetConfig, devnet_config, run_devnet

_TRADERS = 6


def scenario_devnet(*, slots_in_an_epoch: int = 1) -> DevnetConfig:
    """Blocks of one second on the EVM chain, half a second on zkVerify, proofs in under a second."""
    made = devnet_config(
        slots_in_an_epoch=slots_in_an_epoch,
        cancel_delay_s=90,
        traders=_TRADERS,
        zkverify_block_time_s=0.5,
    )
    timing = Timing(execution_s=0.1, auction_s=0.2, proving_s=0.3)
    deploy = replace(made.deploy, config_delay_s=1)
    return replace(
        made, deploy=deploy, prover=ProverNetworkConfig(timing=timing), publish_after_s=0.5
    )


@contextmanager
def running_devnet(config: DevnetConfig) -> Iterator[Devnet]:
    """The devnet until the block ends. What fails while it starts is raised here."""
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(_running(config)) as devnet,
    ):
        yield devnet


@asynccontextmanager
async def _running(config: DevnetConfig) -> AsyncIterator[Devnet]:
    async def serve(*, task_status: TaskStatus[Devnet]) -> None:
        await run_devnet(config, task_status=task_status)

    async with anyio.create_task_group() as tasks:
        yield await tasks.start(serve, name="scenario:devnet")
        tasks.cancel_scope.cancel()
