"""What rows are good for: no question twice, no nonce twice, no result lost, no payment uncounted."""

from dataclasses import replace

import pytest

from zk_acts.domain.acts import Intent, IntentState, Purpose
from zk_acts.domain.details import Aggregation, FailureReason, Fulfilled, Mined, VkRegistered
from zk_acts.domain.failures import AmbiguousOutcome
from zk_acts.domain.ids import Hash32
from zk_acts.ports.act import Failed, Included, Lapsed, Outcome
from zk_devnet.testing.audit import problems
from zk_devnet.testing.scripted_transactions import SendFault
from zk_devnet.testing.world import VKEY, World
from zk_operator.domain.failures import EvmUnreachable, MalformedAnswer
from zk_operator.domain.records import BatchState
from zk_operator.ports.prover import ProveRequest
from zkverify_client.adapters.errors import StatePruned
from zkverify_client.ports.zkverify import RegisterVk


async def _nothing(world: World, subject: str = "b1") -> Intent:
    call = world.contract.nothing(world.chain.contract.hook)
    return await world.operator.transaction.issue(
        purpose=Purpose.SETTLE, subject=subject, request=call
    )


async def _register(world: World, name: str = "a") -> Intent:
    request = RegisterVk(vk_hash=Hash32(name.encode().ljust(32)))
    return await world.operator.extrinsic.issue(
        purpose=Purpose.REGISTER_VK, subject=name, request=request
    )


async def _prove(world: World, subject: str = "b1") -> Intent:
    deadline = world.clock.now_ms() // 1000 + 600
    work = ProveRequest(
        program_vkey=VKEY,
        stdin=subject.encode(),
        public_values=subject.encode(),
        deadline_s=deadline,
    )
    return await world.operator.prove.issue(purpose=Purpose.PROVE, subject=subject, request=work)


async def _row(world: World, intent: Intent) -> Intent:
    stored = await world.store.intents.get(intent.intent_id)
    assert stored is not None
    return stored


async def test_pass__live_acts_of_every_kind__each_is_asked_about_once() -> None:
    world = World()
    world.prover.auto_fulfil = False
    world.place(world.order(1))
    rows = [await _prove(world), await _register(world), await _nothing(world)]
    rows += [await _nothing(world, "b2"), await _prove(world, "b2"), await _register(world, "c")]
    asked = (world.transactions.asked, world.zkverify.asked, world.prover.asked)

    for _ in range(3):
        for queries in asked:
            queries.clear()
        await world.round()
        found = [intent_id for queries in asked for intent_id in queries]
        assert sorted(found) == sorted(row.intent_id for row in rows)


async def test_pass__everything_final__nothing_is_asked() -> None:
    world = World()
    world.place(world.order(1))
    await world.until(BatchState.DONE)
    asked = (world.transactions.asked, world.zkverify.asked, world.prover.asked)
    assert all(asked)
    for queries in asked:
        queries.clear()

    await world.run(3)

    assert not any(asked)


async def test_keep__a_transaction_moves__whoever_only_reads_rows_is_woken() -> None:
    world = World()
    await _nothing(world)
    await world.operator.transaction.keep()
    assert not world.operator.reaper._wake_up._event.is_set()

    world.second()
    await world.operator.transaction.keep()

    await world.operator.reaper.wake()


async def test_row__included_and_final__holds_what_the_act_brought() -> None:
    world = World()
    transaction, registration = await _nothing(world), await _register(world)
    world.second()
    await world.operator.transaction.keep()
    await world.operator.extrinsic.keep()
    included = await _row(world, transaction)
    assert included.state is IntentState.INCLUDED
    assert isinstance(included.detail, Mined)

    world.second(4)
    await world.operator.transaction.keep()
    await world.operator.extrinsic.keep()

    final = await _row(world, transaction)
    assert (final.state, final.detail) == (IntentState.FINAL, included.detail)
    assert (await _row(world, registration)).detail == VkRegistered(vk_hash=Hash32(b"a".ljust(32)))


