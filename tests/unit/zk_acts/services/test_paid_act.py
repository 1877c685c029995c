"""Paid acts: every branch between the intent and its end."""

from dataclasses import replace

import pytest

from zk_acts.domain.acts import Intent, IntentState, Purpose, Resource
from zk_acts.domain.failures import ActRefused, AmbiguousOutcome, BalanceTooLow, BudgetExceeded
from zk_acts.domain.ids import Hash32
from zk_acts.ports.act import Included, Pending
from zk_devnet.testing.scripted_prover import ScriptedProver
from zk_devnet.testing.scripted_transactions import SendFault
from zk_devnet.testing.scripted_zkverify import DEPOSIT, FEE
from zk_devnet.testing.world import VKEY, Rules, World
from zk_operator.ports.prover import ProveRequest
from zkverify_client.domain.failures import ZkVerifyUnreachable
from zkverify_client.ports.zkverify import RegisterVk

REQUEST_PRICE = 10**17


def _work(world: World, name: bytes = b"one") -> ProveRequest:
    deadline = world.clock.now_ms() // 1000 + 600
    return ProveRequest(program_vkey=VKEY, stdin=name, public_values=name, deadline_s=deadline)


async def _prove(world: World, subject: str = "b1") -> Intent:
    work = _work(world, subject.encode())
    return await world.operator.prove.issue(purpose=Purpose.PROVE, subject=subject, request=work)


async def _nothing(world: World, subject: str = "b1") -> Intent:
    call = world.contract.nothing(world.chain.contract.hook)
    return await world.operator.transaction.issue(
        purpose=Purpose.SETTLE, subject=subject, request=call
    )


async def _row(world: World, intent: Intent) -> Intent:
    stored = await world.store.intents.get(intent.intent_id)
    assert stored is not None
    return stored


async def test_issue__accepted__sent_row_with_the_bytes_that_left() -> None:
    world = World()
    world.prover.auto_fulfil = False

    intent = await _prove(world)

    assert intent.state is IntentState.SENT
    assert intent.intent_id == "prove/b1/1"
    assert list(world.prover.accepted) == [intent.reference]
    assert await _row(world, intent) == intent


async def test_issue__the_other_side_gives_an_id_of_its_own__the_row_has_it() -> None:
    world = World()
    world.prover.own_ids = True

    intent = await _prove(world)

    assert intent.known_as not in (None, intent.reference)
    assert await _row(world, intent) == intent
    resolved = await world.operator.prove.resolve(intent)
    assert isinstance(resolved.outcome, Included | Pending)
    assert (await _row(world, intent)).known_as == intent.known_as


async def test_issue__answer_lost__intended_then_found_by_query_and_not_sent_again() -> None:
    world = World()
    world.prover.after_send.append(AmbiguousOutcome())

    intent = await _prove(world)
    assert intent.state is IntentState.INTENDED
    await world.operator.prove.keep()

    assert (await _row(world, intent)).state is IntentState.FINAL
    assert world.prover.sends == 1


async def test_issue__request_lost__same_bytes_again_after_the_pause() -> None:
    world = World()
    world.prover.before_send.append(AmbiguousOutcome())
    intent = await _prove(world)

    await world.operator.prove.keep()
    assert world.prover.sends == 1
    world.clock.advance(5_000)
    await world.operator.prove.keep()

    assert (await _row(world, intent)).state is IntentState.SENT
    assert list(world.prover.accepted) == [intent.reference]


async def test_issue__earlier_act_unresolved__refused_until_it_is_resolved() -> None:
    world = World()
    world.prover.after_send.append(AmbiguousOutcome())
    await _prove(world)

    with pytest.raises(AmbiguousOutcome):
        await _prove(world, "b2")
    await world.operator.prove.keep()
    second = await _prove(world, "b2")

    assert second.state is IntentState.SENT
    assert second.nonce == 1


