"""Dispatcher: one proof per batch, checked before it is believed, and no batch stuck on a bad one."""

from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from zk_acts.domain.acts import IntentState, Purpose
from zk_acts.domain.details import Fulfilled
from zk_acts.domain.errors import OperatorError
from zk_acts.domain.failures import ActRefused, AmbiguousOutcome
from zk_acts.ports.act import Failed, Included
from zk_devnet.testing.audit import problems
from zk_devnet.testing.world import VKEY, Rules, World
from zk_operator.domain.failures import ProofMalformed, ProofMismatch, ProverUnreachable
from zk_operator.domain.order import Order
from zk_operator.domain.records import BatchState, OrderStatus, StoredProof
from zkverify_client.domain.failures import ProofInvalid

REFUSALS = [ProofMalformed, ProofMismatch, ProofInvalid]


async def _closed(world: World) -> None:
    world.place(world.order(1))
    world.second(3)
    await world.tick(world.operator.intake)
    await world.tick(world.operator.batcher)
    assert (await world.batch()).state is BatchState.CLOSED


async def test_dispatcher__proof_stored_already__nothing_is_paid() -> None:
    world = World()
    await _closed(world)
    batch = await world.batch()
    await world.store.proofs.put(
        StoredProof(
            program_vkey=VKEY,
            public_values=batch.public_values,
            proof=b"kept",
            nonce=7,
            backend="network",
            created_at=1,
        )
    )

    await world.tick(world.operator.dispatcher)

    proved = await world.batch()
    assert (proved.state, proved.proof_nonce) == (BatchState.PROVED, 7)
    assert await world.store.intents.ledger(0) == ()


@pytest.mark.parametrize("refusal", REFUSALS)
async def test_dispatcher__wrong_proof__looked_at_again_then_another_attempt(
    refusal: type[OperatorError],
) -> None:
    world = World()
    world.checker.refusals = [refusal() for _ in range(5)]
    await _closed(world)

    await world.run(40)

    attempts = await world.intents(Purpose.PROVE)
    assert [attempt.state for attempt in attempts] == [IntentState.FINAL] * 2
    assert (await world.batch()).state is not BatchState.CLOSED
    assert world.checker.checks == 6


async def test_dispatcher__proof_damaged_on_its_way_for_some_seconds__fetched_again_and_not_bought_again() -> (
    None
):
    world = World()
    world.checker.refusals = [ProofMalformed() for _ in range(1_000)]
    await _closed(world)

    await world.run(12)
    world.checker.refusals.clear()

    await world.until(BatchState.DONE)
    assert len(await world.intents(Purpose.PROVE)) == 1


async def test_dispatcher__only_wrong_proofs__abandoned_after_the_attempts_and_orders_freed() -> (
    None
):
    world = World(Rules(max_attempts=2))
    world.checker.refusals = [ProofInvalid() for _ in range(10)]
    await _closed(world)
    batch = await world.batch()

    for _ in range(90):
        await world.tick(world.operator.intake)
        await world.tick(world.operator.dispatcher)
        world.second()

    ended = await world.store.batches.get(batch.batch_id)
    assert ended is not None
    assert (ended.state, ended.error_code) == (BatchState.ABANDONED, "ZKO-ACT-004")
    assert len(await world.intents(Purpose.PROVE)) == 2
    (row,) = await world.store.orders.get(batch.order_ids)
    assert row.batch_id is None


async def test_dispatcher__unfulfillable__next_attempt_offers_more() -> None:
    world = World()
    world.prover.auto_fulfil = False
    await _closed(world)
    await world.tick(world.operator.dispatcher)
    (first,) = world.prover.accepted.values()
    world.prover.fail(first.reference, code="ZKO-PRV-042", paid=10**16)

    await world.tick(world.operator.dispatcher)

    assert [taken.request.attempt for taken in world.prover.accepted.values()] == [1, 2]
    assert [row.paid for row in await world.intents(Purpose.PROVE)] == [10**16, None]


async def test_dispatcher__proof_whose_cost_is_not_told_yet__goes_on_and_the_ledger_gets_the_price_later() -> (
    None
):
    world = World()
    world.prover.auto_fulfil = False
    await _closed(world)
    await world.tick(world.operator.dispatcher)
    (taken,) = world.prover.accepted.values()
    proof = Fulfilled(proof_uri=f"scripted:{taken.reference.hex()}")
    taken.ended = Included(detail=proof, final=False, paid=taken.quoted)

    await world.tick(world.operator.dispatcher)

    assert (await world.batch()).state is BatchState.PROVED
    (row,) = await world.intents(Purpose.PROVE)
    assert (row.state, row.paid) == (IntentState.INCLUDED, row.quoted)

    taken.ended = Included(detail=proof, final=True, paid=5)
    await world.tick(world.operator.dispatcher)

    (row,) = await world.intents(Purpose.PROVE)
    assert (row.state, row.paid) == (IntentState.FINAL, 5)
    assert world.prover.cancelled == []


