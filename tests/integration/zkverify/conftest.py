"""The real client against the dev node, whose blocks come only when a test wants one."""

import os
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import anyio
import pytest

from zk_acts.domain.acts import Intent, Purpose
from zk_acts.domain.back_off import BackOff
from zk_acts.domain.details import VkRegistered
from zk_acts.domain.ids import Hash32
from zk_acts.ports.act import Included, Prepared
from zk_devnet.groth16_dev.encoding import gnark_vk_bytes
from zk_devnet.groth16_dev.prove import PublicInputs, onchain_bytes, prove
from zk_devnet.groth16_dev.trapdoor import dev_verifying_key
from zk_devnet.testing.act_rows import act_row
from zk_devnet.zkverify.client import NodeClient
from zk_devnet.zkverify.config import ZkVerifyNodeConfig
from zk_devnet.zkverify.metadata import metadata_v14
from zk_devnet.zkverify.scale import Case, decode
from zk_devnet.zkverify.schema.runtime import RUNTIME_CALL
from zk_devnet.zkverify.serve import ZkVerifyDevNode
from zk_devnet.zkverify.signature import key_pair
from zkverify_client.adapters.calls import register_vk_call
from zkverify_client.adapters.channel import SubmissionPolicy, ZkVerifyChannel
from zkverify_client.adapters.client import ZkVerifyClient, ZkVerifyConfig, open_zkverify
from zkverify_client.adapters.pool import NetworkConfig
from zkverify_client.adapters.runtime import Runtime, RuntimeVersion
from zkverify_client.domain.groth16 import Groth16Vk
from zkverify_client.domain.sp1_proof import decode_gnark_vk
from zkverify_client.domain.statement import groth16_vk_hash, scalar_to_le, sp1_groth16_statement
from zkverify_client.ports.zkverify import RegisterVk, SubmitProof
from zkverify_client.signing.signer import ZkVerifySigner

VFY = 10**18
HOUR_S = 3600.0  # longer than any test: blocks are made by hand
VK = decode_gnark_vk(gnark_vk_bytes(dev_verifying_key()))
SIGNER = ZkVerifySigner.from_seed(bytes(range(32)))
PUBLISHER = key_pair("//Bob")
_HIDDEN = frozenset({"payment_queryInfo", "aggregate_statementPath"})


def _runtime(
    spec_version: int = 1_006_002, percent: int = 100, without: frozenset[str] = frozenset()
) -> dict[str, Any]:
    return {
        "spec_version": spec_version,
        "weight_percent": percent,
        "deposit_percent": percent,
        "without": without,
    }


RUNTIMES = {
    "1.6.2": _runtime(),
    "before 1.3": _runtime(1_001_000),
    "dearer": _runtime(percent=150),
    "without": _runtime(without=_HIDDEN),
    "before 1.3, dearer, without": _runtime(1_001_000, 150, _HIDDEN),
}
# The whole folder runs on another runtime than the newest where this names it.
ASKED_FOR = os.environ.get("ZKO_TEST_RUNTIME")
RUNTIME = RUNTIMES[ASKED_FOR or "1.6.2"]
HAS_ALLOW_LISTS = RUNTIME["spec_version"] >= 1_003_000
BEFORE_1_3 = ("fflonk", "groth16 over BLS12-381", "plonky2", "risc0", "ultraplonk")  # and SP1
# A test that is about runtimes runs on each, or on the one that is asked for.
every_runtime = pytest.mark.parametrize("runtime", [ASKED_FOR] if ASKED_FOR else RUNTIMES)


