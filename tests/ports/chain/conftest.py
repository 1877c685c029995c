"""Two worlds for one suite: the scripted chain, and anvil behind the real adapter."""

import re
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Protocol

import anyio
import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from zk_acts.domain.details import Mined
from zk_acts.domain.ids import hex0x
from zk_acts.ports.act import PaidChannel
from zk_devnet.testing.scripted_chain import SCRIPTED_CHAIN_ID, SCRIPTED_MANAGER, ScriptedChain
from zk_devnet.testing.scripted_transactions import ScriptedRevert, ScriptedTransactions
from zk_operator.adapters.evm.client import EvmClient, EvmConfig, open_evm
from zk_operator.adapters.evm.fees import FeePolicy
from zk_operator.adapters.evm.settlement_reader import SettlementContracts
from zk_operator.adapters.signing.evm import EvmSigner
from zk_operator.domain.ids import Address
from zk_operator.domain.order import ORDER_ABI, Order, SigningDomain, order_id
from zk_operator.ports.chain import BlockSource, Call

ANVIL = (
    Path(__file__).parents[3] / "avs-contracts/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil"
)
DEV_SECRET = bytes.fromhex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")
DOMAIN = SigningDomain(chain_id=SCRIPTED_CHAIN_ID, manager=SCRIPTED_MANAGER)
HARMLESS = Address(b"\x44" * 20)
REVERTING = Address(b"\x55" * 20)
FICKLE = Address(b"\x66" * 20)
# Emits LOG3 with the first three words of the calldata as topics and the rest as data.
EMITTER_CODE = "0x366000600037604035602035600035606036036060a300"
# Reverts with the calldata as revert data.
REVERTER_CODE = "0x366000600037366000fd"
# Reverts while storage slot 0 is set.
FICKLE_CODE = "0x600054600757005b600080fd"


class World(Protocol):
    """A chain that a test controls."""

    @property
    def source(self) -> BlockSource: ...

    @property
    def channel(self) -> PaidChannel[Call, Mined]: ...

    async def mine(self, count: int = 1) -> None:
        """Blocks, the first with everything that is pending."""
        ...

    async def reorg(self, depth: int) -> None:
        """Remove blocks and mine as many others."""
        ...

    async def place(self, *orders: Order) -> None:
        """One block in which the manager says that these were placed."""
        ...

    async def break_fickle(self) -> None:
        """From now on calls of FICKLE revert when they are mined."""
        ...


WorldFactory = Callable[[], AbstractAsyncContextManager[World]]


class ScriptedWorld:
    """Fakes."""

    def __init__(self) -> None:
        self.source = ScriptedChain()
        self.channel = ScriptedTransactions(
            chain=self.source, address=EvmSigner(DEV_SECRET).address, execute=self._execute
        )
        self._fickle_broken = False

    async def mine(self, count: int = 1) -> None:
        for _ in range(count):
            self.channel.mine()

    async def reorg(self, depth: int) -> None:
        self.channel.reorg(depth)
        self.channel.drop_pending()
        self.source.mine_empty(depth)

    async def place(self, *orders: Order) -> None:
        self.source.mine(*(self.source.place(order) for order in orders))

    async def break_fickle(self) -> None:
        self._fickle_broken = True

    def _execute(self, call: Call) -> tuple[()]:
        if call.to == REVERTING or (call.to == FICKLE and self._fickle_broken):
            raise ScriptedRevert("NotOpen")
        return ()


class AnvilWorld:
    """The adapter on anvil, with an emitter of arbitrary logs in the manager's place."""

    def __init__(self, client: EvmClient) -> None:
        self.client = client
        self.source = client.source
        self.channel = client.channel

    async def start(self) -> None:
        for address, code in (
            (SCRIPTED_MANAGER, EMITTER_CODE),
            (REVERTING, REVERTER_CODE),
            (FICKLE, FICKLE_CODE),
        ):
            await self.client.pool.request("anvil_setCode", hex0x(address), code)

    async def mine(self, count: int = 1) -> None:
        await self.client.pool.request("anvil_mine", hex(count))

    async def reorg(self, depth: int) -> None:
        await self.client.pool.request("anvil_reorg", depth, [])

    async def place(self, *orders: Order) -> None:
        sender = await self._account(1)
        for index, order in enumerate(orders):
            topics = [
                keccak(text=f"NewTaskCreated(uint32,bytes32,{ORDER_ABI})"),
                index.to_bytes(32),
                order_id(order, DOMAIN),
            ]
            data = b"".join(topics) + encode([ORDER_ABI], [order.as_abi()])
            request = {"from": sender, "to": hex0x(SCRIPTED_MANAGER), "data": hex0x(data)}
            await self.client.pool.request("eth_sendTransaction", request)
        await self.mine()

    async def break_fickle(self) -> None:
        word = "0x" + (1).to_bytes(32).hex()
        await self.client.pool.request(
            "anvil_setStorageAt", hex0x(FICKLE), "0x" + bytes(32).hex(), word
        )

    async def _account(self, index: int) -> str:
        accounts = await self.client.pool.request("eth_accounts")
        assert isinstance(accounts, list)
        return str(accounts[index])


@asynccontextmanager
async def scripted_world() -> AsyncIterator[World]:
    yield ScriptedWorld()


def _endpoint(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        found = re.search(r"Listening on (\S+)", line)
        if found:
            return found.group(1)
    raise RuntimeError("anvil ended before it listened")


@pytest.fixture
def anvil_endpoint() -> Iterator[str]:
    """host:port of a fresh anvil that mines only when told; finalized is two blocks behind."""
    if not ANVIL.exists():
        pytest.skip(f"anvil is not installed: {ANVIL}")
    command = [str(ANVIL), "--port", "0", "--no-mining", "--slots-in-an-epoch", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield _endpoint(process)
        finally:
            process.terminate()


@asynccontextmanager
async def anvil_world(endpoint: str) -> AsyncIterator[World]:
    config = EvmConfig(
        http_urls=(f"http://{endpoint}",),
        ws_url=f"ws://{endpoint}",
        chain_id=SCRIPTED_CHAIN_ID,
        contracts=SettlementContracts(manager=SCRIPTED_MANAGER, quoter=HARMLESS),
        fees=FeePolicy(max_fee_wei=10**12, max_gas=10_000_000),
    )
    async with (
        open_evm(config, EvmSigner(DEV_SECRET)) as client,
        anyio.create_task_group() as group,
    ):
        assert client.feed is not None
        group.start_soon(client.feed.run)
        world = AnvilWorld(client)
        await world.start()
        while not client.feed.connected:  # announced by the first head
            await world.mine()
            await anyio.sleep(0.02)
        yield world
        group.cancel_scope.cancel()


@pytest.fixture(
    params=[
        pytest.param("scripted"),
        pytest.param("anvil", marks=pytest.mark.devnet),
    ]
)
def open_world(request: pytest.FixtureRequest) -> WorldFactory:
    """Opens the world in the test's own task."""
    if request.param == "scripted":
        return scripted_world
    endpoint: str = request.getfixturevalue("anvil_endpoint")
    return lambda: anvil_world(endpoint)
