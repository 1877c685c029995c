"""What stops purchases: orders that are over, an intake that is behind, other terms, unknown depths, unread outcomes."""

from dataclasses import replace

import pytest

from zk_acts.domain.acts import Purpose
from zk_acts.domain.ids import Hash32
from zk_devnet.testing.world import POOLS, VK_HASH, Rules, World
from zk_devnet.testing.world_process import PRICE
from zk_operator.domain.chain_event import (
    BlockTag,
    ChainEvent,
    OrderRefunded,
    ProposedTerms,
    TermsChanged,
    TermsEvent,
)
from zk_operator.domain.failures import ContractMismatch, EvmUnreachable
from zk_operator.domain.ids import OrderId
from zk_operator.domain.records import BatchState, OrderStatus
from zk_operator.services.depth import Depth
from zk_operator.services.intake import IntakePolicy
from zk_operator.services.purchase_gate import RULES, Hold, Purchase, PurchaseGate
from zk_operator.services.spend_check import MOST_BEHIND_S

OTHER = Hash32(b"\x00" + b"\x77" * 31)


def is_refund(event: ChainEvent) -> bool:
    return isinstance(event, OrderRefunded)


def refund(world: World, order_id: OrderId) -> None:
    """The order's end, of which no endpoint gives the log."""
    world.chain.lose(is_refund, answers=1_000)
    world.chain.mine(lambda at: OrderRefunded(at=at, order_id=order_id, amount=1))


def held(world: World, reason: Hold) -> float | None:
    return world.operator.telemetry.registry.get_sample_value(
        "zk_operator_purchases_held", {"reason": reason}
    )


async def test_catching_up__order_that_ends_further_on__nothing_is_bought_for_it() -> None:
    world = World(Rules(max_orders=1, intake=IntakePolicy(start_block=0, see_at=0, max_range=5)))
    ids = world.place(world.order(1))
    world.chain.mine_empty(20)
    world.chain.mine(lambda at: OrderRefunded(at=at, order_id=ids[0], amount=1))
    intake, advance = world.operator.intake, world.operator.intake._advance

    async def and_batch(*arguments: object) -> object:
        moved = await advance(*arguments)  # type: ignore[arg-type]
        await world.tick(world.operator.batcher)
        await world.tick(world.operator.dispatcher)
        return moved

    intake._advance = and_batch  # type: ignore[method-assign,assignment]
    await intake.tick()

    assert await world.store.batches.recent(1) == ()
    assert await world.intents(Purpose.PROVE) == []
    assert held(world, Hold.BEHIND) == 0


async def test_closing__scan_behind_where_money_is_spent__waits_and_after_a_minute_an_alert() -> (
    None
):
    world = World(Rules(max_orders=1))
    ids = world.place(world.order(1))
    await world.tick(world.operator.intake)
    world.chain.mine_empty(2)
    world.chain.mine(seconds=MOST_BEHIND_S)

    await world.tick(world.operator.batcher)
    assert await world.store.batches.recent(1) == ()
    assert held(world, Hold.BEHIND) == 1
    assert world.operator.board.alerts == {}
    world.clock.advance(60_000)
    await world.tick(world.operator.batcher)
    assert "money is spent at block 4" in world.operator.board.alerts["purchases.behind"]
    await world.tick(world.operator.intake)
    await world.tick(world.operator.batcher)

    assert (await world.batch()).order_ids == tuple(ids)
    assert world.operator.board.alerts == {}


async def test_closing__blocks_faster_than_the_scan__what_was_read_moments_ago_is_enough() -> None:
    world = World(Rules(max_orders=1, spend_at=BlockTag.LATEST))
    ids = world.place(world.order(1))
    for _ in range(40):
        for service in world.operator.services:
            for _ in range(4):  # blocks come within each pass: the scan never is at the head
                world.chain.mine(seconds=0)
            await world.tick(service)
        world.second()

    assert await world.statuses(ids) == [OrderStatus.SETTLED]
    assert len(await world.intents(Purpose.PROVE)) == 1


