"""What goes wrong at a node, and that nothing is lost, paid twice or believed too early."""

from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any, Protocol

import anyio
import pytest

from zk_acts.domain.details import Aggregation
from zk_acts.domain.failures import AmbiguousOutcome, BalanceTooLow
from zk_acts.domain.ids import Hash32
from zk_acts.ports.act import Failed, Included, Lapsed, Pending, Unknown
from zk_devnet.zkverify.faults import Fate
from zkverify_client.adapters.client import ZkVerifyConfig, open_zkverify
from zkverify_client.adapters.errors import (
    DomainFull,
    PoolFull,
    SignatureRefused,
    TemporarilyBanned,
    WrongNetwork,
)
from zkverify_client.domain.failures import ZkVerifyUnreachable
from zkverify_client.domain.receipt_errors import ReceiptUnprovable

pytestmark = pytest.mark.devnet


class Worlds(Protocol):
    def __call__(self, **settings: Any) -> AbstractAsyncContextManager[Any]: ...


async def _ready(world: Any, size: int = 2) -> None:
    await world.registered()
    await world.domain(size)


async def test_connections_dropped__every_call__goes_on_with_new_ones(worlds: Worlds) -> None:
    async with worlds() as world:
        await _ready(world)
        intent = await world.prepared(world.proof())
        world.dev.server.drop_connections()
        await world.channel.send(intent)
        world.dev.server.drop_connections()
        world.mine(3)
        outcome = await world.channel.outcome(intent)
        assert isinstance(outcome, Included)
        assert outcome.final


async def test_half_open_connection__send__is_ambiguous_and_resolved_by_query(
    worlds: Worlds,
) -> None:
    async with worlds() as world:
        await _ready(world)
        intent = await world.prepared(world.proof())
        world.dev.faults.silenced.add("author_submitExtrinsic")
        with anyio.fail_after(20), pytest.raises(AmbiguousOutcome):
            await world.channel.send(intent)
        world.dev.faults.silenced.clear()
        assert await world.channel.outcome(intent) in (Unknown(), Pending())
        await world.channel.send(intent)
        world.mine(3)
        assert isinstance(await world.channel.outcome(intent), Included)


async def test_silent_node__reads__end_at_their_deadline(worlds: Worlds) -> None:
    async with worlds() as world:
        await world.client.reader.finalized_head()
        world.dev.faults.silenced.update({"chain_getFinalizedHead", "chain_getHeader"})
        with anyio.fail_after(20), pytest.raises(ZkVerifyUnreachable):
            await world.client.reader.finalized_head()


async def test_runtime_upgrade_in_flight__signed_anew_under_the_same_nonce(worlds: Worlds) -> None:
    async with worlds() as world:
        await _ready(world)
        old = await world.prepared(world.proof())
        world.dev.node.schedule_upgrade(world.dev.node.spec_version() + 1)
        world.mine()
        with pytest.raises(SignatureRefused):
            await world.channel.send(old)
        new = world.intent(await world.channel.prepare(world.proof(), old.nonce))
        await world.channel.send(new)
        world.mine(3)
        assert isinstance(await world.channel.outcome(new), Included)
        assert await world.channel.outcome(old) == Lapsed(by_nonce=True)


async def test_pool_full__signed_anew_under_the_same_nonce__is_taken_later(worlds: Worlds) -> None:
    async with worlds() as world:
        await _ready(world)
        intent = await world.prepared(world.proof())
        world.dev.faults.pool_full = True
        with pytest.raises(PoolFull):
            await world.channel.send(intent)
        world.dev.faults.pool_full = False
        again = world.intent(await world.channel.prepare(world.proof(), intent.nonce))
        await world.channel.send(again)
        world.mine(3)
        assert isinstance(await world.channel.outcome(again), Included)
        assert await world.channel.outcome(intent) == Lapsed(by_nonce=True)


async def test_dropped_and_banned__another_signature_of_the_same_nonce__is_paid_once(
    worlds: Worlds,
) -> None:
    async with worlds() as world:
        await _ready(world)
        before = await world.channel.balance()
        intent = await world.prepared(world.proof())
        world.dev.faults.fates.append(Fate.DROPPED)
        await world.channel.send(intent)
        assert await world.channel.outcome(intent) == Unknown()
        with pytest.raises(TemporarilyBanned):
            await world.channel.send(intent)
        again = world.intent(await world.channel.prepare(world.proof(), intent.nonce))
        await world.channel.send(again)
        world.mine(3)
        outcome = await world.channel.outcome(again)
        assert isinstance(outcome, Included)
        assert await world.channel.outcome(intent) == Lapsed(by_nonce=True)
        assert await world.channel.balance() == before - outcome.paid


