"""The RPC proxy in front of a devnet's EVM chain, for a scenario."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from zk_devnet.rpc_proxy import ProxyConfig, RpcProxy
from zk_devnet.up import Devnet


@asynccontextmanager
async def misbehaving(devnet: Devnet, *faults: str, seed: int = 1) -> AsyncIterator[RpcProxy]:
    """A proxy with these faults on, until the block ends."""
    config = ProxyConfig(upstream=devnet.evm.http_url, seed=seed, faults=faults)
    async with RpcProxy(config).running() as proxy:
        yield proxy