async def test_closing__order_over_where_money_is_spent__left_out_and_the_other_batched() -> None:
    world = World(Rules(max_orders=2))
    ids = world.place(world.order(1), world.order(2))
    await world.tick(world.operator.intake)
    refund(world, ids[0])
    await world.tick(world.operator.intake)

    for _ in range(4):
        await world.tick(world.operator.batcher)
        world.second()
        await world.tick(world.operator.intake)

    (batch,) = await world.store.batches.recent(10)
    assert batch.order_ids == (ids[1],)


async def test_proving__order_over_since_the_batch_was_closed__given_up_unpaid() -> None:
    world = World(Rules(max_orders=1))
    ids = world.place(world.order(1))
    await world.tick(world.operator.intake)
    await world.tick(world.operator.batcher)
    refund(world, ids[0])
    await world.tick(world.operator.intake)

    await world.tick(world.operator.dispatcher)

    assert (await world.batch()).error_code == "ZKO-SET-004"
    assert await world.intents(Purpose.PROVE) == []


async def test_verifying__every_order_over_since_the_proof_came__given_up_unpaid() -> None:
    world = World(Rules(max_orders=1))
    ids = world.place(world.order(1))
    for service in (world.operator.intake, world.operator.batcher):
        await world.tick(service)
    for _ in range(3):
        await world.tick(world.operator.dispatcher)
    assert (await world.batch()).state is BatchState.PROVED
    refund(world, ids[0])
    await world.tick(world.operator.intake)

    for _ in range(3):
        await world.tick(world.operator.submitter)

    assert (await world.batch()).error_code == "ZKO-SET-004"
    assert await world.intents(Purpose.VERIFY) == []


async def _closed(world: World) -> None:
    world.place(world.order(1))
    for service in (world.operator.intake, world.operator.batcher):
        await world.tick(service)
    assert (await world.batch()).state is BatchState.CLOSED


async def _proved(world: World) -> None:
    await _closed(world)
    for _ in range(3):
        await world.tick(world.operator.dispatcher)
    assert (await world.batch()).state is BatchState.PROVED
    world.zkverify._finalized.state.keys.add(VK_HASH)


async def test_proving__fee_changed_since_the_batch_was_closed__given_up_unpaid_and_batched_anew() -> (
    None
):
    world = World(Rules(max_orders=1))
    await _closed(world)
    first = (await world.batch()).batch_id
    world.chain.change_terms(TermsEvent.APPLIED, fee_bps=7)

    await world.tick(world.operator.dispatcher)

    assert (await world.batch()).error_code == "ZKO-SET-008"
    assert await world.intents(Purpose.PROVE) == []
    assert (await world.until(BatchState.DONE)).batch_id != first
    assert len(await world.intents(Purpose.PROVE)) == 1


async def test_verifying__fee_changed_since_the_proof_came__given_up_unpaid() -> None:
    world = World(Rules(max_orders=1))
    await _proved(world)
    world.chain.change_terms(TermsEvent.APPLIED, fee_bps=7)

    await world.tick(world.operator.submitter)

    assert (await world.batch()).error_code == "ZKO-SET-008"
    assert await world.intents(Purpose.VERIFY) == []


async def test_proving__price_has_left_the_section__given_up_unpaid() -> None:
    world = World(Rules(max_orders=1))
    await _closed(world)
    world.chain.prices[POOLS[0]] = PRICE * 110 // 100

    await world.tick(world.operator.dispatcher)

    assert (await world.batch()).error_code == "ZKO-SET-008"
    assert await world.intents(Purpose.PROVE) == []


