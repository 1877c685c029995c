"""Submitter: verified once, the key registered once, nothing paid for what cannot be settled."""

from structlog.testing import capture_logs

from zk_acts.domain.acts import IntentState, Purpose
from zk_acts.domain.ids import Statement
from zk_devnet.testing.audit import problems
from zk_devnet.testing.scripted_transactions import SendFault
from zk_devnet.testing.world import POOLS, ROOT, VK_HASH, VKEY, Rules, World
from zk_operator.domain.failures import EvmUnreachable
from zk_operator.domain.records import BatchState
from zkverify_client.domain.statement import sp1_groth16_statement, sp1_public_inputs


async def _proved(world: World, *, place: bool = True) -> None:
    if place:
        world.place(world.order(1))
    world.second(3)
    for service in world.operator.services[:3]:
        await world.tick(service)
    await world.tick(world.operator.dispatcher)
    assert (await world.batch()).state is BatchState.PROVED


async def _statement(world: World) -> Statement:
    batch = await world.batch()
    assert batch.proof_nonce is not None
    inputs = sp1_public_inputs(
        program_vkey=VKEY,
        public_values=batch.public_values,
        recursion_root=ROOT,
        nonce=batch.proof_nonce,
    )
    return sp1_groth16_statement(VK_HASH, inputs)


async def test_submitter__key_not_registered__registered_once_before_the_proof() -> None:
    world = World()
    await _proved(world)

    for _ in range(3):
        await world.tick(world.operator.submitter)
    assert await world.intents(Purpose.VERIFY) == []
    await world.run(12)

    (registration,) = await world.intents(Purpose.REGISTER_VK)
    assert registration.state is IntentState.FINAL
    assert len(await world.intents(Purpose.VERIFY)) == 1


async def test_submitter__key_registered_but_not_seen_by_the_reader__not_registered_again() -> None:
    world = World()
    await _proved(world)
    await world.tick(world.operator.submitter)
    world.second(4)
    await world.operator.extrinsic.keep()
    world.zkverify._finalized.state.keys.clear()

    await world.tick(world.operator.submitter)
    await world.tick(world.operator.submitter)

    assert len(await world.intents(Purpose.REGISTER_VK)) == 1


async def _unregistered_later(world: World) -> None:
    """A batch has gone through; then the key is given up, and another batch is proved."""
    await _proved(world)
    await world.until(BatchState.DONE)
    world.zkverify.unregister(VK_HASH)
    world.clock.advance(60_000)
    world.place(world.order(2))
    await world.until(BatchState.PROVED)


async def test_submitter__key_unregistered_later__said_and_registered_once_more() -> None:
    world = World()
    with capture_logs() as logs:
        await _unregistered_later(world)
        alerts = dict(world.operator.board.alerts)
        await world.until(BatchState.DONE)

    assert list(alerts) == ["vk"]
    said = [line for line in logs if line["event"] == "vk.unregistered"]
    assert [(line["code"], line["log_level"]) for line in said] == [("ZKO-SET-006", "error")]
    assert "vk.restored" in [line["event"] for line in logs]
    assert world.operator.board.alerts == {}
    registrations = await world.intents(Purpose.REGISTER_VK)
    assert [row.state for row in registrations] == [IntentState.FINAL] * 2


async def test_submitter__key_unregistered_again__no_more_is_paid_and_the_alert_stays() -> None:
    world = World(Rules(valid_for_s=3_000))
    await _unregistered_later(world)
    await world.until(BatchState.DONE)
    world.zkverify.unregister(VK_HASH)
    world.clock.advance(120_000)
    world.place(world.order(3))
    await world.until(BatchState.PROVED)

    await world.run(90)

    assert len(await world.intents(Purpose.REGISTER_VK)) == 2
    assert "vk" in world.operator.board.alerts
    assert world.failures[-1].code == "ZKO-SET-006"


async def test_submitter__not_aggregated__failed_paid_and_submitted_again() -> None:
    world = World()
    await _proved(world)
    statement = await _statement(world)
    world.zkverify.verdicts[statement] = "ZKO-ZKV-020"
    while not await world.intents(Purpose.VERIFY):
        await world.tick(world.operator.submitter)
        world.second()
    world.second(3)
    world.zkverify.verdicts.clear()

    await world.run(12)

    attempts = await world.intents(Purpose.VERIFY)
    assert [row.state for row in attempts] == [IntentState.FAILED, IntentState.FINAL]
    assert attempts[0].error_code == "ZKO-ZKV-020"
    assert (await world.batch()).state is BatchState.DONE
    assert await problems(world) == []


