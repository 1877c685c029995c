"""Several proofs in one extrinsic: all or none, and where each of them went."""

from typing import Any

import pytest

from zk_acts.domain.details import Aggregation, BatchedProof, VerifiedBatch
from zk_acts.ports.act import Failed, Included
from zkverify_client.domain.sp1_proof import decode_sp1_proof
from zkverify_client.domain.statement import groth16_vk_hash
from zkverify_client.ports.zkverify import SubmitBatch, SubmitGroth16

from .conftest import VK, World, Worlds

pytestmark = pytest.mark.devnet


def _proof(world: World, seed: int, domain_id: int | None) -> SubmitGroth16:
    made = world.proof(seed=seed)
    return SubmitGroth16(
        vk_hash=groth16_vk_hash(VK),
        proof=decode_sp1_proof(made.onchain_proof).proof,
        public_inputs=made.public_inputs,
        statement=made.statement,
        domain_id=domain_id,
    )


async def _sent(world: World, batch: SubmitBatch) -> tuple[Any, Any, int]:
    """The row, its outcome, and what the account is short of."""
    channel = world.channel
    before = await channel.balance()
    intent = world.intent(await channel.prepare(batch, await channel.next_nonce()))
    await channel.send(intent)
    world.mine(3)
    outcome = await channel.outcome(intent)
    return intent, outcome, before - await channel.balance()


async def test_batch__into_a_domain_with_two_places__tells_where_each_proof_went(
    worlds: Worlds,
) -> None:
    async with worlds() as world:
        await world.registered()
        await world.domain(2, 1)
        batch = SubmitBatch(proofs=tuple(_proof(world, seed, 0) for seed in (1, 2, 3, 4)))
        intent, outcome, short = await _sent(world, batch)
        assert isinstance(outcome, Included)
        assert isinstance(outcome.detail, VerifiedBatch)
        assert outcome.paid == short <= intent.quoted
        *placed, full = outcome.detail.proofs
        for number, each in enumerate(placed):
            assert each.code is None
            assert isinstance(each.aggregation, Aggregation)
            assert each.statement == each.aggregation.statement == batch.proofs[number].statement
            assert each.aggregation.aggregation_id == number // 2 + 1
        assert full == BatchedProof(
            statement=batch.proofs[3].statement,
            code="ZKO-ZKV-023",  # the queue is full
        )


async def test_batch__without_a_domain__has_each_verified(worlds: Worlds) -> None:
    async with worlds() as world:
        await world.registered()
        batch = SubmitBatch(proofs=tuple(_proof(world, seed, None) for seed in (1, 2)))
        _, outcome, _ = await _sent(world, batch)
        assert outcome.detail.proofs == tuple(
            BatchedProof(statement=proof.statement) for proof in batch.proofs
        )


async def test_batch__one_proof_is_false__none_takes_effect(worlds: Worlds) -> None:
    async with worlds() as world:
        await world.registered()
        good, other = _proof(world, 1, None), _proof(world, 2, None)
        false = SubmitGroth16(
            vk_hash=good.vk_hash,
            proof=other.proof,
            public_inputs=good.public_inputs,
            statement=good.statement,
        )
        _, outcome, short = await _sent(world, SubmitBatch(proofs=(other, false)))
        assert isinstance(outcome, Failed)
        assert (outcome.code, outcome.paid) == ("ZKO-ZKV-033", short)