async def test_verifying__price_has_left_the_section__waits_until_it_is_back() -> None:
    world = World(Rules(max_orders=1))
    await _proved(world)
    world.chain.prices[POOLS[0]] = PRICE * 90 // 100

    for _ in range(3):
        await world.tick(world.operator.submitter)
    assert await world.intents(Purpose.VERIFY) == []
    assert (await world.batch()).state is BatchState.PROVED
    world.chain.prices[POOLS[0]] = PRICE
    await world.tick(world.operator.submitter)

    assert len(await world.intents(Purpose.VERIFY)) == 1


async def test_proving__pool_taken_off_the_list__nothing_is_bought_or_batched() -> None:
    world = World(Rules(max_orders=1))
    await _closed(world)
    listed = world.chain.pools[POOLS[0]]
    world.chain.pools[POOLS[0]] = replace(listed, max_price_deviation_bps=0)

    await world.run(20)

    assert await world.intents(Purpose.PROVE) == []
    assert len(await world.store.batches.recent(10)) == 1
    world.chain.pools[POOLS[0]] = listed
    await world.until(BatchState.DONE)


async def test_terms__other_vkey_applied_while_running__nothing_more_is_bought_until_it_is_back() -> (
    None
):
    world = World(Rules(max_orders=1))
    ours = world.chain.contract.groth16_program_vkey
    world.chain.change_terms(TermsEvent.APPLIED, groth16_program_vkey=OTHER)
    ids = world.place(world.order(1))

    await world.run(5)
    assert await world.store.batches.recent(1) == ()
    alert = world.operator.board.alerts["purchases.terms"]
    assert OTHER.hex() in alert
    assert ours.hex() in alert
    assert held(world, Hold.TERMS) == 1
    world.chain.change_terms(TermsEvent.APPLIED, groth16_program_vkey=ours)
    await world.run(25)

    assert "purchases.terms" not in world.operator.board.alerts
    assert held(world, Hold.TERMS) == 0
    assert (await world.batch()).order_ids == tuple(ids)


async def test_terms__changed_behind_a_closed_batch__no_proof_and_no_verification() -> None:
    world = World(Rules(max_orders=1))
    world.place(world.order(1))
    await world.tick(world.operator.intake)
    await world.tick(world.operator.batcher)
    world.chain.change_terms(TermsEvent.APPLIED, allowed_signer=False)

    await world.run(10)

    assert await world.intents(Purpose.PROVE) == []
    assert "signer_allowed" in world.operator.board.alerts["purchases.terms"]


async def test_terms__fee_changed_without_being_seen__a_batch_is_closed_under_the_new_one() -> None:
    world = World(Rules(max_orders=1))
    world.place(world.order(1))
    await world.tick(world.operator.intake)
    world.chain.contract = replace(world.chain.contract, fee_bps=77)

    await world.tick(world.operator.batcher)

    assert (await world.batch()).sections[0].fee_bps == 77
    assert world.operator.terms.current.fee_bps == 77


async def test_terms__event__the_watch_is_woken() -> None:
    world = World()
    world.chain.change_terms(TermsEvent.PAUSED, paused=True)
    await world.operator.intake.tick()

    await world.operator.terms.wake()
    await world.operator.terms.tick()

    assert not world.operator.gate.allows(Purchase.CLOSE)


async def test_terms__endpoint_behind_the_announced_change__purchases_wait_for_one_that_is_not() -> (
    None
):
    world = World()
    before = world.chain.tip
    world.chain.change_terms(TermsEvent.APPLIED, fee_bps=9)
    await world.operator.intake.tick()

    await world.operator.terms.look(before)
    assert not world.operator.gate.allows(Purchase.PROVE)
    await world.operator.terms.look(world.chain.tip)
    assert world.operator.gate.allows(Purchase.PROVE)
    world.chain.contract = replace(world.chain.contract, fee_bps=5)
    terms = await world.operator.terms.look(before)

    assert terms is not None
    assert terms.fee_bps == 9


