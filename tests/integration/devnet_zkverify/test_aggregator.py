"""The aggregator between the dev node and a contract on anvil."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from eth_abi.abi import encode
from web3 import AsyncHTTPProvider, AsyncWeb3

from zk_devnet.aggregator import AggregatorConfig, run_aggregator
from zk_devnet.errors import ToolchainMissing
from zk_devnet.evm import anvil
from zk_devnet.evm.accounts import DEPLOYER, RELAYER, dev_account
from zk_devnet.toolchain import find_toolchain
from zk_devnet.zkverify import (
    GenesisDomain,
    Sp1Policy,
    ZkVerifyDevNode,
    ZkVerifyNodeConfig,
    key_pair,
)
from zk_devnet.zkverify.client import NodeClient
from zk_devnet.zkverify.errors import AggregationContractMissing
from zk_devnet.zkverify.merkle import merkle_root, statement
from zk_devnet.zkverify.scale import Case
from zk_operator.domain.ids import Address

pytestmark = pytest.mark.devnet
NODE = ZkVerifyNodeConfig(
    block_time_s=0.1,
    domains=(GenesisDomain(aggregation_size=2),),
    sp1_policy=Sp1Policy.SIZES_ONLY,
)


class Devnet:
    """Both chains and what is needed to look at them."""

    def __init__(
        self, *, node: ZkVerifyDevNode, client: NodeClient, evm_rpc: str, contract: Address
    ) -> None:
        self.node, self.client, self.evm_rpc, self.contract = node, client, evm_rpc, contract
        self._nonce = 0

    def config(self, **changes: Any) -> AggregatorConfig:
        settings: dict[str, Any] = {
            "endpoint": self.node.endpoint,
            "evm_rpc": self.evm_rpc,
            "contract": self.contract,
            "evm_key": dev_account(RELAYER).private_key,
            "publish_after_s": 0.3,
            "poll_s": 0.05,
            **changes,
        }
        return AggregatorConfig(**settings)

    async def prove(self, pubs: bytes) -> bytes:
        """Submit a proof; its statement."""
        args = {
            "vk_or_hash": Case("Vk", bytes(32)),
            "proof": bytes(120_000),
            "pubs": pubs,
            "domain_id": 0,
        }
        call = Case("SettlementSp1Pallet", Case("submit_proof", args))
        await self.client.submit(key_pair("//Alice"), call)
        return statement(b"sp1", bytes(32), pubs)

    async def posted(self, aggregation_id: int, within_s: float = 8.0) -> bytes:
        """The root on the EVM; zero when it does not arrive in time."""
        w3: AsyncWeb3[Any] = AsyncWeb3(AsyncHTTPProvider(self.evm_rpc))
        data = bytes.fromhex("4264b0dc") + encode(["uint256", "uint256"], [0, aggregation_id])
        root = bytes(32)
        with anyio.move_on_after(within_s):
            while root == bytes(32):
                call = {"to": w3.to_checksum_address(self.contract), "data": "0x" + data.hex()}
                root = bytes(await w3.eth.call(call))  # type: ignore[arg-type]  # web3 wants its own TypedDict
                await anyio.sleep(0.05)
        await w3.provider.disconnect()
        return root


async def _deploy(evm_rpc: str) -> Address:
    artifact = find_toolchain().artifact("ZkVerifyAggregation")
    admin, relayer = dev_account(DEPLOYER), dev_account(RELAYER)
    arguments = encode(
        ["address", "address"], ["0x" + admin.address.hex(), "0x" + relayer.address.hex()]
    )
    w3: AsyncWeb3[Any] = AsyncWeb3(AsyncHTTPProvider(evm_rpc))
    sender = w3.to_checksum_address(admin.address)
    tx_hash = await w3.eth.send_transaction({"from": sender, "data": artifact.bytecode + arguments})
    receipt = await w3.eth.wait_for_transaction_receipt(tx_hash, poll_latency=0.05)
    await w3.provider.disconnect()
    created = receipt["contractAddress"]
    assert created is not None
    return Address(bytes.fromhex(created[2:]))


@asynccontextmanager
async def devnet() -> AsyncIterator[Devnet]:
    try:
        tools = find_toolchain()
        tools.artifact("ZkVerifyAggregation")
    except ToolchainMissing as missing:
        pytest.skip(str(missing))

    async def chain(*, task_status: Any) -> None:
        await anvil.serve(anvil.AnvilConfig(block_time_s=None), tools, task_status=task_status)

    async with anyio.create_task_group() as tasks:
        endpoints = await tasks.start(chain)
        async with ZkVerifyDevNode(NODE).running() as node, NodeClient(node.endpoint) as client:
            contract = await _deploy(endpoints.http_url)
            yield Devnet(node=node, client=client, evm_rpc=endpoints.http_url, contract=contract)
        tasks.cancel_scope.cancel()


@asynccontextmanager
async def aggregator(config: AggregatorConfig) -> AsyncIterator[None]:
    async def run(*, task_status: Any) -> None:
        await run_aggregator(config, task_status=task_status)

    async with anyio.create_task_group() as tasks:
        await tasks.start(run)
        yield
        tasks.cancel_scope.cancel()


async def test_aggregator__complete_and_timed_out_aggregations__reach_the_contract() -> None:
    async with devnet() as net, aggregator(net.config()):
        leaves = [await net.prove(b"1"), await net.prove(b"2")]
        assert await net.posted(1) == merkle_root(leaves)
        single = await net.prove(b"3")
        assert await net.posted(2) == merkle_root([single])


async def test_aggregator__restarted__relays_what_was_published_meanwhile(tmp_path: Path) -> None:
    async with devnet() as net:
        config = net.config(cursor_path=tmp_path / "cursor.json")
        async with aggregator(config):
            first = await net.prove(b"1")
            assert await net.posted(1) == merkle_root([first])
            await net.client.call("dev_setAggregator", {"holdRelay": True})
            second = await net.prove(b"2")
            assert await net.posted(2, within_s=1.5) == bytes(32)
        await net.client.call("dev_setAggregator", {"holdRelay": False})
        async with aggregator(config):
            assert await net.posted(2) == merkle_root([second])


async def test_aggregator__publishing_held__waits() -> None:
    async with devnet() as net, aggregator(net.config()):
        await net.client.call("dev_setAggregator", {"holdPublishing": True})
        await anyio.sleep(0.2)
        leaf = await net.prove(b"1")
        assert await net.posted(1, within_s=1.5) == bytes(32)
        await net.client.call("dev_setAggregator", {"holdPublishing": False})
        assert await net.posted(1) == merkle_root([leaf])


async def test_aggregator__no_contract__is_an_error_at_the_start() -> None:
    async with devnet() as net:
        with pytest.raises(AggregationContractMissing):
            await run_aggregator(net.config(contract=Address(bytes(19) + b"\x01")))