async def test_issue__refused__lapsed_unpaid_and_its_nonce_used_by_the_next() -> None:
    world = World()
    world.prover.before_send.append(ActRefused("scripted"))

    with pytest.raises(ActRefused):
        await _prove(world)
    second = await _prove(world)

    (first, _) = await world.store.intents.of_subject(Purpose.PROVE, "b1")
    assert (first.state, first.paid, first.error_code) == (IntentState.LAPSED, 0, "ZKO-ACT-002")
    assert (second.nonce, second.intent_id) == (first.nonce, "prove/b1/2")


async def test_resend__refused_after_a_lost_answer__row_stays_live_for_the_query() -> None:
    world = World()
    world.prover.before_send.extend([AmbiguousOutcome(), ActRefused("scripted")])
    intent = await _prove(world)

    world.clock.advance(5_000)
    await world.operator.prove.keep()

    assert (await _row(world, intent)).state is IntentState.INTENDED
    world.clock.advance(600_000)
    await world.operator.prove.keep()
    assert (await _row(world, intent)).state is IntentState.LAPSED
    assert (await _prove(world, "b2")).state is IntentState.SENT


async def test_resend__refused_for_good_without_an_expiry__freed_by_a_replacement() -> None:
    world = World()
    world.transactions.faults += [SendFault.LOST_REQUEST, *[ActRefused("underpriced")] * 12]
    intent = await _nothing(world)
    acts = world.operator.transaction
    for _ in range(7):
        world.clock.advance(5_000)
        await acts.keep()
    world.transactions.faults.clear()

    stuck = await acts.stuck(30_000, 6)
    assert stuck is not None
    assert stuck.intent_id == intent.intent_id
    sibling = await acts.replace(stuck, world.contract.nothing(world.chain.contract.hook))
    world.second(4)
    await acts.keep()

    assert sibling.nonce == intent.nonce
    assert (await _row(world, sibling)).state is IntentState.FINAL
    assert (await _row(world, intent)).state is IntentState.REPLACED
    assert (await _nothing(world, "b2")).nonce == 1


async def test_issue__nonce_used_by_someone_else__replaced_and_the_next_goes_on() -> None:
    world = World()
    world.prover.before_send.append(AmbiguousOutcome())
    intent = await _prove(world)
    world.prover.nonce += 1

    await world.operator.prove.keep()

    row = await _row(world, intent)
    assert (row.state, row.paid) == (IntentState.REPLACED, 0)
    assert (await _prove(world, "b2")).nonce == 1


async def test_issue__gap_left_by_a_lapsed_act__filled_first() -> None:
    world = World()
    account = world.operator.extrinsic

    async def register(name: str) -> Intent:
        request = RegisterVk(vk_hash=Hash32(name.encode().ljust(32)))
        return await account.issue(purpose=Purpose.REGISTER_VK, subject=name, request=request)

    first = await register("a")
    second = await register("b")
    world.zkverify.drop_pending()
    await world.store.intents.update(first, IntentState.LAPSED)
    third = await register("c")

    assert [first.nonce, second.nonce, third.nonce] == [0, 1, 0]


async def test_issue__balance_low__nothing_recorded_an_alert_and_resumed_after_funding() -> None:
    world = World(Rules(reserve=10**17))
    world.prover.spendable = REQUEST_PRICE
    board = world.operator.board

    with pytest.raises(BalanceTooLow):
        await _prove(world)
    assert "spending.PROVE.balance" in board.alerts
    assert await world.store.intents.ledger(0) == ()
    world.prover.spendable = 2 * REQUEST_PRICE
    intent = await _prove(world)

    assert intent.state is IntentState.SENT
    assert board.alerts == {}


async def test_issue__open_requests_not_yet_charged__count_against_the_balance() -> None:
    world = World(Rules(reserve=0))
    world.prover.auto_fulfil = False
    world.prover.spendable = 2 * REQUEST_PRICE - 1
    await _prove(world)

    with pytest.raises(BalanceTooLow):
        await _prove(world, "b2")

    assert len(world.prover.accepted) == 1


async def test_issue__channel_says_balance_too_low__alert_too() -> None:
    world = World(Rules(reserve=0))
    world.zkverify.fund("operator", FEE + DEPOSIT - 1)

    with pytest.raises(BalanceTooLow):
        await world.operator.extrinsic.issue(
            purpose=Purpose.REGISTER_VK, subject="a", request=RegisterVk(vk_hash=Hash32(bytes(32)))
        )

    assert "spending.VFY.balance" in world.operator.board.alerts