async def test_submitter__never_aggregated__abandoned_after_the_attempts() -> None:
    world = World(Rules(max_attempts=2))
    await _proved(world)
    world.zkverify.verdicts[await _statement(world)] = "ZKO-ZKV-020"
    batch = await world.batch()

    for _ in range(20):
        await world.tick(world.operator.submitter)
        world.second()

    ended = await world.store.batches.get(batch.batch_id)
    assert ended is not None
    assert (ended.state, ended.error_code) == (BatchState.ABANDONED, "ZKO-ACT-004")
    assert len(await world.store.intents.of_subject(Purpose.VERIFY, batch.batch_id)) == 2


async def test_submitter__included_and_retracted__verified_only_when_finalized_once() -> None:
    world = World()
    world.zkverify.mine()
    await _proved(world)
    while not await world.intents(Purpose.VERIFY):
        await world.tick(world.operator.submitter)
        world.second()
    world.second()
    await world.tick(world.operator.submitter)
    assert (await world.intents(Purpose.VERIFY))[0].state is IntentState.INCLUDED

    world.zkverify.retract(2)
    await world.tick(world.operator.submitter)
    assert (await world.intents(Purpose.VERIFY))[0].state is IntentState.SENT
    await world.run(15)

    assert [row.state for row in await world.intents(Purpose.VERIFY)] == [IntentState.FINAL]
    assert (await world.batch()).state is BatchState.DONE
    assert await problems(world) == []


async def test_submitter__extrinsic_dropped_from_the_pool__same_bytes_again() -> None:
    world = World()
    await _proved(world)
    while not await world.intents(Purpose.VERIFY):
        await world.tick(world.operator.submitter)
        world.second()
    world.zkverify.drop_pending()

    await world.run(20)

    (attempt,) = await world.intents(Purpose.VERIFY)
    assert attempt.state is IntentState.FINAL
    assert (await world.batch()).state is BatchState.DONE


async def test_submitter__lost_and_never_valid_again__lapses_free_and_is_tried_again() -> None:
    world = World(Rules(valid_for_s=3_000))
    await _proved(world)
    while not await world.intents(Purpose.VERIFY):
        if await world.intents(Purpose.REGISTER_VK):
            world.zkverify.faults[:] = [SendFault.LOST_REQUEST]
        await world.tick(world.operator.submitter)
        world.second()
    world.zkverify.mine(70)

    await world.run(20)

    attempts = await world.intents(Purpose.VERIFY)
    assert [(row.state, row.nonce) for row in attempts] == [
        (IntentState.LAPSED, 1),
        (IntentState.FINAL, 1),
    ]
    assert await problems(world) == []


async def test_submitter__order_orphaned_after_the_proof__waits_and_pays_when_mined_again() -> None:
    world = World(Rules(max_age_s=0))
    world.place(world.order(1))
    for service in (world.operator.intake, world.operator.batcher, world.operator.dispatcher):
        await world.tick(service)
    await world.tick(world.operator.dispatcher)
    assert (await world.batch()).state is BatchState.PROVED
    order = world.reorg(1, remine=False)[0]
    world.chain.mine_empty(2)
    await world.tick(world.operator.intake)

    await world.tick(world.operator.submitter)
    assert await world.store.intents.of_subject(Purpose.REGISTER_VK, VK_HASH.hex()) == ()
    world.place(order)
    await world.run(20)

    assert (await world.batch()).state is BatchState.DONE
    assert len(await world.intents(Purpose.PROVE)) == 1
    assert await problems(world) == []


async def test_submitter__order_orphaned_and_the_submission_lost__holds_up_others_no_longer_than_a_reorg_is_waited_out() -> (
    None
):
    world = World(Rules(max_age_s=0))
    world.place(world.order(1))
    for service in (world.operator.intake, world.operator.batcher, world.operator.dispatcher):
        await world.tick(service)
    await world.tick(world.operator.dispatcher)
    await world.tick(world.operator.submitter)  # the key
    for _ in range(4):
        world.zkverify.mine()
    world.zkverify.faults.append(SendFault.LOST_REQUEST)
    await world.tick(world.operator.submitter)
    batch = await world.batch()
    (lost,) = await world.intents(Purpose.VERIFY)
    assert lost.state is IntentState.INTENDED
    world.reorg(1, remine=False)
    world.place(world.order(2))

    await world.run(80)

    ended = await world.store.batches.get(batch.batch_id)
    assert ended is not None
    assert (ended.state, ended.error_code) == (BatchState.ABANDONED, "ZKO-SET-002")
    assert (await world.intents(Purpose.VERIFY))[-1].state is IntentState.FINAL


async def test_submitter__no_section_can_be_settled_any_more__ended_before_paying() -> None:
    world = World()
    order = world.order(1)
    world.place(order)
    await _proved(world, place=False)
    world.cancel(order, delay_s=1)
    world.leap(3)
    await world.tick(world.operator.intake)

    await world.tick(world.operator.submitter)

    assert (await world.batch()).error_code == "ZKO-SET-004"
    assert await world.intents(Purpose.REGISTER_VK) == []