async def test_domain_full__before_spending__is_told(worlds: Worlds) -> None:
    async with worlds() as world:
        await world.registered()
        await world.domain(size=1, queue=1)
        intent = await world.prepared(world.proof())
        await world.channel.send(intent)
        world.mine(3)
        assert isinstance(await world.channel.outcome(intent), Included)
        with pytest.raises(DomainFull):
            await world.prepared(world.proof(seed=2))


async def test_domain_full__in_the_same_block__is_a_failure_of_its_own(worlds: Worlds) -> None:
    async with worlds() as world:
        await world.registered()
        await world.domain(size=1, queue=1)
        first = await world.channel.next_nonce()
        intents = [
            world.intent(await world.channel.prepare(world.proof(seed=seed), first + seed))
            for seed in range(2)
        ]
        for intent in intents:
            await world.channel.send(intent)
        world.mine(3)
        taken, failed = [await world.channel.outcome(intent) for intent in intents]
        assert isinstance(taken, Included)
        assert isinstance(failed, Failed)
        assert failed.code == "ZKO-ZKV-023"
        assert failed.paid > 0


async def test_invalid_proof__is_a_failure_of_its_own(worlds: Worlds) -> None:
    async with worlds() as world:
        await _ready(world)
        good, other = world.proof(seed=1), world.proof(seed=2)
        intent = await world.prepared(replace(good, onchain_proof=other.onchain_proof))
        await world.channel.send(intent)
        world.mine(3)
        outcome = await world.channel.outcome(intent)
        assert isinstance(outcome, Failed)
        assert outcome.code == "ZKO-ZKV-033"


async def test_receipt_missed__a_client_started_later__finds_it(worlds: Worlds) -> None:
    async with worlds() as world:
        await _ready(world, size=1)
        intent = await world.prepared(world.proof())
        await world.channel.send(intent)
        world.mine(3)
        outcome = await world.channel.outcome(intent)
        assert isinstance(outcome, Included)
        assert isinstance(outcome.detail, Aggregation)
        await world.publish(outcome.detail.aggregation_id)
        world.mine(30)
        async with open_zkverify(ZkVerifyConfig(network=world.network)) as late:
            receipt = await late.reader.receipt(outcome.detail)
        assert receipt is not None
        assert receipt.leaf_count == 1


async def test_state_pruned__receipt__says_so_and_invents_nothing(worlds: Worlds) -> None:
    async with worlds(state_pruning=4) as world:
        await _ready(world, size=1)
        intent = await world.prepared(world.proof())
        await world.channel.send(intent)
        world.mine(3)
        outcome = await world.channel.outcome(intent)
        assert isinstance(outcome, Included)
        assert isinstance(outcome.detail, Aggregation)
        await world.publish(outcome.detail.aggregation_id)
        world.mine(30)
        with pytest.raises(ReceiptUnprovable):
            await world.client.reader.receipt(outcome.detail)


async def test_finality_stalled__included__is_not_called_final(worlds: Worlds) -> None:
    async with worlds() as world:
        await _ready(world)
        intent = await world.prepared(world.proof())
        await world.channel.send(intent)
        world.dev.faults.finality_stalled = True
        world.mine(5)
        outcome = await world.channel.outcome(intent)
        assert isinstance(outcome, Included)
        assert not outcome.final
        world.dev.faults.finality_stalled = False
        world.mine()
        assert await world.channel.outcome(intent) == replace(outcome, final=True)


async def test_account_out_of_funds__is_told_before_anything_is_sent(worlds: Worlds) -> None:
    async with worlds(balance=10**16 * 2) as world:
        await world.registered_by_another()
        await world.domain()
        with pytest.raises(BalanceTooLow):
            await world.prepared(world.proof())
        assert await world.channel.next_nonce() == 0


async def test_another_genesis__is_refused(worlds: Worlds) -> None:
    async with worlds() as world:
        network = replace(world.network, genesis_hash=Hash32(bytes(32)))
        async with open_zkverify(ZkVerifyConfig(network=network)) as client:
            with pytest.raises(WrongNetwork):
                await client.reader.finalized_head()