async def test_terms__proposal_that_would_not_suit__warned_of_with_its_time_until_withdrawn() -> (
    None
):
    world = World()
    terms = world.chain.contract
    proposed = ProposedTerms(
        change_id=Hash32(b"\x09" * 32),
        ready_at_s=1_800_000_000,
        zk_domain_id=terms.zk_domain_id,
        groth16_program_vkey=OTHER,
        groth16_vk_hash=terms.groth16_vk_hash,
        groth16_recursion_root=terms.groth16_recursion_root,
    )
    world.chain.mine(
        lambda at: TermsChanged(
            at=at, kind=TermsEvent.PROPOSED, proposed=proposed, change_id=proposed.change_id
        )
    )

    for service in (world.operator.intake, world.operator.terms):
        await world.tick(service)
    assert "2027-01-15T08:00:00" in world.operator.board.alerts["terms.proposed"]
    assert world.operator.gate.allows(Purchase.CLOSE)
    world.restart()
    await world.tick(world.operator.terms)
    assert "2027-01-15T08:00:00" in world.operator.board.alerts["terms.proposed"]
    world.chain.mine(
        lambda at: TermsChanged(at=at, kind=TermsEvent.WITHDRAWN, change_id=proposed.change_id)
    )
    for service in (world.operator.intake, world.operator.terms):
        await world.tick(service)

    assert world.operator.board.alerts == {}


async def test_terms__a_contract_of_another_domain__held_and_not_fatal() -> None:
    world = World()
    world.chain.fail_next(ContractMismatch("another EIP-712 domain"))
    head = world.chain.tip

    assert await world.operator.terms.look(head) is None

    assert "another EIP-712 domain" in world.operator.board.alerts["purchases.terms"]


async def test_depth__unknown_while_running__purchases_held_and_the_rest_goes_on() -> None:
    world = World(Rules(max_orders=1, done_at=BlockTag.FINALIZED))
    world.chain.unknown_tags.add(BlockTag.FINALIZED)
    await world.tick(world.operator.depths)
    ids = world.place(world.order(1, deadline=world.chain.tip.timestamp + 5))

    await world.run(12)
    alert = world.operator.board.alerts["purchases.depth"]
    assert 'evm.done_at = "finalized"' in alert
    assert await world.store.batches.recent(1) == ()
    (row,) = await world.store.orders.get(ids)
    assert row.status == "refunded"
    world.chain.unknown_tags.clear()
    await world.tick(world.operator.depths)

    assert world.operator.board.alerts == {}


async def test_outcomes__cannot_be_read__no_new_proof_and_after_a_minute_an_alert() -> None:
    world = World(Rules(max_orders=1))

    async def keep(is_due: object = None) -> None:
        del is_due
        raise EvmUnreachable

    world.operator.transaction.keep = keep  # type: ignore[method-assign]
    await world.tick(world.operator.settler)
    world.place(world.order(1))
    await world.run(5)
    assert await world.store.batches.recent(1) == ()
    assert world.operator.board.alerts == {}
    await world.run(60)

    assert "purchases.outcomes" in world.operator.board.alerts


def test_gate__every_reason__has_a_code_and_stops_something() -> None:
    assert RULES.keys() == set(Hold)
    assert all(rule.stops for rule in RULES.values())
    assert all(rule.error.code.startswith("ZKO-") for rule in RULES.values())


def test_gate__two_reasons__open_when_the_last_is_over() -> None:
    world = World()
    gate = PurchaseGate(
        clock=world.clock, board=world.operator.board, telemetry=world.operator.telemetry
    )
    gate.hold(Hold.TERMS, "one")
    gate.hold(Hold.DEPTH, "two")
    gate.release(Hold.TERMS)
    assert not gate.allows(Purchase.VERIFY)
    gate.release(Hold.DEPTH)
    assert gate.allows(Purchase.VERIFY)
    assert world.operator.board.alerts == {}


def test_gate__behind__a_proof_that_is_there_is_still_verified() -> None:
    world = World()
    world.operator.gate.hold(Hold.BEHIND, "block 5")
    assert not world.operator.gate.allows(Purchase.PROVE)
    assert world.operator.gate.allows(Purchase.VERIFY)


