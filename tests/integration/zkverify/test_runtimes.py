"""The client's life of a proof and of a domain on each kind of runtime that it may meet."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from zk_acts.domain.details import Aggregation, DomainRegistered
from zk_acts.domain.ids import AccountId
from zkverify_client.adapters.errors import RuntimeUnsupported
from zkverify_client.domain.aggregation_rules import ProofRules
from zkverify_client.domain.merkle import verify_path
from zkverify_client.domain.statement import groth16_vk_hash
from zkverify_client.ports.zkverify import (
    AllowSubmitters,
    HoldDomain,
    RegisterDomain,
    RegisterVk,
    SetDeliveryFees,
    UnregisterDomain,
    ZkVerifyRequest,
)

from .conftest import RUNTIMES, SIGNER, VK, World, Worlds, every_runtime

pytestmark = pytest.mark.devnet
VFY = 10**18


@dataclass(slots=True)
class Books:
    """Acts of one account, each to its end, with what the account was short of afterwards."""

    world: World
    paid: list[int] = field(default_factory=list)
    quoted: list[int] = field(default_factory=list)

    async def act(self, request: ZkVerifyRequest) -> Any:
        """The outcome's detail; what was paid and held is exactly what the account is short of."""
        channel = self.world.channel
        before = await channel.balance()
        prepared = await channel.prepare(request, await channel.next_nonce())
        intent = self.world.intent(prepared)
        await channel.send(intent)
        self.world.mine(3)
        outcome: Any = await channel.outcome(intent)
        assert outcome.final
        assert before - await channel.balance() == outcome.paid <= intent.quoted
        self.paid.append(outcome.paid)
        self.quoted.append(intent.quoted)
        return outcome.detail


@every_runtime
@pytest.mark.parametrize("size", [1, 4])
async def test_proof__on_each_runtime__is_paid_as_booked_within_its_quote_and_has_a_receipt(
    runtime: str, size: int, worlds: Worlds
) -> None:
    async with worlds(**RUNTIMES[runtime]) as world:
        books = Books(world)
        await books.act(RegisterVk(vk_hash=groth16_vk_hash(VK)))
        made = await books.act(RegisterDomain(size=size, queue=2))
        assert made == DomainRegistered(domain_id=0)
        proof = world.proof()
        placed = await books.act(proof)
        assert isinstance(placed, Aggregation)
        # An account that publishes its own proof gets its own reserve back: booked before, released now.
        await world.publish(placed.aggregation_id)
        world.mine(3)
        receipt = await world.client.reader.receipt(placed)
        assert receipt is not None
        assert verify_path(
            receipt.root, receipt.path, receipt.leaf_count, receipt.index, proof.statement
        )


@every_runtime
async def test_key__on_each_runtime__holds_what_was_estimated(runtime: str, worlds: Worlds) -> None:
    async with worlds(**RUNTIMES[runtime]) as world:
        request = RegisterVk(vk_hash=groth16_vk_hash(VK), vk=VK)
        estimated = await world.client.estimator.estimate(request)
        await Books(world).act(request)
        holding = await world.client.registry.vk_holding(
            groth16_vk_hash(VK), AccountId(SIGNER.public_key)
        )
        assert holding.deposit == estimated.hold


@every_runtime
async def test_domain__on_each_runtime__its_deposit_is_booked_and_given_back(
    runtime: str, worlds: Worlds
) -> None:
    async with worlds(**RUNTIMES[runtime]) as world:
        books = Books(world)
        await books.act(RegisterDomain(size=1, queue=1))
        estimated = await world.client.estimator.estimate(RegisterDomain(size=1, queue=1))
        deposit = (4_422 if "before" in runtime else 4_444) * (1.5 if "dearer" in runtime else 1)
        assert estimated.hold == deposit * 10**15
        assert 0 < books.paid[0] - estimated.hold < 10**16  # the rest is a fee
        await books.act(SetDeliveryFees(domain_id=0, fee=5))
        info = await world.client.registry.domain(0)
        assert info is not None
        assert (info.delivery_fee, info.size, info.queue) == (5, 1, 1)
        channel = world.channel
        before = await channel.balance()
        for request in (HoldDomain(domain_id=0), UnregisterDomain(domain_id=0)):
            intent = world.intent(await channel.prepare(request, await channel.next_nonce()))
            await channel.send(intent)
            world.mine(3)
        assert await channel.balance() - before > (deposit - 10) * 10**15
        assert await world.client.registry.domain(0) is None


async def test_rules_for_proofs__on_a_runtime_without__are_refused_before_anything_is_paid(
    worlds: Worlds,
) -> None:
    async with worlds(spec_version=1_001_000) as world:
        wanted = RegisterDomain(size=1, proof_rules=ProofRules.ONLY_OWNER)
        with pytest.raises(RuntimeUnsupported):
            await world.channel.prepare(wanted, 0)
        await Books(world).act(RegisterDomain(size=1))
        with pytest.raises(Exception, match="allow-list"):
            await world.channel.prepare(
                AllowSubmitters(domain_id=0, accounts=(AccountId(bytes(32)),)), 1
            )