async def test_dispatcher__failed_at_a_cost_not_told_yet__next_attempt_is_not_held_up() -> None:
    world = World()
    world.prover.auto_fulfil = False
    await _closed(world)
    await world.tick(world.operator.dispatcher)
    (first,) = world.prover.accepted.values()
    first.ended = Failed(code="ZKO-PRV-042", detail="scripted", final=False, paid=first.quoted)

    await world.tick(world.operator.dispatcher)

    assert len(world.prover.accepted) == 2
    assert [row.state for row in await world.intents(Purpose.PROVE)] == [
        IntentState.INCLUDED,
        IntentState.SENT,
    ]


async def test_dispatcher__refused_for_nothing__tried_again_later_at_the_same_price() -> None:
    world = World()
    world.prover.before_send.extend([ActRefused("busy"), ActRefused("busy")])
    await _closed(world)

    for _ in range(5):
        await world.tick(world.operator.dispatcher)
    assert len(await world.intents(Purpose.PROVE)) == 1
    await world.run(20)

    attempts = await world.intents(Purpose.PROVE)
    assert [row.state for row in attempts] == [IntentState.LAPSED] * 2 + [IntentState.FINAL]
    assert [taken.request.attempt for taken in world.prover.accepted.values()] == [1]
    assert (await world.batch()).state is not BatchState.ABANDONED


async def test_dispatcher__refused_forever__does_not_spin_and_ends_with_the_batch() -> None:
    world = World(Rules(valid_for_s=120))
    world.prover.before_send.extend([ActRefused("never")] * 1_000)
    await _closed(world)
    batch = await world.batch()

    for _ in range(140):
        await world.tick(world.operator.intake)
        await world.tick(world.operator.dispatcher)
        world.second()

    ended = await world.store.batches.get(batch.batch_id)
    assert ended is not None
    assert ended.error_code == "ZKO-SET-001"
    assert len(await world.store.intents.of_subject(Purpose.PROVE, batch.batch_id)) <= 8


async def test_dispatcher__expired_while_the_prover_works__abandoned_and_the_request_cancelled() -> (
    None
):
    world = World()
    world.prover.auto_fulfil = False
    await _closed(world)
    await world.tick(world.operator.dispatcher)
    (request,) = world.prover.accepted

    world.leap(400)
    await world.tick(world.operator.intake)
    await world.tick(world.operator.dispatcher)

    batch = await world.batch()
    assert (batch.state, batch.error_code) == (BatchState.ABANDONED, "ZKO-SET-001")
    assert world.prover.cancelled == [request]


async def test_dispatcher__proof_cannot_be_fetched__batch_ends_with_its_time() -> None:
    world = World()
    world.checker.refusals = [ProverUnreachable() for _ in range(1_000)]
    await _closed(world)
    await world.tick(world.operator.dispatcher)
    await world.tick(world.operator.dispatcher)
    assert (await world.batch()).state is BatchState.CLOSED

    world.leap(400)
    await world.tick(world.operator.intake)
    await world.tick(world.operator.dispatcher)

    assert (await world.batch()).error_code == "ZKO-SET-001"
    assert len(await world.intents(Purpose.PROVE)) == 1


async def test_dispatcher__order_orphaned_before_paying__abandoned_for_nothing() -> None:
    world = World(Rules(max_age_s=0))
    world.place(world.order(1))
    await world.tick(world.operator.intake)
    await world.tick(world.operator.batcher)
    world.reorg(1, remine=False)
    world.chain.mine_empty(2)
    await world.tick(world.operator.intake)

    await world.tick(world.operator.dispatcher)

    batch = await world.batch()
    assert (batch.state, batch.error_code) == (BatchState.ABANDONED, "ZKO-SET-002")
    assert await world.store.intents.ledger(0) == ()


async def test_dispatcher__order_orphaned_and_the_request_lost__given_up_and_holds_up_nobody() -> (
    None
):
    world = World(Rules(max_age_s=0))
    world.prover.before_send.append(AmbiguousOutcome())
    world.place(world.order(1))
    await world.tick(world.operator.intake)
    await world.tick(world.operator.batcher)
    await world.tick(world.operator.dispatcher)
    batch = await world.batch()
    world.reorg(1, remine=False)
    world.place(world.order(2))

    await world.run(30)

    ended = await world.store.batches.get(batch.batch_id)
    assert ended is not None
    assert (ended.state, ended.error_code) == (BatchState.ABANDONED, "ZKO-SET-002")
    (lost, proved) = await world.intents(Purpose.PROVE)
    assert (proved.state, proved.replaces) == (IntentState.FINAL, lost.intent_id)