async def test_submitter__one_of_two_sections_is_over__the_other_is_worth_it() -> None:
    world = World()
    gone, stays = world.order(1), world.order(2, pool_id=POOLS[1])
    world.place(gone, stays)
    await _proved(world, place=False)
    world.cancel(gone, delay_s=1)
    world.leap(3)

    await world.run(20)

    statuses = await world.statuses([world.identity(gone), world.identity(stays)])
    assert statuses == ["refunded", "settled"]
    assert await problems(world) == []


async def test_submitter__expired__abandoned_even_if_nothing_can_be_asked() -> None:
    world = World()
    await _proved(world)
    world.leap(400)
    await world.tick(world.operator.intake)
    world.chain.fail_next(*[EvmUnreachable() for _ in range(9)])

    await world.tick(world.operator.submitter)

    assert (await world.batch()).error_code == "ZKO-SET-001"


async def test_submitter__verified_but_never_published__abandoned_when_its_time_is_over() -> None:
    world = World()
    world.zkverify.hold_publication = True
    await _proved(world)
    await world.until(BatchState.VERIFIED)
    await world.run(5)
    assert (await world.batch()).receipt is None

    world.leap(400)
    await world.tick(world.operator.intake)
    await world.tick(world.operator.submitter)

    assert (await world.batch()).error_code == "ZKO-SET-001"


async def test_submitter__key_registration_keeps_failing__stops_paying_after_the_attempts() -> None:
    world = World(Rules(max_attempts=2, valid_for_s=3_000))
    await _proved(world)
    world.zkverify.key_verdict = "ZKO-ZKV-021"

    for _ in range(30):
        await world.tick(world.operator.submitter)
        world.second()

    attempts = await world.intents(Purpose.REGISTER_VK)
    assert [row.state for row in attempts] == [IntentState.FAILED] * 2
    assert world.failures[-1].code == "ZKO-ACT-004"


async def _unprovable(world: World) -> tuple[int, int]:
    """A batch is verified, and nobody can give its receipt."""
    await _proved(world)
    world.zkverify.hold_publication = True
    batch = await world.until(BatchState.VERIFIED)
    assert batch.aggregation is not None
    key = (batch.aggregation.domain_id, batch.aggregation.aggregation_id)
    world.zkverify.lost_receipts.add(key)
    world.zkverify.hold_publication = False
    return key


async def test_submitter__receipt_is_lost_for_good__verified_again_and_not_proved_again() -> None:
    world = World(Rules(valid_for_s=600))
    lost = await _unprovable(world)

    await world.run(50)
    assert len(await world.intents(Purpose.VERIFY)) == 1
    batch = await world.until(BatchState.DONE, 90)

    assert batch.aggregation is not None
    assert (batch.aggregation.domain_id, batch.aggregation.aggregation_id) != lost
    assert [row.state for row in await world.intents(Purpose.VERIFY)] == [IntentState.FINAL] * 2
    assert len(await world.intents(Purpose.PROVE)) == 1


async def test_submitter__receipt_found_after_all__not_verified_again() -> None:
    world = World(Rules(valid_for_s=600))
    await _unprovable(world)

    await world.run(40)
    world.zkverify.lost_receipts.clear()

    await world.until(BatchState.DONE)
    assert len(await world.intents(Purpose.VERIFY)) == 1


async def test_submitter__every_receipt_is_lost__paid_for_twice_at_most_and_told() -> None:
    world = World(Rules(valid_for_s=600))
    await _unprovable(world)
    world.zkverify.lost_receipts |= {(3, number) for number in range(20)}

    await world.run(300)

    assert len(await world.intents(Purpose.VERIFY)) == 2
    assert (await world.tick(world.operator.submitter)) is not None
    assert world.failures[-1].code == "ZKO-ZKV-041"


async def test_submitter__receipt_is_lost_and_the_second_verification_fails__not_a_third() -> None:
    world = World(Rules(valid_for_s=600))
    await _unprovable(world)
    aggregation = (await world.batch()).aggregation
    assert aggregation is not None
    world.zkverify.verdicts[aggregation.statement] = "ZKO-ZKV-021"

    await world.run(300)

    states = [row.state for row in await world.intents(Purpose.VERIFY)]
    assert states == [IntentState.FINAL, IntentState.FAILED]
    assert (await world.tick(world.operator.submitter)) is not None
    assert world.failures[-1].code == "ZKO-ZKV-041"


async def test_submitter__receipt_is_lost_and_the_orders_are_over__not_verified_again() -> None:
    world = World(Rules(valid_for_s=600))
    order = world.order(1)
    await _unprovable(world)
    world.cancel(order, delay_s=5)

    await world.run(90)

    assert len(await world.intents(Purpose.VERIFY)) == 1
    assert (await world.batch()).error_code == "ZKO-SET-004"