async def test_resolve__final_row__answered_without_asking() -> None:
    world = World()
    done = await _prove(world)
    await world.operator.prove.keep()
    refused = await _prove(world, "b2")
    world.prover.accepted[refused.reference].ended = None
    world.prover.fail(refused.reference, code="ZKO-PRV-042", paid=3)
    await world.operator.prove.keep()
    world.prover.asked.clear()
    world.prover.is_silent = True

    success = await world.operator.prove.resolve(done)
    failure = await world.operator.prove.resolve(refused)

    assert world.prover.asked == []
    uri = f"scripted:{done.reference.hex()}"
    assert success.outcome == Included(
        detail=Fulfilled(proof_uri=uri), final=True, paid=done.quoted
    )
    assert failure.outcome == Failed(code="ZKO-PRV-042", detail="scripted", final=True, paid=3)
    assert (await _row(world, refused)).detail == FailureReason(reason="scripted")


async def test_submitter__restarted_after_the_chain_forgot__the_paid_result_is_used() -> None:
    world = World()
    world.place(world.order(1))
    await world.until(BatchState.PROVED)
    while not [
        row for row in await world.intents(Purpose.VERIFY) if row.state is IntentState.FINAL
    ]:
        await world.operator.extrinsic.keep()
        if (await world.batch()).state is BatchState.PROVED and not await world.intents(
            Purpose.VERIFY
        ):
            await world.tick(world.operator.submitter)
        world.second()
    world.restart()
    world.zkverify.pruned_below = 10**6

    await world.until(BatchState.DONE)

    (verified,) = await world.intents(Purpose.VERIFY)
    assert isinstance(verified.detail, Aggregation)
    assert (await world.batch()).aggregation == verified.detail
    assert await problems(world) == []


async def test_submitter__final_row_of_an_earlier_version__asked_about_as_before() -> None:
    world = World()
    world.place(world.order(1))
    await world.until(BatchState.PROVED)
    while not [
        row for row in await world.intents(Purpose.VERIFY) if row.state is IntentState.FINAL
    ]:
        if not await world.intents(Purpose.VERIFY):
            await world.tick(world.operator.submitter)
        await world.operator.extrinsic.keep()
        world.second()
    (row,) = await world.intents(Purpose.VERIFY)
    world.store.intents._tables.intents[row.intent_id] = replace(row, detail=None)

    await world.until(BatchState.DONE)

    assert len(await world.intents(Purpose.VERIFY)) == 1


async def test_dispatcher__fulfilled_row__fetched_by_its_address_alone() -> None:
    world = World()
    world.place(world.order(1))
    await world.until(BatchState.CLOSED)
    await world.tick(world.operator.dispatcher)
    await world.operator.prove.keep()
    world.restart()
    world.prover.asked.clear()
    world.prover.is_silent = True

    await world.tick(world.operator.dispatcher)

    assert (await world.batch()).state is BatchState.PROVED
    assert world.prover.asked == []


async def test_dispatcher__address_in_the_row_is_stale__the_prover_is_asked_for_another() -> None:
    world = World()
    world.place(world.order(1))
    await world.until(BatchState.CLOSED)
    await world.tick(world.operator.dispatcher)
    await world.operator.prove.keep()
    (row,) = await world.intents(Purpose.PROVE)
    moved = replace(row, detail=Fulfilled(proof_uri="scripted:00"))
    world.store.intents._tables.intents[row.intent_id] = moved

    for _ in range(2):
        await world.tick(world.operator.dispatcher)

    assert (await world.batch()).state is BatchState.PROVED
    assert len(await world.intents(Purpose.PROVE)) == 1


# --- nonces ---


async def test_issue__endpoint_lags__a_nonce_that_rows_show_as_used_is_not_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    for subject in ("b1", "b2"):
        await _nothing(world, subject)
    world.second(4)
    await world.operator.transaction.keep()

    async def lagging() -> int:
        return 0

    monkeypatch.setattr(world.transactions, "unused_nonce", lagging)
    third = await _nothing(world, "b3")
    fourth = await _nothing(world, "b4")

    assert (third.nonce, fourth.nonce) == (2, 3)
    world.second(4)
    await world.operator.transaction.keep()
    assert (await _row(world, fourth)).state is IntentState.FINAL


