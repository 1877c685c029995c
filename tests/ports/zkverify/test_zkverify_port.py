"""What ExtrinsicChannel and VerificationReader promise, of every implementation."""

from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any, Protocol

import anyio
import pytest

from zk_acts.domain.acts import ActKind, Resource
from zk_acts.domain.details import Aggregation, VkRegistered
from zk_acts.domain.failures import ActRefused, AmbiguousOutcome
from zk_acts.domain.ids import Hash32
from zk_acts.ports.act import Failed, Fees, Included, Lapsed, Pending, Unknown
from zkverify_client.domain.merkle import verify_path
from zkverify_client.ports.zkverify import RegisterVk


class Opens(Protocol):
    def __call__(self) -> AbstractAsyncContextManager[Any]: ...


async def test_channel__its_rows__name_kind_resource_and_owner(world: Opens) -> None:
    async with world() as w:
        assert (w.channel.kind, w.channel.resource) == (ActKind.EXTRINSIC, Resource.VFY)
        assert w.channel.name == "zkverify"
        assert w.channel.account


async def test_register__once_and_twice__is_a_success_both_times(world: Opens, acts: Any) -> None:
    async with world() as w:
        assert not await w.reader.vk_registered(acts.vk_hash)
        for _ in range(2):
            intent = await acts.prepared(w.channel, RegisterVk(vk_hash=acts.vk_hash))
            await w.channel.send(intent)
            await w.mine(3)
            outcome = await w.channel.outcome(intent)
            assert isinstance(outcome, Included)
            assert outcome.detail == VkRegistered(vk_hash=acts.vk_hash)
            assert outcome.final
            assert 0 < outcome.paid <= intent.quoted
        assert await w.reader.vk_registered(acts.vk_hash)
        assert not await w.reader.vk_registered(Hash32(b"\x01" * 32))


async def test_proof_systems__of_the_runtime__sp1_in_both_forms_and_not_zisk(world: Opens) -> None:
    async with world() as w:
        systems = await w.reader.proof_systems()
        assert systems >= {"groth16", "sp1"}
        assert "zisk" not in systems


async def test_submit__step_by_step__unknown_pending_included_final(
    world: Opens, acts: Any
) -> None:
    async with world() as w:
        await acts.registered(w)
        before = await w.channel.balance()
        request = acts.proof()
        intent = await acts.prepared(w.channel, request)
        assert await w.channel.outcome(intent) == Unknown()
        await w.channel.send(intent)
        assert await w.channel.outcome(intent) == Pending()
        await w.mine()
        seen = await w.channel.outcome(intent)
        assert isinstance(seen, Included)
        assert isinstance(seen.detail, Aggregation)
        assert not seen.final
        assert (seen.detail.statement, seen.detail.domain_id) == (request.statement, 0)
        assert seen.detail.block_number == seen.block_number
        await w.mine(2)
        assert await w.channel.outcome(intent) == replace(seen, final=True)
        assert await w.channel.balance() == before - seen.paid


async def test_send__the_same_bytes_twice__counts_once(world: Opens, acts: Any) -> None:
    async with world() as w:
        await acts.registered(w)
        intent = await acts.prepared(w.channel, acts.proof())
        await w.channel.send(intent)
        await w.channel.send(intent)
        await w.mine(3)
        assert isinstance(await w.channel.outcome(intent), Included)
        assert await w.channel.next_nonce() == intent.nonce + 1


async def test_send__again_after_inclusion__is_ambiguous_never_refused(
    world: Opens, acts: Any
) -> None:
    async with world() as w:
        await acts.registered(w)
        intent = await acts.prepared(w.channel, acts.proof())
        await w.channel.send(intent)
        await w.mine(3)
        with pytest.raises(AmbiguousOutcome):
            await w.channel.send(intent)
        assert isinstance(await w.channel.outcome(intent), Included)


async def test_next_nonce__with_pending_ones__counts_them(world: Opens, acts: Any) -> None:
    async with world() as w:
        first = await w.channel.next_nonce()
        intent = await acts.prepared(w.channel, RegisterVk(vk_hash=acts.vk_hash))
        await w.channel.send(intent)
        assert await w.channel.next_nonce() == first + 1


