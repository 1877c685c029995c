"""A deployment on anvil that mines a block per transaction, and traders at it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import anyio
import pytest

from zk_devnet.errors import ToolchainMissing
from zk_devnet.evm import anvil
from zk_devnet.evm.accounts import FIRST_TRADER, dev_account
from zk_devnet.evm.codec import encode_call
from zk_devnet.evm.deploy import DeployConfig, deploy
from zk_devnet.evm.deployment import Deployment, Pool
from zk_devnet.evm.rpc import EvmRpc
from zk_devnet.toolchain import Toolchain, find_toolchain
from zk_operator.adapters.signing.evm import EvmSigner
from zk_operator.domain.ids import Address
from zk_trader.client import (
    TraderClient,
    TraderConfig,
    open_trader_client,
)
from zk_trader.trader import OrderRequest, Trader

CANCEL_DELAY_S, SPAN_S = 60, 7200


def toolchain() -> Toolchain:
    try:
        found = find_toolchain()
        found.artifact("OrderServiceManager")
    except ToolchainMissing as missing:
        pytest.skip(str(missing))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """A deployment, and a trader's client of it."""

    url: str
    rpc: EvmRpc
    made: Deployment
    client: TraderClient
    told: list[tuple[str, Mapping[str, object]]] = field(default_factory=list)

    @property
    def tokens(self) -> Pool:
        """The pool of two tokens."""
        return self.made.pools[0]

    @property
    def native(self) -> Pool:
        """The pool of native currency and a token."""
        return self.made.pools[1]

    def signer(self, number: int = 0) -> EvmSigner:
        return EvmSigner(dev_account(FIRST_TRADER + number).private_key)

    def trader(self, number: int = 0) -> Trader:
        def told(event: str, fields: Mapping[str, object]) -> None:
            self.told.append((event, fields))

        return self.client.trader(self.signer(number), max_fee_wei=10**12, progress=told)

    def request(self, **changes: Any) -> OrderRequest:
        """An order of the first trader that the contract takes."""
        usual = OrderRequest(
            pool_id=self.tokens.pool_id,
            zero_for_one=True,
            amount_in=10**9,
            min_out=1,
            lifetime_s=3600,
            salt=1,
        )
        return replace(usual, **changes)

    async def send(self, sender: Address, to: bytes, signature: str, *arguments: object) -> None:
        """A transaction of one of anvil's unlocked accounts."""
        params = {
            "from": "0x" + sender.hex(),
            "to": "0x" + to.hex(),
            "data": "0x" + encode_call(signature, *arguments).hex(),
        }
        await self.rpc.call("eth_sendTransaction", params)

    async def read(self, to: bytes, signature: str, *arguments: object) -> int:
        """A view's first word."""
        answer = await self.rpc.read(to, encode_call(signature, *arguments))
        return int.from_bytes(answer[:32], "big")

    async def pass_time(self, seconds: int) -> None:
        await self.rpc.call("evm_increaseTime", seconds)
        await self.rpc.call("evm_mine")


@asynccontextmanager
async def market(*, timeout_s: float = 10.0) -> AsyncIterator[Market]:
    tools = toolchain()

    async def run(*, task_status: Any) -> None:
        config = anvil.AnvilConfig(block_time_s=None)
        await anvil.serve(config, tools, task_status=task_status)

    async with anyio.create_task_group() as tasks:
        endpoints = await tasks.start(run)
        async with EvmRpc(endpoints.http_url) as rpc:
            made = await _deploy(rpc, tools)
            config = TraderConfig(
                http_urls=(endpoints.http_url,),
                manager=made.manager,
                timeout_s=timeout_s,
                poll_s=0.05,
            )
            async with open_trader_client(config) as client:
                yield Market(url=endpoints.http_url, rpc=rpc, made=made, client=client)
        tasks.cancel_scope.cancel()


async def _deploy(rpc: EvmRpc, tools: Toolchain) -> Deployment:
    await rpc.call("evm_setAutomine", False)
    config = DeployConfig(traders=2, cancel_delay_s=CANCEL_DELAY_S, max_order_span_s=SPAN_S)
    made = await deploy(rpc, tools, config)
    await rpc.call("evm_setAutomine", True)
    return made