@pytest.mark.parametrize("side", ["transactions", "extrinsics"])
async def test_issue__pool_counts_too_many__the_lowest_free_nonce_is_taken(
    monkeypatch: pytest.MonkeyPatch, side: str
) -> None:
    world = World()

    async def far_ahead() -> int:
        return 1_000

    monkeypatch.setattr(getattr(world, side), "next_nonce", far_ahead)
    ids = world.place(world.order(1))

    assert (await world.until(BatchState.DONE)).order_ids == tuple(ids)
    assert {row.nonce for row in await world.intents(Purpose.SETTLE)} == {0}
    assert {row.nonce for row in await world.intents(Purpose.VERIFY)} == {1}


async def test_issue__nonces_used_by_another_program__goes_on_after_them_with_an_alert() -> None:
    world = World()
    await _nothing(world, "b1")
    world.second(4)
    await world.operator.transaction.keep()
    for nonce in (1, 2):
        call = world.contract.nothing(world.chain.contract.zkverify)
        world.transactions._accept((await world.transactions.prepare(call, nonce)).payload)
    world.second(4)

    row = await _nothing(world, "b2")

    assert row.nonce == 3
    assert "nonces 1 to 2" in world.operator.board.alerts["acts.evm:31337.foreign"]
    world.second(4)
    await world.operator.transaction.keep()
    await _nothing(world, "b3")
    assert world.operator.board.alerts == {}


async def test_issue__prover_lags__a_paid_nonce_is_not_taken_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    await _prove(world)
    await world.operator.prove.keep()

    async def lagging(_: object) -> int:
        return 0

    monkeypatch.setattr(type(world.prover), "unused_nonce", lagging)

    assert (await _prove(world, "b2")).nonce == 1


async def test_issue__registration_that_somebody_else_made__its_nonce_is_still_free() -> None:
    world = World()
    world.prover.registered = False
    world.prover.before_send.append(AmbiguousOutcome())
    world.place(world.order(1))
    await world.until(BatchState.CLOSED)
    assert len(await world.intents(Purpose.REGISTER_PROGRAM)) == 1
    world.prover.registered = True

    await world.tick(world.operator.dispatcher)
    await world.tick(world.operator.dispatcher)

    (registration,) = await world.intents(Purpose.REGISTER_PROGRAM)
    (request,) = await world.intents(Purpose.PROVE)
    assert (registration.state, registration.nonce) == (IntentState.FINAL, 0)
    assert (request.state, request.nonce) == (IntentState.FINAL, 0)


async def test_stuck__outcome_cannot_be_asked_and_the_nonce_is_used__nothing_is_replaced() -> None:
    world = World()
    intent = await _nothing(world)
    world.second()
    world.transactions.unreadable = EvmUnreachable("finalized is not known")
    acts = world.operator.transaction
    for _ in range(8):
        world.clock.advance(60_000)
        with pytest.raises(EvmUnreachable):
            await acts.keep()
        assert await acts.stuck(30_000, 6) is None
    assert world.operator.board.alerts == {}
    second = await _nothing(world, "b2")

    world.transactions.unreadable = None
    world.second(4)
    await acts.keep()

    assert (await _row(world, intent)).state is IntentState.FINAL
    assert (await _row(world, second)).state is IntentState.FINAL
    assert len(world.transactions.sent) == 2


# --- evidence that was none ---


async def _believed_dead(world: World, intent: Intent, monkeypatch: pytest.MonkeyPatch) -> None:
    async def without_its_receipt(_: Intent) -> Outcome[Mined]:
        return Lapsed(by_nonce=True)

    with monkeypatch.context() as lagging:
        lagging.setattr(world.transactions, "outcome", without_its_receipt)
        await world.operator.transaction.keep()
    row = await _row(world, intent)
    assert (row.state, row.paid) == (IntentState.REPLACED, 0)


async def test_keep__mined_and_believed_replaced__found_again_and_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    intent = await _nothing(world)
    world.second(4)
    await _believed_dead(world, intent, monkeypatch)

    await world.operator.transaction.keep()

    row = await _row(world, intent)
    assert (row.state, row.paid) == (IntentState.FINAL, 10**18 - await world.transactions.balance())
    (entry,) = await world.store.intents.ledger(0)
    assert entry.paid == row.paid
    assert isinstance(row.detail, Mined)


