"""Two worlds for one suite: zkVerify in memory, and the dev node behind the real adapter."""

import random
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

import pytest

from zk_acts.domain.acts import Intent, Purpose
from zk_acts.domain.ids import Hash32
from zk_acts.ports.act import Fees, Prepared
from zk_devnet.groth16_dev.encoding import gnark_vk_bytes
from zk_devnet.groth16_dev.prove import PublicInputs, onchain_bytes, prove
from zk_devnet.groth16_dev.trapdoor import dev_verifying_key
from zk_devnet.testing.act_rows import act_row
from zk_devnet.testing.scripted_zkverify import ScriptedZkVerify
from zk_devnet.zkverify.client import NodeClient
from zk_devnet.zkverify.config import ZkVerifyNodeConfig
from zk_devnet.zkverify.scale import Case
from zk_devnet.zkverify.serve import ZkVerifyDevNode
from zk_devnet.zkverify.signature import key_pair
from zkverify_client.adapters.client import ZkVerifyClient, ZkVerifyConfig, open_zkverify
from zkverify_client.adapters.pool import NetworkConfig
from zkverify_client.domain.sp1_proof import decode_gnark_vk
from zkverify_client.domain.statement import groth16_vk_hash, scalar_to_le, sp1_groth16_statement
from zkverify_client.ports.zkverify import (
    ExtrinsicChannel,
    RegisterVk,
    SubmitProof,
    VerificationReader,
    ZkVerifyRequest,
)
from zkverify_client.signing.signer import ZkVerifySigner

VFY = 10**18
LAG = 2
HOUR_S = 3600.0  # longer than any test: blocks are made by hand
VK = decode_gnark_vk(gnark_vk_bytes(dev_verifying_key()))
SIGNER = ZkVerifySigner.from_seed(bytes(range(32)))
PUBLISHER = key_pair("//Bob")


class World(Protocol):
    """A zkVerify that a test controls. Finality is two blocks behind."""

    @property
    def reader(self) -> VerificationReader: ...

    @property
    def channel(self) -> ExtrinsicChannel: ...

    async def mine(self, count: int = 1) -> None:
        """Blocks, the first with everything that is pending."""
        ...

    async def retract(self, depth: int) -> None:
        """Other blocks instead of the last ones, without their extrinsics, which are pending again."""
        ...

    async def publish(self, aggregation_id: int) -> None:
        """A block that publishes an aggregation of domain 0."""
        ...

    async def refuse_next(self, statement: bytes) -> None:
        """The statement's domain shall not take it."""
        ...


class Scripted:
    """The fake."""

    def __init__(self) -> None:
        self.chain = ScriptedZkVerify(lag=LAG)
        self.chain.hold_publication = True
        self.channel = self.chain.channel()

    @property
    def reader(self) -> VerificationReader:
        return self.chain

    async def mine(self, count: int = 1) -> None:
        self.chain.mine(count)

    async def retract(self, depth: int) -> None:
        self.chain.retract(depth)
        pool, self.chain._pool = self.chain._pool, {}
        self.chain.mine(depth)
        self.chain._pool = pool

    async def publish(self, aggregation_id: int) -> None:
        self.chain.hold_publication = False
        self.chain.mine()
        self.chain.hold_publication = True

    async def refuse_next(self, statement: bytes) -> None:
        self.chain.verdicts[statement] = "ZKO-ZKV-025"  # type: ignore[index]


class Devnet:
    """The adapter and the dev node."""

    def __init__(self, dev: ZkVerifyDevNode, client: ZkVerifyClient, other: NodeClient) -> None:
        self._dev = dev
        self._other = other
        self.reader: VerificationReader = client.reader
        self.channel: ExtrinsicChannel = client.channel(SIGNER, VK)

    async def mine(self, count: int = 1) -> None:
        for _ in range(count):
            self._dev.node.author_block()
            self._dev.node.finalize()

    async def retract(self, depth: int) -> None:
        self._dev.node.retract(depth)

    async def publish(self, aggregation_id: int) -> None:
        await self._aggregate("aggregate", domain_id=0, aggregation_id=aggregation_id)

    async def refuse_next(self, statement: bytes) -> None:
        await self._aggregate("hold_domain", domain_id=0)

    async def register_domain(self) -> None:
        await self._aggregate(
            "register_domain",
            aggregation_size=2,
            queue_size=16,
            aggregate_rules=Case("Untrusted"),
            proof_rules=Case("Untrusted"),
            delivery={"destination": Case("None"), "fee": 0, "owner_tip": 0},
            delivery_owner=None,
        )

    async def _aggregate(self, call: str, **arguments: object) -> None:
        await self._other.submit(PUBLISHER, Case("Aggregate", Case(call, arguments)))
        await self.mine()


@asynccontextmanager
async def _devnet() -> AsyncIterator[World]:
    accounts = {bytes(SIGNER.public_key): 1000 * VFY, PUBLISHER.public: 1000 * VFY}
    config = ZkVerifyNodeConfig(block_time_s=HOUR_S, accounts=accounts, finality_lag=LAG)
    async with ZkVerifyDevNode(config).running() as dev:
        genesis = Hash32(dev.node.genesis_hash)
        network = NetworkConfig(endpoints=(dev.endpoint,), genesis_hash=genesis)
        async with (
            open_zkverify(ZkVerifyConfig(network=network)) as client,
            NodeClient(dev.endpoint) as other,
        ):
            world = Devnet(dev, client, other)
            await world.register_domain()
            yield world


@asynccontextmanager
async def _scripted() -> AsyncIterator[World]:
    yield Scripted()


Worlds = Callable[[], AbstractAsyncContextManager[World]]


@pytest.fixture(params=["scripted", pytest.param("devnet", marks=pytest.mark.devnet)])
def world(request: pytest.FixtureRequest) -> Worlds:
    return _scripted if request.param == "scripted" else _devnet


class Acts:
    """Builds what the suite submits."""

    vk_hash = groth16_vk_hash(VK)

    def proof(self, seed: int = 1) -> SubmitProof:
        inputs = PublicInputs(
            program_vkey=seed, values_digest=2, exit_code=0, recursion_root=3, nonce=4
        )
        values = inputs.as_tuple()
        return SubmitProof(
            onchain_proof=onchain_bytes(prove(inputs, random.Random(seed).randrange), inputs),
            public_inputs=tuple(scalar_to_le(value) for value in values),
            statement=sp1_groth16_statement(self.vk_hash, values),
            domain_id=0,
        )

    async def prepared(
        self,
        channel: ExtrinsicChannel,
        request: ZkVerifyRequest,
        *,
        nonce: int | None = None,
        beat: Fees | None = None,
    ) -> Intent:
        number = await channel.next_nonce() if nonce is None else nonce
        return self.intent(channel, await channel.prepare(request, number, beat))

    async def registered(self, world: World) -> None:
        """The key is registered and final."""
        intent = await self.prepared(world.channel, RegisterVk(vk_hash=self.vk_hash))
        await world.channel.send(intent)
        await world.mine(1 + LAG)

    def intent(self, channel: ExtrinsicChannel, prepared: Prepared) -> Intent:
        return act_row(channel, prepared, Purpose.VERIFY, attempt=prepared.nonce)


@pytest.fixture
def acts() -> Acts:
    return Acts()