async def test_proving__cancel_in_force_though_not_where_money_is_spent__given_up_unpaid() -> None:
    world = World(Rules(max_orders=1, spend_at=5))
    order = world.order(1)
    world.place(order)
    world.second(6)
    await world.tick(world.operator.intake)
    await world.tick(world.operator.batcher)
    world.cancel(order, delay_s=1)
    world.second(2)

    await world.tick(world.operator.intake)
    await world.tick(world.operator.dispatcher)

    assert await world.intents(Purpose.PROVE) == []
    assert (await world.batch()).state is BatchState.ABANDONED


@pytest.mark.parametrize(("see_at", "spend_at"), [(3, 0), (BlockTag.FINALIZED, BlockTag.SAFE)])
async def test_depth__orders_are_seen_deeper_than_money_is_spent__bought_for_where_they_are_seen(
    see_at: Depth, spend_at: Depth
) -> None:
    world = World(Rules(max_orders=1, see_at=see_at, spend_at=spend_at))
    world.place(world.order(1))

    await world.run(10)

    assert len(await world.intents(Purpose.PROVE)) == 1
    assert held(world, Hold.BEHIND) == 0


async def test_start__contract_paused_meanwhile__nothing_is_bought_before_the_terms_were_read() -> (
    None
):
    world = World(Rules(max_orders=1))
    world.place(world.order(1))
    await world.tick(world.operator.intake)
    await world.tick(world.operator.batcher)
    assert (await world.batch()).state is BatchState.CLOSED
    world.chain.contract = replace(world.chain.contract, paused=True)
    world.restart(has_looked=False)
    await world.tick(world.operator.settler)

    await world.tick(world.operator.intake)
    await world.tick(world.operator.dispatcher)
    await world.tick(world.operator.terms)
    await world.tick(world.operator.dispatcher)

    assert await world.intents(Purpose.PROVE) == []


async def test_start__outcomes_not_read_yet__nothing_is_bought_before() -> None:
    world = World(Rules(max_orders=1))
    world.place(world.order(1))
    await world.round()
    world.restart(has_looked=False)
    world.place(world.order(2))
    await world.tick(world.operator.intake)
    await world.tick(world.operator.terms)
    await world.tick(world.operator.batcher)
    await world.tick(world.operator.dispatcher)

    assert len(await world.intents(Purpose.PROVE)) == 1
    await world.run(4)
    assert len(await world.intents(Purpose.PROVE)) == 2


async def test_terms__announced_and_not_to_be_read__alert_after_a_minute() -> None:
    world = World()
    world.chain.change_terms(TermsEvent.APPLIED)
    await world.tick(world.operator.intake)
    for _ in range(2):
        world.chain.fail_next(EvmUnreachable())
        await world.tick(world.operator.terms)
        world.clock.advance(61_000)
    assert "purchases.unread" in world.operator.board.alerts

    await world.tick(world.operator.terms)

    assert "purchases.unread" not in world.operator.board.alerts


async def test_terms__looked_at_again_at_the_same_block__nothing_is_asked() -> None:
    world = World()
    await world.operator.terms.tick()
    world.chain.fail_next(EvmUnreachable())
    assert await world.operator.terms.look(world.chain.tip) == world.chain.contract
    with pytest.raises(EvmUnreachable):
        await world.operator.terms.look(world.chain.mine())


async def test_terms__a_change_announced_of_the_block_that_was_read__is_known_already() -> None:
    world = World()
    world.chain.change_terms(TermsEvent.APPLIED, fee_bps=9)
    await world.operator.terms.look(world.chain.tip)
    await world.operator.intake.tick()  # only now the event is seen
    assert not world.operator.gate.allows(Purchase.PROVE)

    await world.operator.terms.look(world.chain.tip)

    assert world.operator.gate.allows(Purchase.PROVE)
    assert world.operator.terms.current.fee_bps == 9