@dataclass(slots=True)
class World:
    """One dev node, one client of it, and what tests do with both."""

    dev: ZkVerifyDevNode
    network: NetworkConfig
    client: ZkVerifyClient
    channel: ZkVerifyChannel
    other_side: NodeClient
    vk: Groth16Vk = VK
    counter: int = 0

    def mine(self, count: int = 1) -> None:
        """Blocks, each followed by finality at its lag."""
        for _ in range(count):
            self.dev.node.author_block()
            self.dev.node.finalize()

    def proof(self, domain_id: int = 0, *, seed: int = 1) -> SubmitProof:
        """A real proof under the devnet's key; another seed makes another statement."""
        inputs = PublicInputs(
            program_vkey=seed, values_digest=2, exit_code=0, recursion_root=3, nonce=4
        )
        values = inputs.as_tuple()
        return SubmitProof(
            onchain_proof=onchain_bytes(prove(inputs, random.Random(seed).randrange), inputs),
            public_inputs=tuple(scalar_to_le(value) for value in values),
            statement=sp1_groth16_statement(groth16_vk_hash(VK), values),
            domain_id=domain_id,
        )

    def intent(self, prepared: Prepared) -> Intent:
        """The row of a prepared act."""
        self.counter += 1
        return act_row(self.channel, prepared, Purpose.VERIFY, attempt=self.counter)

    async def prepared(self, request: SubmitProof | RegisterVk) -> Intent:
        """Prepared under the next nonce, not sent."""
        nonce = await self.channel.next_nonce()
        return self.intent(await self.channel.prepare(request, nonce))

    async def registered(self) -> None:
        """The key is registered and final."""
        intent = await self.prepared(RegisterVk(vk_hash=groth16_vk_hash(VK)))
        await self.channel.send(intent)
        self.mine(3)
        outcome = await self.channel.outcome(intent)
        assert isinstance(outcome, Included), outcome
        assert isinstance(outcome.detail, VkRegistered)

    async def registered_by_another(self) -> None:
        """The key is registered, by somebody else."""
        version = RuntimeVersion(spec_name="tzkv-runtime", spec_version=1, transaction_version=1)
        call = register_vk_call(Runtime(version=version, metadata=metadata_v14()), self.vk)
        await self.other_side.submit(PUBLISHER, decode(RUNTIME_CALL, call))
        self.mine(3)

    async def domain(self, size: int = 1, queue: int = 16) -> None:
        """Somebody else registers the next domain."""
        delivery = {"destination": Case("None"), "fee": 0, "owner_tip": 0}
        body = {
            "aggregation_size": size,
            "queue_size": queue,
            "aggregate_rules": Case("Untrusted"),
            "proof_rules": Case("Untrusted"),
            "delivery": delivery,
            "delivery_owner": None,
        }
        await self.other_side.submit(PUBLISHER, Case("Aggregate", Case("register_domain", body)))
        self.mine()

    async def publish(self, aggregation_id: int, domain_id: int = 0) -> None:
        """Somebody else publishes an aggregation."""
        body = {"domain_id": domain_id, "aggregation_id": aggregation_id}
        await self.other_side.submit(PUBLISHER, Case("Aggregate", Case("aggregate", body)))
        self.mine()


def needs_verifier(name: str) -> pytest.MarkDecorator:
    """The test is skipped where the runtime has no such verifier."""
    return pytest.mark.skipif(
        not HAS_ALLOW_LISTS and name not in BEFORE_1_3,
        reason=f"a runtime before 1.3 has no verifier {name}",
    )


async def publish_when_there_is_something(endpoint: str) -> None:
    """Somebody else's aggregator, of domain 0."""
    async with NodeClient(endpoint) as node:
        body = {"domain_id": 0, "aggregation_id": 1}
        while (await node.storage("Aggregate", "Domains", 0))["should_publish"] in ({}, []):  # noqa: ASYNC110  # the chain rings no wake_up
            await anyio.sleep(0.1)
        await node.submit(PUBLISHER, Case("Aggregate", Case("aggregate", body)))


@asynccontextmanager
async def running_world(
    policy: SubmissionPolicy | None = None, balance: int = 100 * VFY, **node: Any
) -> AsyncIterator[World]:
    accounts = {bytes(SIGNER.public_key): balance, PUBLISHER.public: 1000 * VFY}
    config = ZkVerifyNodeConfig(block_time_s=HOUR_S, accounts=accounts, **{**RUNTIME, **node})
    async with ZkVerifyDevNode(config).running() as dev:
        network = NetworkConfig(
            endpoints=(dev.endpoint,),
            genesis_hash=Hash32(dev.node.genesis_hash),
            spec_names=frozenset({"zkv-runtime", "tzkv-runtime"}),
            request_timeout_s=3.0,  # a second is missed where other tests keep the machine busy
            back_off=BackOff(first_s=0.01, most_s=0.1),
        )
        settings = ZkVerifyConfig(network=network, policy=policy or SubmissionPolicy())
        async with (
            open_zkverify(settings) as client,
            NodeClient(dev.endpoint) as other_side,
        ):
            channel = client.channel(SIGNER, VK)
            yield World(
                dev=dev, network=network, client=client, channel=channel, other_side=other_side
            )


Worlds = Callable[..., AbstractAsyncContextManager[World]]


@pytest.fixture
def worlds() -> Worlds:
    return running_world