async def test_is_nonce_free__pending__until_it_is_in_a_block(world: Opens, acts: Any) -> None:
    async with world() as w:
        intent = await acts.prepared(w.channel, RegisterVk(vk_hash=acts.vk_hash))
        await w.channel.send(intent)
        assert await w.channel.is_nonce_free(intent.nonce)
        await w.mine()
        assert not await w.channel.is_nonce_free(intent.nonce)
        assert await w.channel.is_nonce_free(intent.nonce + 1)


async def test_replace__with_a_better_tip__one_takes_effect_and_the_other_lapses(
    world: Opens, acts: Any
) -> None:
    async with world() as w:
        await acts.registered(w)
        cheap = await acts.prepared(w.channel, acts.proof())
        await w.channel.send(cheap)
        better = await acts.prepared(
            w.channel, acts.proof(), nonce=cheap.nonce, beat=Fees(tip=cheap.tip)
        )
        assert better.tip > cheap.tip
        await w.channel.send(better)
        await w.mine(3)
        assert isinstance(await w.channel.outcome(better), Included)
        assert await w.channel.outcome(cheap) == Lapsed(by_nonce=True)


async def test_replace__with_the_same_tip__is_refused(world: Opens, acts: Any) -> None:
    async with world() as w:
        await acts.registered(w)
        one = await acts.prepared(w.channel, acts.proof(seed=1))
        await w.channel.send(one)
        other = await acts.prepared(w.channel, acts.proof(seed=2), nonce=one.nonce)
        with pytest.raises(ActRefused):
            await w.channel.send(other)


async def test_retracted__goes_back_to_pending_and_is_included_again(
    world: Opens, acts: Any
) -> None:
    async with world() as w:
        await acts.registered(w)
        intent = await acts.prepared(w.channel, acts.proof())
        await w.channel.send(intent)
        await w.mine()
        first = await w.channel.outcome(intent)
        assert isinstance(first, Included)
        await w.retract(1)
        assert await w.channel.outcome(intent) == Pending()
        await w.mine(3)
        second = await w.channel.outcome(intent)
        assert isinstance(second, Included)
        assert second.final
        assert second.detail != first.detail


async def test_never_sent__lapses_when_its_era_is_final(world: Opens, acts: Any) -> None:
    async with world() as w:
        intent = await acts.prepared(w.channel, RegisterVk(vk_hash=acts.vk_hash))
        while await w.reader.finalized_head() < intent.expires - 2:
            await w.mine()
        assert await w.channel.outcome(intent) == Unknown()
        await w.mine()
        assert await w.channel.outcome(intent) == Lapsed()
        with pytest.raises((ActRefused, AmbiguousOutcome)):
            await w.channel.send(intent)


async def test_domain_refuses__is_a_failure_with_a_code_and_a_price(
    world: Opens, acts: Any
) -> None:
    async with world() as w:
        await acts.registered(w)
        intent = await acts.prepared(w.channel, acts.proof())
        await w.refuse_next(acts.proof().statement)
        await w.channel.send(intent)
        await w.mine(3)
        outcome = await w.channel.outcome(intent)
        assert isinstance(outcome, Failed)
        assert outcome.code == "ZKO-ZKV-025"
        assert outcome.final
        assert 0 < outcome.paid <= intent.quoted


async def test_receipt__not_before_it_is_published_and_final__then_proves_each_statement(
    world: Opens, acts: Any
) -> None:
    async with world() as w:
        await acts.registered(w)
        placed = []
        for seed in (1, 2):
            intent = await acts.prepared(w.channel, acts.proof(seed))
            await w.channel.send(intent)
            await w.mine()
            placed.append((await w.channel.outcome(intent)).detail)
        await w.mine(2)
        assert await w.reader.receipt(placed[0]) is None
        await w.publish(placed[0].aggregation_id)
        await w.mine(2)
        for aggregation in placed:
            receipt = await w.reader.receipt(aggregation)
            assert receipt is not None
            assert receipt.aggregation == aggregation
            assert receipt.leaf_count == 2
            assert verify_path(receipt.root, receipt.path, 2, receipt.index, aggregation.statement)


async def test_wait_for_head__a_block_comes__returns(world: Opens) -> None:
    async with world() as w:
        woken = anyio.Event()

        async def sleeper() -> None:
            await w.reader.wait_for_head()
            woken.set()

        with anyio.fail_after(10):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(sleeper)
                while not woken.is_set():
                    await w.mine()
                    await anyio.sleep(0.02)
