"""What the chain would refuse is told by a read, before a fee is paid for the refusal."""

import pytest

from zk_acts.domain.errors import OperatorError
from zk_acts.domain.ids import AccountId, Hash32, Statement
from zk_devnet.testing import scripted_zkverify_node as script
from zk_devnet.testing.scripted_zkverify_node import ScriptedNode
from zkverify_client.adapters.account import account_key
from zkverify_client.adapters.aggregation_domain import ticket_key
from zkverify_client.adapters.client import ZkVerifyClient
from zkverify_client.adapters.runtime import AGGREGATE, GROTH16, SP1
from zkverify_client.adapters.verdicts import (
    AggregationNotPublishable,
    DomainParametersRefused,
    DomainStateRefused,
    DomainUnknown,
    NotEntitled,
    SubmitterNotAllowed,
    VkNotRegistered,
)
from zkverify_client.domain.bn254 import Fp2, G1Point, G2Point
from zkverify_client.domain.groth16 import Groth16Proof
from zkverify_client.domain.statement import groth16_statement
from zkverify_client.domain.verifier import VerifierPallet
from zkverify_client.ports.zkverify import (
    AllowSubmitters,
    DisallowSubmitters,
    HoldDomain,
    Publish,
    SetDeliveryFees,
    SubmitGroth16,
    UnregisterDomain,
    UnregisterVk,
    ZkVerifyRequest,
)
from zkverify_client.signing.signer import ZkVerifySigner

from .conftest import devnet_runtime

VFY = 10**18
READY, HOLD, REMOVABLE = 0, 1, 2
UNTRUSTED, ONLY_OWNER, ONLY_ALLOWLISTED = 0, 1, 2
SIGNER = ZkVerifySigner.from_seed(bytes(range(32)))
US, OTHER = SIGNER.public_key, AccountId(b"\x02" * 32)
KEY = Hash32(b"\x04" * 32)
DOMAIN = devnet_runtime().storage_key(AGGREGATE, "Domains", (3).to_bytes(4, "little"))


def entry(
    owner: AccountId = US,
    state: int = READY,
    *,
    publishing: int = UNTRUSTED,
    submitting: int = UNTRUSTED,
    waiting: bool = False,
) -> bytes:
    """Domain 3 of an account; `waiting`: with a proof in aggregation 0."""
    held = [(US, Statement(bytes(32)), 5)] if waiting else []
    raw = script.domain_entry(size=2, state=state, held=held)
    rules = bytes([publishing, submitting])
    body = raw[5:-67] + rules + owner + raw[-33:]
    return (3).to_bytes(4, "little") + b"\x00" + owner + body


def proof() -> SubmitGroth16:
    point, pair = G1Point(1, 2), Fp2(1, 2)
    return SubmitGroth16(
        vk_hash=KEY,
        proof=Groth16Proof(a=point, b=G2Point(pair, pair), c=point),
        public_inputs=(),
        statement=groth16_statement(KEY, ()),
        domain_id=3,
    )


@pytest.mark.parametrize(
    ("domain", "request_", "error"),
    [
        (None, HoldDomain(domain_id=3), DomainUnknown),
        (None, Publish(domain_id=3, aggregation_id=0), DomainUnknown),
        (entry(OTHER), HoldDomain(domain_id=3), NotEntitled),
        (entry(OTHER), SetDeliveryFees(domain_id=3, fee=1), NotEntitled),
        (entry(state=HOLD), HoldDomain(domain_id=3), DomainStateRefused),
        (entry(), UnregisterDomain(domain_id=3), DomainStateRefused),
        (entry(), AllowSubmitters(domain_id=3, accounts=(OTHER,)), DomainParametersRefused),
        (entry(), DisallowSubmitters(domain_id=3, accounts=(OTHER,)), DomainParametersRefused),
        (
            entry(state=HOLD, submitting=ONLY_ALLOWLISTED),
            AllowSubmitters(domain_id=3, accounts=(OTHER,)),
            DomainStateRefused,
        ),
        (entry(), Publish(domain_id=3, aggregation_id=0), AggregationNotPublishable),
        (entry(waiting=True), Publish(domain_id=3, aggregation_id=9), AggregationNotPublishable),
        (
            entry(OTHER, publishing=ONLY_OWNER, waiting=True),
            Publish(domain_id=3, aggregation_id=0),
            NotEntitled,
        ),
        (None, UnregisterVk(vk_hash=KEY), NotEntitled),
        (None, UnregisterVk(vk_hash=KEY, pallet=VerifierPallet.SP1), NotEntitled),
        (entry(OTHER, submitting=ONLY_OWNER), proof(), SubmitterNotAllowed),
        (entry(OTHER, submitting=ONLY_ALLOWLISTED), proof(), SubmitterNotAllowed),
    ],
)
async def test_prepare__what_would_be_refused__is_told_before_anything_is_signed(
    domain: bytes | None,
    request_: ZkVerifyRequest,
    error: type[OperatorError],
    node: ScriptedNode,
    client: ZkVerifyClient,
) -> None:
    _world(node, domain)
    with pytest.raises(error):
        await client.channel(SIGNER).prepare(request_, 0)
    assert "payment_queryInfo" not in node.calls


async def test_prepare__key_that_nobody_registered__is_told_before_anything_is_signed(
    node: ScriptedNode, client: ZkVerifyClient
) -> None:
    _world(node, entry())
    del node.storage[devnet_runtime().storage_key(GROTH16, "Vks", KEY)]
    node.mine()
    with pytest.raises(VkNotRegistered):
        await client.channel(SIGNER).prepare(proof(), 0)


@pytest.mark.parametrize(
    ("domain", "request_"),
    [
        (entry(), HoldDomain(domain_id=3)),
        (entry(), SetDeliveryFees(domain_id=3, fee=1)),
        (entry(state=REMOVABLE), UnregisterDomain(domain_id=3)),
        (entry(waiting=True), Publish(domain_id=3, aggregation_id=0)),
        (
            entry(submitting=ONLY_ALLOWLISTED),
            AllowSubmitters(domain_id=3, accounts=(OTHER,)),
        ),
        (None, UnregisterVk(vk_hash=KEY)),
        (entry(submitting=ONLY_OWNER), proof()),
        (entry(OTHER, submitting=ONLY_ALLOWLISTED), proof()),
    ],
)
async def test_prepare__what_the_chain_would_take__is_signed(
    domain: bytes | None, request_: ZkVerifyRequest, node: ScriptedNode, client: ZkVerifyClient
) -> None:
    _world(node, domain)
    runtime = devnet_runtime()
    node.storage[ticket_key(runtime, GROTH16, US, KEY)] = b"\x05"
    listed = ((3).to_bytes(4, "little"), US)
    node.storage[runtime.storage_key(AGGREGATE, "SubmittersAllowlist", *listed)] = b""
    node.mine()
    assert (await client.channel(SIGNER).prepare(request_, 0)).quoted > 0


def _world(node: ScriptedNode, domain: bytes | None) -> None:
    runtime = devnet_runtime()
    node.storage[account_key(US)] = script.account_info(0, 100 * VFY)
    node.storage[runtime.storage_key(GROTH16, "Vks", KEY)] = b"\x00"
    node.storage[runtime.storage_key(SP1, "Vks", KEY)] = b"\x00"
    if domain is not None:
        node.storage[DOMAIN] = domain
    node.mine_many(3)
