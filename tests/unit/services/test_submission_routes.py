"""Two ways to zkVerify: which is taken when, and that no proof is paid for both ways (ADR 0229)."""

from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from zk_acts.domain.acts import Intent, IntentState, Purpose, Resource
from zk_acts.domain.errors import Disposition
from zk_acts.domain.failures import ActRefused, BudgetExceeded
from zk_devnet.testing.audit import problems
from zk_devnet.testing.scripted_kurier import JOB, WINDOW_BLOCKS
from zk_devnet.testing.scripted_transactions import SendFault
from zk_devnet.testing.world import Rules, World
from zk_operator.domain.records import BatchState

FALLBACK = Rules(kurier="fallback", route_after_s=4)


def _refuse(world: World) -> None:
    world.zkverify.faults.extend(_refusals(100))


def _refusals(count: int) -> list[SendFault | ActRefused]:
    return [ActRefused("no author methods here") for _ in range(count)]


def _nothing(_world: World) -> None:
    pass


async def _with_key(rules: Rules, then: Callable[[World], None] = _nothing) -> World:
    """A batch has gone through the own account, so the key is registered; `then` another one is proved."""
    world = World(rules)
    world.place(world.order(1))
    await world.until(BatchState.DONE)
    then(world)
    world.place(world.order(2))
    await world.until(BatchState.PROVED)
    return world


async def _attempts(world: World) -> list[Intent]:
    batch = await world.batch()
    return list(await world.store.intents.of_subject(Purpose.VERIFY, batch.batch_id))


async def test_routes__own_endpoints_refuse_for_long__kurier_submits_and_it_is_paid_once() -> None:
    with capture_logs() as logs:
        world = await _with_key(FALLBACK, _refuse)
        await world.until(BatchState.DONE)

    *refused, last = await _attempts(world)
    assert {(row.backend, row.state) for row in refused} == {("zkverify", IntentState.LAPSED)}
    assert (last.backend, last.state, last.paid) == ("kurier", IntentState.FINAL, JOB)
    assert last.resource is Resource.KURIER
    assert "route.zkverify" in world.operator.board.alerts
    [tripped] = [line for line in logs if line["event"] == "route.tripped"]
    assert (tripped["code"], tripped["log_level"]) == ("ZKO-KUR-008", "error")
    assert await problems(world) == []


async def test_routes__own_account_without_money__kurier_submits() -> None:
    world = await _with_key(FALLBACK, lambda world: world.zkverify.fund("operator", 0))

    await world.until(BatchState.DONE)

    assert [row.backend for row in await _attempts(world)] == ["kurier"]


async def test_routes__own_cap_reached__kurier_is_no_way_round_it() -> None:
    def lower(world: World) -> None:
        world.rules.caps[Resource.VFY] = 1
        world.restart()

    world = await _with_key(Rules(kurier="fallback", route_after_s=4), lower)

    await world.run(30)

    assert await _attempts(world) == []
    assert isinstance(world.failures[-1], BudgetExceeded)
    assert world.kurier.jobs == []


async def test_routes__own_way_works_again__is_taken_again_and_the_alert_ends() -> None:
    world = await _with_key(FALLBACK, _refuse)
    await world.until(BatchState.DONE)
    world.zkverify.faults.clear()
    await world.run(40)  # longer than the pauses

    world.place(world.order(3))
    await world.run(4)
    await world.until(BatchState.DONE)

    assert [row.backend for row in await _attempts(world)] == ["zkverify"]
    assert "route.zkverify" not in world.operator.board.alerts


async def test_routes__own_answer_lost_then_refusals__kurier_waits_until_the_era_is_over() -> None:
    """The lost one may still be included: nothing else is submitted while it may, whatever the breaker says."""
    rules = Rules(kurier="fallback", route_after_s=4, valid_for_s=900)
    lost = [SendFault.LOST_REQUEST, *_refusals(1_000)]
    world = await _with_key(rules, lambda world: world.zkverify.faults.extend(lost))
    await world.run(50)
    assert world.kurier.jobs == []

    await world.until(BatchState.DONE, seconds=200)

    states = [(row.backend, row.state) for row in await _attempts(world)]
    assert states[-1] == ("kurier", IntentState.FINAL)
    assert {state for backend, state in states if backend == "zkverify"} == {IntentState.LAPSED}
    assert await problems(world) == []


