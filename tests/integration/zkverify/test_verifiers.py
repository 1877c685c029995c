"""Every verifier, from values to a receipt, on the dev node: which takes what has their types, and says that it does."""

import json
from pathlib import Path
from typing import Any

import anyio
import pytest
from tests.unit.zkverify_client.adapters.test_proof_document import ARKWORKS

from zk_acts.domain.details import (
    Aggregation,
    Verified,
    VerifiedBatch,
    VkRegistered,
    VkUnregistered,
)
from zk_acts.domain.ids import AccountId, Hash32
from zk_acts.ports.act import Failed, Included
from zk_devnet.zkverify.config import GenesisDomain, ZkVerifyNodeConfig
from zk_devnet.zkverify.pallets.proofs import UnverifiedPolicy
from zk_devnet.zkverify.serve import ZkVerifyDevNode
from zkverify_client.adapters.proof_document import document_of
from zkverify_client.adapters.verdicts import NotEntitled, VkNotRegistered
from zkverify_client.adapters.verifier_calls import Document
from zkverify_client.domain.merkle import merkle_root
from zkverify_client.domain.verifier import VerifierPallet
from zkverify_client.ports.zkverify import SubmitBatch, SubmitEncoded, UnregisterVk
from zkverify_client.session import Target, open_session
from zkverify_client.signing.signer import ZkVerifySigner
from zkverify_client.verify import verify

from .conftest import (
    BEFORE_1_3,
    RUNTIME,
    RUNTIMES,
    SIGNER,
    World,
    Worlds,
    every_runtime,
    needs_verifier,
    publish_when_there_is_something,
)

pytestmark = pytest.mark.devnet
ACCEPT: dict[str, Any] = {"others_policy": UnverifiedPolicy.ACCEPT_UNVERIFIED}
ALICE = ZkVerifySigner.from_development_uri("//Alice")
CASES = json.loads(
    (Path(__file__).parents[2] / "vectors" / "zkverify" / "verifiers.json").read_text("utf-8")
)
DOCUMENTS = {
    case["name"]: document_of(VerifierPallet[case["verifier"].upper()], case) for case in CASES
}
DOCUMENTS |= {
    "groth16 over BLS12-381": document_of(VerifierPallet.GROTH16, ARKWORKS),
    "risc0": Document(
        pallet=VerifierPallet.RISC0,
        proof={"V2_2": b"receipt"},
        pubs=b"journal",
        vk=bytes(range(32)),
    ),
    "tee": Document(
        pallet=VerifierPallet.TEE,
        proof=b"quote",
        pubs=b"",
        vk={"Intel": {"tcb_response": b"{}", "certificates": b"pem"}},
    ),
}
by_name = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=needs_verifier(name)) for name in DOCUMENTS]
)


async def act(world: World, request: Any, *, released: int = 0) -> Any:
    """Its outcome; what was paid and held is exactly what the account is short of, and within the quote."""
    channel = world.channel
    before = await channel.balance()
    intent = world.intent(await channel.prepare(request, await channel.next_nonce()))
    await channel.send(intent)
    world.mine(3)
    outcome: Any = await channel.outcome(intent)
    assert before + released - await channel.balance() == outcome.paid <= intent.quoted
    return outcome


