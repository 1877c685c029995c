"""A proof's life on the dev node: key registered, proof verified, aggregated, published, path checked."""

from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

import pytest

from zk_acts.domain.details import Aggregation
from zk_acts.ports.act import Included, Pending
from zkverify_client.domain.merkle import verify_path
from zkverify_client.domain.statement import groth16_vk_hash

pytestmark = pytest.mark.devnet


class Worlds(Protocol):
    def __call__(self, **settings: Any) -> AbstractAsyncContextManager[Any]: ...


async def test_submit__a_real_proof__is_verified_aggregated_and_proven(
    worlds: Worlds,
) -> None:
    async with worlds() as world:
        reader = world.client.reader
        assert not await reader.vk_registered(groth16_vk_hash(world.vk))
        await world.registered()
        assert await reader.vk_registered(groth16_vk_hash(world.vk))
        await world.domain(size=2)
        before = await world.channel.balance()

        receipts = []
        for seed in (1, 2):
            request = world.proof(seed=seed)
            intent = await world.prepared(request)
            await world.channel.send(intent)
            assert await world.channel.outcome(intent) == Pending()
            world.mine(3)
            outcome = await world.channel.outcome(intent)
            assert isinstance(outcome, Included), outcome
            assert outcome.final
            assert isinstance(outcome.detail, Aggregation)
            assert outcome.detail.statement == request.statement
            assert outcome.paid <= intent.quoted
            receipts.append((outcome.detail, outcome.paid))

        assert await world.channel.balance() == before - sum(paid for _, paid in receipts)
        assert await reader.receipt(receipts[0][0]) is None
        await world.publish(receipts[0][0].aggregation_id)
        world.mine(2)
        for index, (aggregation, _) in enumerate(receipts):
            receipt = await reader.receipt(aggregation)
            assert receipt is not None
            assert (receipt.leaf_count, receipt.index) == (2, index)
            assert verify_path(receipt.root, receipt.path, 2, index, aggregation.statement)