async def test_keep__two_siblings_believed_dead__the_one_that_was_mined_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    acts = world.operator.transaction
    first = await _nothing(world)
    world.clock.advance(30_000)
    world.transactions.faults.append(SendFault.LOST_REQUEST)
    second = await acts.replace(first, world.contract.nothing(world.chain.contract.hook))
    world.second(4)
    await _believed_dead(world, first, monkeypatch)
    assert (await _row(world, second)).state is IntentState.REPLACED

    world.restart()
    await world.operator.recover()

    assert (await _row(world, first)).state is IntentState.FINAL
    assert (await _row(world, second)).state is IntentState.REPLACED


async def test_keep__nonce_used_by_another_program__looked_at_again_ever_less_then_never() -> None:
    world = World()
    world.transactions.faults.append(SendFault.LOST_REQUEST)
    intent = await _nothing(world)
    other = await world.transactions.prepare(
        world.contract.nothing(world.chain.contract.hook), intent.nonce
    )
    world.transactions._accept(other.payload)
    world.transactions._mempool[0] = replace(world.transactions._mempool[0], hash=b"another")
    world.second(4)
    acts = world.operator.transaction
    await acts.keep()
    world.transactions.asked.clear()

    for _ in range(120):
        await acts.keep()
        world.clock.advance(60_000)

    assert (await _row(world, intent)).state is IntentState.REPLACED
    assert 4 < len(world.transactions.asked) < 12


async def test_keep__request_believed_replaced_by_a_lagging_network__its_charge_is_recorded() -> (
    None
):
    world = World()
    world.prover.auto_fulfil = False
    intent = await _prove(world)
    taken = world.prover.accepted.pop(intent.reference)
    await world.operator.prove.keep()
    assert (await _row(world, intent)).state is IntentState.REPLACED

    world.prover.accepted[intent.reference] = taken
    world.prover.fulfil(intent.reference)
    world.clock.advance(60_000)
    await world.operator.prove.keep()

    row = await _row(world, intent)
    assert (row.state, row.paid) == (IntentState.FINAL, intent.quoted)


# --- outcomes that cannot be read ---


async def test_issue__outcome_cannot_be_read_at_all__account_goes_on_once_the_nonce_is_used() -> (
    None
):
    world = World()
    world.transactions.faults.append(SendFault.LOST_ANSWER)
    intent = await _nothing(world)
    world.transactions.unreadable = MalformedAnswer("a receipt that is none")
    world.clock.advance(60_000)
    with pytest.raises(AmbiguousOutcome):
        await _nothing(world, "b2")
    world.second()

    second = await _nothing(world, "b2")

    assert (intent.nonce, second.nonce) == (0, 1)
    assert (await _row(world, intent)).state is IntentState.INTENDED


async def test_issue__state_is_pruned_and_the_nonce_used__account_goes_on_after_a_minute() -> None:
    world = World()
    world.zkverify.faults.append(SendFault.LOST_ANSWER)
    intent = await _register(world)
    world.second(6)
    world.zkverify.pruned_below = 5
    with pytest.raises(StatePruned):
        await world.operator.extrinsic.keep()
    with pytest.raises(AmbiguousOutcome):
        await _register(world, "b")
    world.clock.advance(60_000)

    second = await _register(world, "b")

    assert second.nonce == intent.nonce + 1
    assert (await _row(world, intent)).state is IntentState.INTENDED
    world.zkverify.pruned_below = 0  # an archive node was added
    await world.operator.extrinsic.keep()
    assert (await _row(world, intent)).detail == VkRegistered(vk_hash=Hash32(b"a".ljust(32)))


async def test_keep__old_act_cannot_be_looked_at_again__nobody_is_held_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    intent = await _nothing(world)
    world.second(4)
    await _believed_dead(world, intent, monkeypatch)
    told = world.transactions.outcome

    async def unreadable(row: Intent) -> Outcome[Mined]:
        if row.intent_id == intent.intent_id:
            raise EvmUnreachable("a receipt that no endpoint has any more")
        return await told(row)

    monkeypatch.setattr(world.transactions, "outcome", unreadable)

    await world.operator.transaction.keep()

    ids = world.place(world.order(1))
    assert (await world.until(BatchState.DONE)).order_ids == tuple(ids)
