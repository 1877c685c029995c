"""Runs the node: blocks on a timer, JSON-RPC on a port."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import structlog
from aiohttp import web
from anyio.abc import TaskStatus

from zk_devnet.zkverify.config import ZkVerifyNodeConfig
from zk_devnet.zkverify.errors import DevNodeBindFailed, DevNodeConfigInvalid
from zk_devnet.zkverify.node import DevNode
from zk_devnet.zkverify.rpc.dev import unverified
from zk_devnet.zkverify.rpc.server import RpcServer

log = structlog.get_logger(__name__)


class ZkVerifyDevNode:
    """The stand-in of a zkVerify node. `node` and `faults` are its programmatic side.

    Use `run` in a task group, or the node as an async context manager.
    """

    def __init__(self, config: ZkVerifyNodeConfig) -> None:
        _check(config)
        self.config = config
        self.node = DevNode(config=config)
        self.faults = self.node.faults
        self.server = RpcServer(self.node)
        self._port = 0

    @property
    def endpoint(self) -> str:
        """The WebSocket URL, once the node runs."""
        return f"ws://{self.config.host}:{self._port}"

    @property
    def http_endpoint(self) -> str:
        """The HTTP URL, once the node runs."""
        return f"http://{self.config.host}:{self._port}"

    async def run(
        self, *, task_status: TaskStatus["ZkVerifyDevNode"] = anyio.TASK_STATUS_IGNORED
    ) -> None:
        """Serve until cancelled; reports itself as started when it listens. Raises DevNodeBindFailed."""
        async with self._listening():
            self._announce()
            task_status.started(self)
            await self._produce()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["ZkVerifyDevNode"]:
        """The running node, stopped at the end of the block."""
        async with anyio.create_task_group() as tasks:
            await tasks.start(self._start)
            yield self
            tasks.cancel_scope.cancel()

    async def _start(self, *, task_status: TaskStatus["ZkVerifyDevNode"]) -> None:
        await self.run(task_status=task_status)

    @asynccontextmanager
    async def _listening(self) -> AsyncIterator[None]:
        runner = web.AppRunner(self.server.application(), access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            site = web.TCPSite(runner, self.config.host, self.config.port)
            try:
                await site.start()
            except OSError as error:
                raise DevNodeBindFailed(host=self.config.host, port=self.config.port) from error
            self._port = runner.addresses[0][1]
            yield
        finally:
            self.server.drop_connections()
            with anyio.CancelScope(shield=True):
                await runner.cleanup()

    async def _produce(self) -> None:
        slot = anyio.current_time()
        while True:
            slot = max(slot + self.config.block_time_s, anyio.current_time())
            await anyio.sleep_until(slot)
            if not self.faults.production_paused:
                self.node.author_block()
            self.node.finalize()

    def _announce(self) -> None:
        log.info(
            "zkverify_node.started",
            endpoint=self.endpoint,
            genesis="0x" + self.node.genesis_hash.hex(),
            spec_version=self.config.spec_version,
            block_time_s=self.config.block_time_s,
        )
        for statement in unverified(self.config.sp1_policy):
            log.warning("zkverify_node.limited", not_verified=statement)


async def serve(
    config: ZkVerifyNodeConfig,
    *,
    task_status: TaskStatus[ZkVerifyDevNode] = anyio.TASK_STATUS_IGNORED,
) -> None:
    """Run a node until cancelled; the task status carries the node, whose `endpoint` is then known."""
    await ZkVerifyDevNode(config).run(task_status=task_status)


def _check(config: ZkVerifyNodeConfig) -> None:
    if config.block_time_s <= 0:
        raise DevNodeConfigInvalid(key="block_time_s", value=config.block_time_s)
    if config.finality_lag < 0 or config.state_pruning < 1:
        raise DevNodeConfigInvalid(
            finality_lag=config.finality_lag, state_pruning=config.state_pruning
        )
    for account, amount in config.accounts.items():
        if len(account) != 32 or not 0 <= amount < 1 << 128:
            raise DevNodeConfigInvalid(key="accounts", account=account.hex(), amount=amount)