async def test_dispatcher__order_ended_before_paying__abandoned_for_nothing() -> None:
    world = World()
    await _closed(world)
    row = (await world.store.orders.get((await world.batch()).order_ids))[0]
    world.cancel(row.order, delay_s=0)
    world.second()
    world.chain.mine(*world.contract.run(world.contract.refund([row.order])))
    await world.tick(world.operator.intake)

    await world.tick(world.operator.dispatcher)

    assert (await world.batch()).error_code == "ZKO-SET-004"
    assert await world.store.intents.ledger(0) == ()


async def test_dispatcher__program_unknown__registered_once_then_proved() -> None:
    world = World()
    world.prover.registered = False
    await _closed(world)

    for _ in range(3):
        await world.tick(world.operator.dispatcher)

    assert len(await world.intents(Purpose.REGISTER_PROGRAM)) == 1
    assert len(await world.intents(Purpose.PROVE)) == 1
    assert (await world.batch()).state is BatchState.PROVED


async def test_dispatcher__registered_and_not_visible_yet__not_registered_again() -> None:
    world = World()
    world.prover.registered = False
    await _closed(world)
    await world.tick(world.operator.dispatcher)
    await world.operator.prove.keep()
    assert (await world.intents(Purpose.REGISTER_PROGRAM))[0].state is IntentState.FINAL
    world.prover.registered = False

    await world.tick(world.operator.dispatcher)

    assert len(await world.intents(Purpose.REGISTER_PROGRAM)) == 1


async def test_dispatcher__program_forgotten_by_the_prover__said_and_registered_again() -> None:
    world = World()
    world.prover.registered = False
    world.place(world.order(1))
    await world.until(BatchState.DONE)
    world.prover.registered = False
    world.clock.advance(60_000)
    world.place(world.order(2))

    with capture_logs() as logs:
        await world.until(BatchState.PROVED)

    said = [line for line in logs if line["event"] == "program.forgotten"]
    assert [line["code"] for line in said] == ["ZKO-SET-007"]
    assert len(await world.intents(Purpose.REGISTER_PROGRAM)) == 2
    assert (await world.batch()).state is BatchState.PROVED


async def test_dispatcher__prover_down__expired_batches_are_ended_all_the_same() -> None:
    world = World()
    world.prover.before_send.append(ProverUnreachable())
    await _closed(world)
    await world.tick(world.operator.dispatcher)
    assert (await world.intents(Purpose.PROVE))[0].state is IntentState.INTENDED

    world.leap(4_000)
    await world.run(5)

    batch = await world.batch()
    assert batch.state is BatchState.ABANDONED
    assert await world.statuses(batch.order_ids) == [OrderStatus.REFUNDED]
    assert await problems(world) == []


async def _unsent(world: World) -> Order:
    """A closed batch whose request has its row, and never left; the process has ended."""
    order = world.order(1)
    world.place(order)
    world.prover.before_send.append(AmbiguousOutcome())
    await world.until(BatchState.CLOSED)
    await world.tick(world.operator.dispatcher)
    (row,) = await world.intents(Purpose.PROVE)
    assert row.state is IntentState.INTENDED
    return order


async def _back(world: World) -> None:
    """Nobody has read the chain yet when the acts are asked about."""
    world.restart()
    await world.operator.prove.keep()


async def test_dispatcher__unsent_when_the_process_died_and_still_open__sent_once() -> None:
    world = World()
    await _unsent(world)
    world.leap(100)
    await _back(world)

    await world.until(BatchState.DONE)

    (row,) = await world.intents(Purpose.PROVE)
    assert list(world.prover.accepted) == [row.reference]


async def test_dispatcher__unsent_when_the_process_died_and_over_when_it_is_back__not_sent() -> (
    None
):
    world = World()
    order = await _unsent(world)
    world.cancel(order, delay_s=10)
    world.leap(100)
    world.chain.mine(*world.contract.run(world.contract.refund([order])))
    world.chain.mine_empty(3)
    await _back(world)

    await world.run(3)

    assert world.prover.accepted == {}
    assert (await world.batch()).state is BatchState.ABANDONED


async def test_dispatcher__unsent_and_closed_under_another_fee__given_up_and_batched_anew() -> None:
    world = World()
    await _unsent(world)
    world.leap(100)
    world.chain.contract = replace(world.chain.contract, fee_bps=9)
    await _back(world)

    await world.until(BatchState.DONE)

    old, new = await world.intents(Purpose.PROVE)
    assert list(world.prover.accepted) == [new.reference]
    assert (old.nonce, old.state) == (new.nonce, IntentState.REPLACED)
    assert new.replaces == old.intent_id
