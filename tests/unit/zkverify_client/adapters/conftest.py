"""A runtime, a scripted node and what it is asked for, shared by this folder's tests."""

import random
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from zk_acts.domain.acts import ActKind, Intent, Purpose, Resource
from zk_acts.domain.ids import IntentId
from zk_acts.ports.act import Prepared
from zk_devnet.groth16_dev.encoding import gnark_vk_bytes
from zk_devnet.groth16_dev.prove import PublicInputs, onchain_bytes, prove
from zk_devnet.groth16_dev.trapdoor import dev_verifying_key
from zk_devnet.testing import scripted_zkverify_node as script
from zk_devnet.testing.scripted_zkverify_node import ScriptedNode
from zk_devnet.zkverify.metadata import metadata_v14
from zkverify_client.adapters.account import account_key
from zkverify_client.adapters.chain import ChainCache
from zkverify_client.adapters.channel import ZkVerifyChannel
from zkverify_client.adapters.client import ZkVerifyClient, ZkVerifyConfig
from zkverify_client.adapters.pool import ConnectionPool, NetworkConfig
from zkverify_client.adapters.runtime import AGGREGATE, GROTH16, Runtime, RuntimeVersion
from zkverify_client.domain.groth16 import Groth16Vk
from zkverify_client.domain.sp1_proof import decode_gnark_vk
from zkverify_client.domain.statement import (
    groth16_vk_hash,
    scalar_to_le,
    sp1_groth16_statement,
)
from zkverify_client.ports.zkverify import SubmitProof
from zkverify_client.signing.signer import ZkVerifySigner

VECTORS = Path(__file__).parents[4].parent / "shared" / "vectors"
VFY = 10**18
IntentOf = Callable[[Prepared], Intent]
VERSION = RuntimeVersion(spec_name="zkv-runtime", spec_version=1_006_002, transaction_version=1)


@cache
def devnet_runtime() -> Runtime:
    return Runtime(version=VERSION, metadata=metadata_v14())


@cache
def genesis_runtime() -> Runtime:
    path = VECTORS / "zkverify" / "metadata-v14-mainnet-genesis.scale"
    if not path.exists():
        pytest.skip("the folder with real vectors is absent")
    return Runtime(version=VERSION, metadata=path.read_bytes())


@pytest.fixture(scope="session")
def runtime() -> Runtime:
    return devnet_runtime()


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Each event whose fields were decoded, in order."""
    seen: list[bytes] = []
    decode = Runtime._event

    def counted(runtime: Runtime, raw: bytes) -> Mapping[str, Any]:
        seen.append(raw)
        return decode(runtime, raw)

    monkeypatch.setattr(Runtime, "_event", counted)
    return seen


@pytest.fixture(params=["devnet", "mainnet genesis"])
def any_runtime(request: pytest.FixtureRequest) -> Runtime:
    return devnet_runtime() if request.param == "devnet" else genesis_runtime()


@pytest.fixture
def vectors() -> Path:
    if not VECTORS.exists():
        pytest.skip("the folder with real vectors is absent")
    return VECTORS


@pytest.fixture(scope="session")
def signer() -> ZkVerifySigner:
    return ZkVerifySigner.from_seed(bytes(range(32)))


@pytest.fixture
def node(vk: Groth16Vk) -> ScriptedNode:
    """A chain that has the circuit's key."""
    registered = devnet_runtime().storage_key(GROTH16, "Vks", groth16_vk_hash(vk))
    return ScriptedNode(metadata=metadata_v14(), storage={registered: b"\x00"})


@pytest.fixture(scope="session")
def vk() -> Groth16Vk:
    return decode_gnark_vk(gnark_vk_bytes(dev_verifying_key()))


@pytest.fixture
def client(node: ScriptedNode) -> ZkVerifyClient:
    """A client whose every connection leads to the scripted node."""

    async def connect(url: str, *, timeout_s: float) -> ScriptedNode:
        return node

    network = NetworkConfig(endpoints=("ws://scripted",), genesis_hash=node.genesis_hash)
    pool = ConnectionPool(network, connect=connect)
    cache = ChainCache()
    cache.runtimes[VERSION] = devnet_runtime()  # loading it takes a while
    return ZkVerifyClient(ZkVerifyConfig(network=network), pool, cache)


@pytest.fixture
def intent_of() -> IntentOf:
    def build(prepared: Prepared) -> Intent:
        return Intent(
            intent_id=IntentId("extrinsic/1"),
            kind=ActKind.EXTRINSIC,
            purpose=Purpose.VERIFY,
            subject="1",
            backend="zkverify",
            account="account",
            nonce=prepared.nonce,
            reference=prepared.reference,
            payload=prepared.payload,
            resource=Resource.VFY,
            quoted=prepared.quoted,
            tip=prepared.fees.tip,
            born_block=prepared.born_block,
            expires=prepared.expires,
        )

    return build


@pytest.fixture
def other_node() -> ScriptedNode:
    return ScriptedNode(metadata=metadata_v14())


@pytest.fixture(scope="session")
def request_(vk: Groth16Vk) -> SubmitProof:
    inputs = PublicInputs(program_vkey=1, values_digest=2, exit_code=0, recursion_root=3, nonce=4)
    proof = onchain_bytes(prove(inputs, random.Random(7).randrange), inputs)
    values = inputs.as_tuple()
    return SubmitProof(
        onchain_proof=proof,
        public_inputs=tuple(scalar_to_le(value) for value in values),
        statement=sp1_groth16_statement(groth16_vk_hash(vk), values),
        domain_id=0,
    )


@pytest.fixture
def ready(node: ScriptedNode, signer: ZkVerifySigner, runtime: Runtime) -> ScriptedNode:
    """The node after five blocks, with money and a domain for what is sent."""
    node.storage[account_key(signer.public_key)] = script.account_info(0, 10 * VFY)
    node.storage[runtime.storage_key(AGGREGATE, "Domains", bytes(4))] = script.domain_entry(size=8)
    node.mine_many(5)
    return node


@pytest.fixture
def channel(
    client: ZkVerifyClient, ready: ScriptedNode, signer: ZkVerifySigner, vk: Groth16Vk
) -> ZkVerifyChannel:
    return client.channel(signer, vk)


@pytest.fixture
async def intent(channel: ZkVerifyChannel, request_: SubmitProof, intent_of: IntentOf) -> Intent:
    """The request under nonce 0, signed and not sent."""
    return intent_of(await channel.prepare(request_, 0))