async def test_issue__cap_reached__alert_then_resumed_when_the_window_has_moved() -> None:
    world = World(Rules(caps={Resource.PROVE: REQUEST_PRICE}, cap_window_s=60))
    await _prove(world)
    await world.operator.prove.keep()

    with pytest.raises(BudgetExceeded):
        await _prove(world, "b2")
    assert "spending.PROVE.budget" in world.operator.board.alerts
    world.clock.advance(60_000)
    intent = await _prove(world, "b2")

    assert intent.state is IntentState.SENT
    assert world.operator.board.alerts == {}


async def test_issue__cap_reached_and_balance_fine__gauge_says_stopped_until_both_are_over() -> (
    None
):
    world = World(Rules(caps={Resource.PROVE: REQUEST_PRICE}, cap_window_s=60))
    gauge = world.operator.telemetry.registry.get_sample_value
    labels = {"resource": "PROVE"}
    await _prove(world)
    with pytest.raises(BudgetExceeded):
        await _prove(world, "b2")
    world.prover.spendable = 0
    world.clock.advance(60_000)
    with pytest.raises(BalanceTooLow):
        await _prove(world, "b2")
    world.prover.spendable = 10**18

    assert gauge("zk_operator_spending_stopped", labels) == 1
    await _prove(world, "b2")
    assert gauge("zk_operator_spending_stopped", labels) == 0


async def test_resolve__final_row__never_written_again() -> None:
    world = World()
    intent = await _prove(world)
    await world.operator.prove.keep()
    final = await _row(world, intent)
    world.clock.advance(60_000)

    again = await world.operator.prove.resolve(intent)

    assert again.intent == final


async def test_resolve__inclusion_retracted__sent_again_and_included_again() -> None:
    world = World()
    intent = await _nothing(world)
    acts = world.operator.transaction
    world.second()
    await acts.keep()
    assert (await _row(world, intent)).state is IntentState.INCLUDED

    world.transactions.reorg(1)
    world.transactions.drop_pending()
    await acts.keep()
    row = await _row(world, intent)
    assert (row.state, row.paid, row.included_block) == (IntentState.SENT, None, None)
    world.clock.advance(5_000)
    await acts.keep()
    world.second(4)
    await acts.keep()

    assert (await _row(world, intent)).state is IntentState.FINAL


async def test_keep__one_act_cannot_be_asked_about__the_others_are_resolved() -> None:
    world = World()
    broken = _Broken(world.prover)
    world.prover.auto_fulfil = False
    first, second = await _prove(world), await _prove(world, "b2")
    world.prover.fulfil(first.reference)
    world.prover.fulfil(second.reference)
    broken.refuse = first.reference
    world.operator.prove.channel = broken  # type: ignore[assignment]  # the fake, with one fault

    with pytest.raises(ZkVerifyUnreachable):
        await world.operator.prove.keep()

    assert (await _row(world, second)).state is IntentState.FINAL


class _Broken:
    """A prover that does not answer about one request."""

    def __init__(self, prover: ScriptedProver) -> None:
        self._prover = prover
        self.refuse = b""

    def __getattr__(self, name: str) -> object:
        return getattr(self._prover, name)

    async def outcome(self, intent: Intent) -> object:
        if intent.reference == self.refuse:
            raise ZkVerifyUnreachable
        return await self._prover.outcome(intent)


async def test_stuck__waiting_behind_a_lower_nonce__only_the_lowest_is_named() -> None:
    world = World()
    first = await _nothing(world)
    await _nothing(world, "b2")
    world.clock.advance(29_999)
    assert await world.operator.transaction.stuck(30_000, 6) is None
    world.clock.advance(1)

    stuck = await world.operator.transaction.stuck(30_000, 6)

    assert stuck == first


async def test_stuck__replaced_as_often_as_allowed__left_to_the_market() -> None:
    world = World()
    await _nothing(world)
    acts = world.operator.transaction
    for _ in range(2):
        world.clock.advance(30_000)
        stuck = await acts.stuck(30_000, 2)
        assert stuck is not None
        await acts.replace(stuck, world.contract.nothing(world.chain.contract.hook))
    world.clock.advance(30_000)

    assert await acts.stuck(30_000, 2) is None