@pytest.mark.parametrize("holds", [False, True], ids=["at-once", "late"])
async def test_routes__kurier_took_it_but_the_answer_was_lost_and_the_own_way_is_back__one_payment(
    holds: bool,
) -> None:
    world = await _with_key(FALLBACK, _refuse)
    world.kurier.faults.append(SendFault.LOST_ANSWER)
    world.kurier.holds = holds
    while not world.kurier.jobs:
        await world.round()
        world.second()
    world.zkverify.faults.clear()
    before = world.zkverify.next_nonce("operator")
    await world.run(WINDOW_BLOCKS - 6)
    world.kurier.release()

    await world.until(BatchState.DONE)

    assert world.zkverify.next_nonce("operator") == before
    assert len(world.kurier.jobs) == 1
    assert await problems(world) == []


async def test_routes__kurier_never_got_it__the_own_way_is_taken_when_the_window_is_over() -> None:
    world = await _with_key(FALLBACK, _refuse)
    world.kurier.faults.append(SendFault.LOST_REQUEST)
    await world.run(12)
    world.zkverify.faults.clear()

    await world.until(BatchState.DONE)

    by_way = [(row.backend, row.state) for row in await _attempts(world)]
    assert ("kurier", IntentState.LAPSED) in by_way
    assert by_way[-1][1] is IntentState.FINAL
    assert world.kurier.jobs == [] or by_way[-1][0] == "kurier"
    assert await problems(world) == []


async def test_routes__job_failed__submitted_again_and_both_are_counted() -> None:
    world = World(Rules(kurier="primary", route_after_s=4))
    world.kurier.holds = True
    world.place(world.order(1))
    while not world.kurier.jobs:
        await world.round()
        world.second()
    world.kurier.failed.add(world.kurier.jobs[0])
    world.kurier._held.clear()
    world.kurier.holds = False

    await world.until(BatchState.DONE)

    states = [row.state for row in await _attempts(world)]
    assert states == [IntentState.FAILED, IntentState.FINAL]
    assert await problems(world) == []


async def test_routes__kurier_preferred_and_refusing__the_own_account_submits() -> None:
    world = World(Rules(kurier="primary", route_after_s=4))
    world.kurier.faults.extend(_refusals(100))
    world.place(world.order(1))

    await world.until(BatchState.DONE)

    assert (await _attempts(world))[-1].backend == "zkverify"
    assert world.kurier.jobs == []


async def test_routes__kuriers_cap_reached__nothing_is_submitted_there() -> None:
    world = World(Rules(kurier="primary", caps={Resource.KURIER: JOB}, max_orders=1))
    world.place(world.order(1), world.order(2))

    await world.run(20)

    assert len(world.kurier.jobs) == 1
    assert "spending.KURIER.budget" in world.operator.board.alerts


async def test_routes__no_kurier__the_own_way_is_never_given_up() -> None:
    world = await _with_key(Rules(), lambda world: world.zkverify.faults.extend(_refusals(5)))

    await world.until(BatchState.DONE, seconds=250)

    assert {row.backend for row in await _attempts(world)} == {"zkverify"}
    assert "route.zkverify" not in world.operator.board.alerts
    assert all(error.disposition is not Disposition.FATAL for error in world.failures)


async def test_routes__one_job_after_another__none_is_taken_for_another_programs() -> None:
    world = await _with_key(FALLBACK, _refuse)
    await world.until(BatchState.DONE)
    with capture_logs() as logs:
        world.place(world.order(3))
        await world.run(60)

    jobs = [row for row in await world.intents(Purpose.VERIFY) if row.backend == "kurier"]
    assert len(jobs) == 2
    assert [line for line in logs if line["event"] == "nonce.foreign"] == []
    assert [name for name in world.operator.board.alerts if name.endswith(".foreign")] == []
