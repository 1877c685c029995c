"""What the channel of EVM transactions promises (PaidChannel[Call, Mined])."""

from dataclasses import replace

import pytest
from tests.ports.chain.conftest import FICKLE, HARMLESS, REVERTING, World, WorldFactory

from zk_acts.domain.acts import Intent, Purpose
from zk_acts.domain.failures import ActRefused, AmbiguousOutcome
from zk_acts.domain.ids import IntentId
from zk_acts.ports.act import Failed, Fees, Included, Lapsed, Pending, Prepared, Unknown
from zk_operator.domain.failures import CallReverted
from zk_operator.ports.chain import Call

CALL = Call(to=HARMLESS, data=b"")


def intent_of(world: World, prepared: Prepared, label: str = "act/1") -> Intent:
    return Intent(
        intent_id=IntentId(label),
        kind=world.channel.kind,
        purpose=Purpose.SETTLE,
        subject="b1",
        backend=world.channel.name,
        account=world.channel.account,
        nonce=prepared.nonce,
        reference=prepared.reference,
        payload=prepared.payload,
        resource=world.channel.resource,
        quoted=prepared.quoted,
        fee_cap=prepared.fees.fee_cap,
        tip=prepared.fees.tip,
    )


async def prepared_intent(world: World, call: Call = CALL) -> Intent:
    nonce = await world.channel.next_nonce()
    return intent_of(world, await world.channel.prepare(call, nonce))


async def test_prepare__a_call__sends_nothing(open_world: WorldFactory) -> None:
    async with open_world() as world:
        nonce = await world.channel.next_nonce()
        intent = await prepared_intent(world)
        await world.mine()
        assert await world.channel.next_nonce() == nonce
        assert await world.channel.outcome(intent) == Unknown()


async def test_prepare__a_call_that_reverts__is_refused(open_world: WorldFactory) -> None:
    async with open_world() as world:
        with pytest.raises(CallReverted):
            await world.channel.prepare(Call(to=REVERTING, data=b""), 0)


async def test_send__accepted__is_pending_then_included_then_final(
    open_world: WorldFactory,
) -> None:
    async with open_world() as world:
        intent = await prepared_intent(world)
        await world.channel.send(intent)
        assert await world.channel.outcome(intent) == Pending()
        await world.mine()
        included = await world.channel.outcome(intent)
        await world.mine(2)
        final = await world.channel.outcome(intent)
    assert isinstance(included, Included)
    assert not included.final
    assert 0 < included.paid <= intent.quoted
    assert included.block_number == included.detail.block_number
    assert final == replace(included, final=True)


async def test_send__the_same_bytes_twice__takes_effect_once(open_world: WorldFactory) -> None:
    async with open_world() as world:
        intent = await prepared_intent(world)
        await world.channel.send(intent)
        await world.channel.send(intent)
        await world.mine()
        assert isinstance(await world.channel.outcome(intent), Included)
        assert await world.channel.next_nonce() == intent.nonce + 1


async def test_send__after_it_was_mined__is_left_to_the_query(open_world: WorldFactory) -> None:
    async with open_world() as world:
        intent = await prepared_intent(world)
        await world.channel.send(intent)
        await world.mine()
        with pytest.raises(AmbiguousOutcome):
            await world.channel.send(intent)
        assert isinstance(await world.channel.outcome(intent), Included)


async def test_next_nonce__pending_transactions__are_counted(open_world: WorldFactory) -> None:
    async with open_world() as world:
        first = await prepared_intent(world)
        await world.channel.send(first)
        second = await prepared_intent(world)
        assert second.nonce == first.nonce + 1
        await world.channel.send(second)
        await world.mine()
        assert isinstance(await world.channel.outcome(first), Included)
        assert isinstance(await world.channel.outcome(second), Included)


async def test_is_nonce_free__pending__until_it_is_mined(open_world: WorldFactory) -> None:
    async with open_world() as world:
        intent = await prepared_intent(world)
        await world.channel.send(intent)
        assert await world.channel.is_nonce_free(intent.nonce)
        assert await world.channel.unused_nonce() == intent.nonce
        await world.mine()
        assert await world.channel.unused_nonce() == intent.nonce + 1
        assert not await world.channel.is_nonce_free(intent.nonce)
        assert await world.channel.is_nonce_free(intent.nonce + 1)


async def test_replacement__beats_its_sibling__and_only_one_takes_effect(
    open_world: WorldFactory,
) -> None:
    async with open_world() as world:
        stuck = await prepared_intent(world)
        await world.channel.send(stuck)
        beat = Fees(fee_cap=stuck.fee_cap, tip=stuck.tip)
        prepared = await world.channel.prepare(CALL, stuck.nonce, beat)
        assert prepared.fees.fee_cap * 10 >= stuck.fee_cap * 11
        assert prepared.fees.tip * 10 >= stuck.tip * 11
        winner = intent_of(world, prepared, "act/2")
        await world.channel.send(winner)
        await world.mine()
        assert isinstance(await world.channel.outcome(winner), Included)
        # Until that is final, a reorg could still bring the sibling back.
        assert await world.channel.outcome(stuck) == Pending()
        await world.mine(2)
        assert await world.channel.outcome(stuck) == Lapsed(by_nonce=True)


async def test_replacement__bump_too_small__is_refused(open_world: WorldFactory) -> None:
    async with open_world() as world:
        first = await world.channel.prepare(CALL, await world.channel.next_nonce())
        await world.channel.send(intent_of(world, first))
        other = Call(to=HARMLESS, data=b"", value=1)
        same_fees = await world.channel.prepare(other, first.nonce)
        assert same_fees.fees == first.fees
        with pytest.raises(ActRefused):
            await world.channel.send(intent_of(world, same_fees, "act/2"))


async def test_outcome__reverted_in_its_block__failed_and_paid(open_world: WorldFactory) -> None:
    async with open_world() as world:
        intent = await prepared_intent(world, Call(to=FICKLE, data=b""))
        await world.channel.send(intent)
        await world.break_fickle()
        await world.mine()
        failed = await world.channel.outcome(intent)
        await world.mine(2)
        final = await world.channel.outcome(intent)
    assert isinstance(failed, Failed)
    assert failed.code == "ZKO-EVM-030"
    assert not failed.final
    assert 0 < failed.paid <= intent.quoted
    assert isinstance(final, Failed)
    assert final.final
    assert final.paid == failed.paid


async def test_outcome__block_reorged_out__is_taken_back(open_world: WorldFactory) -> None:
    async with open_world() as world:
        await world.mine(3)
        intent = await prepared_intent(world)
        await world.channel.send(intent)
        await world.mine()
        assert isinstance(await world.channel.outcome(intent), Included)
        await world.reorg(1)
        outcome = await world.channel.outcome(intent)
        assert isinstance(outcome, Unknown | Pending)
        await world.channel.send(intent)
        await world.mine()
        assert isinstance(await world.channel.outcome(intent), Included)


async def test_balance__after_a_transaction__is_less_by_what_was_paid(
    open_world: WorldFactory,
) -> None:
    async with open_world() as world:
        before = await world.channel.balance()
        intent = await prepared_intent(world)
        await world.channel.send(intent)
        await world.mine()
        included = await world.channel.outcome(intent)
        assert isinstance(included, Included)
        assert before is not None
        assert await world.channel.balance() == before - included.paid