@by_name
async def test_verifier__from_key_to_receipt__is_booked_and_stated_as_computed_here(
    name: str, worlds: Worlds
) -> None:
    document = DOCUMENTS[name]
    async with worlds(**ACCEPT) as world:
        client, account = world.client, AccountId(SIGNER.public_key)
        await world.domain(1, 16)
        in_full = await client.verifiers.proof(document, domain_id=0)
        assert in_full.vk is not None
        named = await client.verifiers.proof(document, vk_hash=in_full.vk_hash, domain_id=0)
        with pytest.raises(VkNotRegistered):
            await world.channel.prepare(named, 0)

        key = await client.verifiers.key(document.pallet, document.vk)
        estimated = await client.estimator.estimate(key)
        registered = await act(world, key)
        assert registered.detail == VkRegistered(vk_hash=in_full.vk_hash)
        holding = await client.registry.vk_holding(key.vk_hash, account, document.pallet)
        assert holding.deposit == estimated.hold
        assert await client.registry.vks_of(account, document.pallet) == (holding,)

        for number, request in enumerate((named, in_full)):
            outcome = await act(world, request)
            assert isinstance(outcome.detail, Aggregation), outcome
            assert outcome.detail.statement == in_full.statement
            await world.publish(number + 1)
            world.mine(3)
            receipt = await client.reader.receipt(outcome.detail)
            assert receipt is not None
            assert receipt.root == merkle_root([in_full.statement])

        given_up = await act(
            world,
            UnregisterVk(vk_hash=key.vk_hash, pallet=document.pallet),
            released=estimated.hold,
        )
        assert given_up.detail == VkUnregistered(vk_hash=key.vk_hash)
        with pytest.raises(NotEntitled):
            await world.channel.prepare(
                UnregisterVk(vk_hash=key.vk_hash, pallet=document.pallet), 9
            )


@every_runtime
async def test_verifier__on_each_runtime__is_verified(runtime: str, worlds: Worlds) -> None:
    async with worlds(**{**RUNTIMES[runtime], **ACCEPT}) as world:
        document = DOCUMENTS["fflonk"]
        outcome = await act(world, await world.client.verifiers.proof(document))
        assert isinstance(outcome.detail, Verified)


@by_name
async def test_verifier__that_the_node_does_not_believe__is_paid_in_vain_by_its_code(
    name: str, worlds: Worlds
) -> None:
    async with worlds() as world:
        outcome = await act(world, await world.client.verifiers.proof(DOCUMENTS[name]))
        assert isinstance(outcome, Failed)
        # Of this one the node does not believe the key either, which it looks at first.
        refused = "ZKO-ZKV-034" if name == "groth16 over BLS12-381" else "ZKO-ZKV-033"
        assert outcome.code == refused


async def test_batch__of_several_verifiers__has_each(worlds: Worlds) -> None:
    async with worlds(**ACCEPT) as world:
        proofs: list[SubmitEncoded] = [
            await world.client.verifiers.proof(DOCUMENTS[name]) for name in BEFORE_1_3
        ]
        outcome = await act(world, SubmitBatch(proofs=tuple(proofs)))
        assert isinstance(outcome, Included)
        assert isinstance(outcome.detail, VerifiedBatch)
        assert [each.statement for each in outcome.detail.proofs] == [p.statement for p in proofs]


@pytest.mark.parametrize("register", [True, False])
async def test_verify__one_call_with_a_file__registers_where_asked_and_ends_with_the_receipt(
    register: bool, tmp_path: Path
) -> None:
    [case] = [each for each in CASES if each["name"] == "ultraplonk"]
    (tmp_path / "proof.json").write_text(json.dumps(case))
    config = ZkVerifyNodeConfig(
        block_time_s=0.2, domains=(GenesisDomain(),), **{**RUNTIME, **ACCEPT}
    )
    async with ZkVerifyDevNode(config).running() as dev, anyio.create_task_group() as group:
        group.start_soon(publish_when_there_is_something, dev.endpoint)
        target = Target(endpoints=(dev.endpoint,), poll_s=0.2)
        for was_done in (False, True):
            done = await verify(
                tmp_path / "proof.json",
                verifier=VerifierPallet.ULTRAPLONK,
                domain_id=0,
                target=target,
                signer=ALICE,
                state=tmp_path / "acts.sqlite",
                register=register,
                timeout_s=60,
            )
            assert done.was_done_before is was_done
            assert "0x" + done.statement.hex() == case["statement"]
            assert done.receipt is not None
            assert done.receipt.root == merkle_root([done.statement])
        async with open_session(target) as session:
            holding = await session.client.registry.vk_holding(
                Hash32(bytes.fromhex(case["vk_hash"][2:])),
                ALICE.public_key,
                VerifierPallet.ULTRAPLONK,
            )
            assert holding.holders == int(register)