async def test_stuck__the_original_landed_and_not_its_replacement__nothing_is_stuck() -> None:
    world = World()
    original = await _nothing(world)
    acts = world.operator.transaction
    world.clock.advance(30_000)
    world.transactions.faults.append(SendFault.LOST_REQUEST)
    replacement = await acts.replace(original, world.contract.nothing(world.chain.contract.hook))
    world.second()
    await acts.keep()
    world.clock.advance(60_000)

    assert (await _row(world, original)).state is IntentState.INCLUDED
    assert await acts.stuck(30_000, 6) is None
    world.second(3)
    await acts.keep()
    assert (await _row(world, original)).state is IntentState.FINAL
    assert (await _row(world, replacement)).state is IntentState.REPLACED


async def test_replace__decided_meanwhile__nothing_is_sent() -> None:
    world = World()
    intent = await _nothing(world)
    world.second(4)
    await world.operator.transaction.keep()

    row = await world.operator.transaction.replace(
        replace(intent), world.contract.nothing(world.chain.contract.hook)
    )

    assert row.state is IntentState.FINAL
    assert len(world.transactions.sent) == 1


async def test_replace__a_sibling_was_mined_meanwhile__nothing_is_sent() -> None:
    world = World()
    original = await _nothing(world)
    acts, call = world.operator.transaction, world.contract.nothing(world.chain.contract.hook)
    world.clock.advance(30_000)
    world.transactions.faults.append(SendFault.LOST_REQUEST)
    sibling = await acts.replace(original, call)
    world.second()
    await acts.resolve(original)
    sent = len(world.transactions.sent)

    row = await acts.replace(sibling, call)

    assert row.intent_id == sibling.intent_id
    assert len(world.transactions.sent) == sent
    assert len(await acts.of(original.purpose, original.subject)) == 2


async def test_stuck__the_one_before_it_has_just_landed__has_its_own_time_from_then_on() -> None:
    world = World()
    await _nothing(world)
    second = await _nothing(world, "b2")
    acts = world.operator.transaction
    world.clock.advance(60_000)
    later = world.transactions._mempool.pop(second.nonce)
    world.second()
    world.transactions._mempool[second.nonce] = later
    await acts.keep()

    assert await acts.stuck(30_000, 6) is None
    world.clock.advance(30_000)
    assert await acts.stuck(30_000, 6) == second


async def test_stuck__the_clock_was_ahead_when_the_process_began__waits_no_longer_for_that() -> (
    None
):
    world = World()
    world.clock.advance(-86_400_000)  # a day ahead until now
    first = await _nothing(world)
    acts = world.operator.transaction
    assert await acts.stuck(30_000, 6) is None
    world.clock.advance(30_000)
    assert await acts.stuck(30_000, 6) == first


async def test_keep__lost_under_a_clock_that_was_ahead__sent_again_once_that_is_set_back() -> None:
    world = World()
    world.prover.before_send.append(AmbiguousOutcome())
    await _prove(world)
    world.clock.advance(-86_400_000)

    await world.operator.prove.keep()

    assert len(world.prover.accepted) == 1


async def test_stuck__sent_under_a_clock_that_was_ahead__waits_no_longer_once_that_is_set_back() -> (
    None
):
    world = World()
    first = await _nothing(world)
    acts = world.operator.transaction
    world.clock.advance(-86_400_000)
    assert await acts.stuck(30_000, 6) is None
    world.clock.advance(30_000)
    assert await acts.stuck(30_000, 6) == first


async def test_issue__unresolved_since_a_clock_was_ahead__goes_on_where_its_nonce_is_used() -> None:
    world = World()
    world.transactions.faults.append(SendFault.LOST_ANSWER)
    lost = await _nothing(world)
    world.second()
    world.clock.advance(-86_400_000)

    second = await _nothing(world, "b2")

    assert (lost.state, second.nonce) == (IntentState.INTENDED, lost.nonce + 1)
