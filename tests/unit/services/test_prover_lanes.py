"""Several provers behind one dispatcher: who is asked after whom, and what is not asked twice."""

from dataclasses import dataclass
from functools import partial

import pytest

from zk_acts.domain.acts import Intent, IntentState, Purpose, Resource
from zk_acts.domain.errors import OperatorError
from zk_acts.domain.failures import AmbiguousOutcome, BudgetExceeded
from zk_acts.ports.store import SpendCap
from zk_acts.runtime.fault import NoFaults
from zk_acts.services.act_sender import IsWanted
from zk_acts.services.paid_act import PaidActs
from zk_acts.services.spend_guard import SpendPolicy
from zk_devnet.testing.everything_open import EverythingOpen
from zk_devnet.testing.scripted_prover import ScriptedProver
from zk_devnet.testing.tools import some_tools
from zk_devnet.testing.world import ROOT, VKEY, Rules, World
from zk_operator.domain.failures import ProverUnreachable
from zk_operator.domain.records import BatchState
from zk_operator.ports.prover import Groth16Proof, ProveRequest
from zk_operator.runtime.health import HealthBoard
from zk_operator.runtime.telemetry import Telemetry
from zk_operator.services.dispatcher import Dispatcher, DispatchPolicy
from zk_operator.services.prover_lanes import LanePolicy, ProverLane, ProverLanes
from zk_operator.services.purchase_use import is_in_place

UNEXECUTABLE = "ZKO-PRV-041"
REST_MS = 15_000


@dataclass(slots=True, kw_only=True)
class Machine(ScriptedProver):
    """A prover that can be down altogether."""

    down: bool = False
    deaf: bool = False  # to cancellations

    async def program_registered(self) -> bool:
        if self.down:
            raise ProverUnreachable(backend=self.name)
        return True

    async def cancel(self, intent: Intent) -> None:
        if self.deaf:
            raise ProverUnreachable(backend=self.name)
        await ScriptedProver.cancel(self, intent)


@dataclass(slots=True, kw_only=True)
class Pair:
    """A world whose batches are proved by a network, which is paid, or by a machine of one's own."""

    world: World
    network: ScriptedProver
    cpu: Machine
    dispatcher: Dispatcher
    board: HealthBoard
    telemetry: Telemetry

    async def tick(self) -> OperatorError | None:
        return await self.world.tick(self.dispatcher)

    def lane(self, backend: str) -> ProverLane:
        return self.dispatcher._lanes[backend]

    async def rows(self, backend: str) -> list[Intent]:
        return [row for row in await self.world.intents(Purpose.PROVE) if row.backend == backend]

    def routed(self, **labels: str) -> float:
        name = "zk_operator_prover_routes_total"
        return self.telemetry.registry.get_sample_value(name, labels) or 0


async def a_pair(
    *, cpu_assumed_ms: int = 60_000, cap: int = 10**30, wanted: IsWanted | None = None
) -> Pair:
    """With one closed batch, valid for 300 seconds. `wanted`: asked before a request is sent again."""
    world = World(Rules(valid_for_s=300))
    world.prover.auto_fulfil = False
    world.place(world.order(1))
    world.second(3)
    await world.tick(world.operator.intake)
    await world.tick(world.operator.batcher)
    assert (await world.batch()).state is BatchState.CLOSED
    cpu = Machine(
        program_vkey=VKEY,
        make_proof=_proof,
        clock=world.clock,
        name="cpu",
        account="local",
        price=0,
    )
    board, telemetry = HealthBoard(clock=world.clock), Telemetry()
    lane = partial(_lane, world, board=board, telemetry=telemetry, cap=cap, wanted=wanted)
    lanes = [
        lane(world.prover, cost=1, assumed_ms=30_000),
        lane(cpu, cost=0, assumed_ms=cpu_assumed_ms),
    ]
    dispatcher = _dispatcher(world, lanes, telemetry)
    return Pair(
        world=world,
        network=world.prover,
        cpu=cpu,
        dispatcher=dispatcher,
        board=board,
        telemetry=telemetry,
    )


def _lane(
    world: World,
    prover: ScriptedProver,
    board: HealthBoard,
    telemetry: Telemetry,
    *,
    cost: int,
    assumed_ms: int,
    cap: int,
    wanted: IsWanted | None = None,
) -> ProverLane:
    spend_cap = SpendCap(resource=Resource.PROVE, window_s=3_600, limit=cap)
    acts = PaidActs(
        channel=prover,
        store=world.store.intents,
        policy=SpendPolicy(caps=[spend_cap], reserve=0),
        clock=world.clock,
        faults=NoFaults(),
        telemetry=telemetry,
        board=board,
        is_wanted=wanted or partial(is_in_place, world.store.batches),
    )
    return ProverLane(backend=prover, acts=acts, cost=cost, assumed_ms=assumed_ms)


def _dispatcher(world: World, lanes: list[ProverLane], telemetry: Telemetry) -> Dispatcher:
    return Dispatcher(
        some_tools(world.store, world.clock, telemetry=telemetry),
        lanes=ProverLanes(
            lanes=lanes,
            batches=world.store.batches,
            clock=world.clock,
            telemetry=telemetry,
            policy=LanePolicy(assumed_reserve_ms=60_000, rest_ms=REST_MS),
        ),
        checker=world.checker,
        spend=EverythingOpen(world.clock),
        policy=DispatchPolicy(
            program_vkey=VKEY,
            recursion_root=ROOT,
            signing_domain=world.chain.contract.signing_domain,
        ),
    )


def _proof(request: ProveRequest) -> Groth16Proof:
    return Groth16Proof(onchain=b"cpu", public_values=request.public_values, sp1_version="scripted")


async def test_lanes__time_enough__the_free_one_is_asked_and_nothing_is_paid() -> None:
    pair = await a_pair()
    await pair.tick()
    pair.cpu.fulfil(next(iter(pair.cpu.accepted)))
    await pair.tick()
    assert (await pair.world.batch()).state is BatchState.PROVED
    assert pair.network.accepted == {}
    assert pair.routed(backend="cpu", decision="assign", reason="cheapest") == 1


async def test_lanes__a_lost_request_of_which_nothing_can_be_said_now__is_waited_for() -> None:
    said: list[bool | None] = [None]

    async def wanted(_: Intent) -> bool | None:
        return said[-1]

    pair = await a_pair(wanted=wanted)
    pair.cpu.before_send.append(AmbiguousOutcome())
    await pair.tick()
    pair.world.second(10)
    await pair.tick()  # it would be sent again, but no endpoint says how the batch stands
    assert pair.network.accepted == {}
    said.append(True)
    await pair.tick()
    assert pair.network.accepted == {}
    assert len(pair.cpu.accepted) == 1


async def test_issue__a_request_that_the_network_has__its_use_is_not_asked_for() -> None:
    asked: list[str] = []

    async def wanted(row: Intent) -> bool:
        asked.append(row.subject)
        return True

    pair = await a_pair(wanted=wanted)
    pair.cpu.auto_fulfil = False
    await pair.tick()  # the network has it: its nonce is used
    (under_way,) = await pair.rows("cpu")
    assert under_way.state is IntentState.SENT
    request = ProveRequest(
        program_vkey=VKEY, stdin=b"other", public_values=b"other", deadline_s=under_way.expires or 0
    )
    await pair.lane("cpu").acts.issue(purpose=Purpose.PROVE, subject="other", request=request)
    assert asked == []


async def test_lanes__withheld_and_there_after_all__is_waited_for_again() -> None:
    said: list[bool | None] = [False]

    async def wanted(_: Intent) -> bool | None:
        return said[-1]

    pair = await a_pair(wanted=wanted)
    pair.cpu.before_send.append(AmbiguousOutcome())
    await pair.tick()
    (lost,) = await pair.rows("cpu")
    pair.world.second(10)
    acts = pair.lane("cpu").acts
    await acts.keep()
    assert acts.is_withheld(lost)
    pair.cpu._accept(lost)  # it was on its way
    await pair.tick()
    assert not acts.is_withheld(lost)
    assert pair.network.accepted == {}


async def test_lanes__unexecutable_by_a_prover_without_limits__given_up_and_nobody_is_paid() -> (
    None
):
    pair = await a_pair()
    await pair.tick()
    pair.cpu.fail(next(iter(pair.cpu.accepted)), code=UNEXECUTABLE)
    await pair.tick()
    batch = await pair.world.batch()
    assert (batch.state, batch.error_code) == (BatchState.ABANDONED, UNEXECUTABLE)
    assert pair.network.accepted == {}


async def test_lanes__unexecutable_by_the_network__charged_once_then_only_the_free_one() -> None:
    pair = await a_pair(cpu_assumed_ms=600_000)  # too slow to be the first
    await pair.tick()
    pair.network.fail(next(iter(pair.network.accepted)), code=UNEXECUTABLE, paid=10**17)
    for _ in range(3):
        await pair.tick()
    assert len(await pair.rows("network")) == 1
    assert len(pair.cpu.accepted) == 1


async def test_lanes__unexecutable_by_the_network_while_the_free_one_is_at_work__is_waited_for() -> (
    None
):
    pair = await a_pair()
    await pair.tick()
    pair.world.leap(300 - 60 - 31)
    await pair.tick()
    assert pair.routed(backend="network", decision="hedge", reason="overdue") == 0
    assert pair.routed(backend="network", decision="hedge", reason="deadline") == 1
    pair.network.fail(next(iter(pair.network.accepted)), code=UNEXECUTABLE, paid=10**17)
    await pair.tick()
    assert (await pair.world.batch()).state is BatchState.CLOSED
    pair.cpu.fulfil(next(iter(pair.cpu.accepted)))
    await pair.tick()
    assert (await pair.world.batch()).state is BatchState.PROVED


async def test_lanes__one_cannot_be_asked__the_other_is_and_the_service_has_not_failed() -> None:
    pair = await a_pair()
    pair.cpu.down = True
    assert await pair.tick() is None
    assert await pair.tick() is None
    assert len(pair.network.accepted) == 1
    assert (
        pair.telemetry.registry.get_sample_value("zk_operator_prover_up", {"backend": "cpu"}) == 0
    )


async def test_lanes__one_at_work_cannot_be_asked__the_other_is() -> None:
    """That it answers for the request that it has does not mean that it takes another one."""
    pair = await a_pair()
    await pair.tick()
    assert len(pair.cpu.accepted) == 1
    await _another_batch(pair.world)
    pair.cpu.down = True
    for _ in range(3):
        assert await pair.tick() is None
    assert len(pair.network.accepted) == 1
    assert pair.routed(backend="network", decision="assign", reason="cheapest") == 1
    assert pair.routed(backend="network", decision="hedge", reason="down") == 0


async def test_lanes__none_can_be_asked__the_service_says_so() -> None:
    pair = await a_pair()
    pair.cpu.down = True
    pair.network.before_send.append(ProverUnreachable())
    await pair.tick()
    assert isinstance(await pair.tick(), ProverUnreachable)


async def test_lanes__the_hedges_proof_first__the_other_is_cancelled_and_its_end_recorded() -> None:
    pair = await a_pair()
    await pair.tick()
    pair.world.leap(300 - 60 - 31)
    await pair.tick()
    pair.network.fulfil(next(iter(pair.network.accepted)))
    await pair.tick()
    assert (await pair.world.batch()).state is BatchState.PROVED
    assert pair.cpu.cancelled == list(pair.cpu.accepted)
    await pair.tick()
    (loser,) = await pair.rows("cpu")
    assert (loser.state, loser.paid) == (IntentState.FAILED, 0)


async def test_lanes__the_budget_is_spent__the_free_one_is_asked_and_the_alert_stays() -> None:
    pair = await a_pair(cpu_assumed_ms=600_000, cap=1)
    await pair.tick()
    assert list(pair.board.alerts) == ["spending.PROVE.budget"]
    await pair.tick()
    assert (len(pair.cpu.accepted), pair.network.accepted) == (1, {})
    assert BudgetExceeded.code == "ZKO-BUD-001"


async def test_lanes__a_request_got_lost_and_the_batch_is_proved__it_is_never_sent_again() -> None:
    pair = await a_pair()
    await pair.tick()
    pair.world.leap(300 - 60 - 31)
    pair.network.before_send.append(AmbiguousOutcome())
    await pair.tick()
    pair.cpu.fulfil(next(iter(pair.cpu.accepted)))
    await pair.tick()
    assert (await pair.world.batch()).state is BatchState.PROVED

    for _ in range(3):
        pair.world.clock.advance(10_000)
        await pair.tick()

    assert (pair.network.sends, pair.network.accepted) == (1, {})
    (lost,) = await pair.rows("network")
    assert lost.state is IntentState.INTENDED
    pair.world.leap(300)
    await pair.tick()
    (lost,) = await pair.rows("network")
    assert (lost.state, lost.paid) == (IntentState.LAPSED, 0)


async def test_lanes__a_lost_request_that_nobody_needs__holds_up_no_other_batch() -> None:
    """Its nonce goes to the next request: at most one of the two can be paid."""
    pair = await a_pair()
    await pair.tick()
    pair.world.leap(300 - 60 - 31)
    pair.network.before_send.append(AmbiguousOutcome())
    await pair.tick()
    (lost,) = await pair.rows("network")
    pair.cpu.fulfil(next(iter(pair.cpu.accepted)))
    await pair.tick()
    pair.cpu.down = True
    await _another_batch(pair.world)
    for _ in range(3):
        await pair.tick()

    (request,) = await pair.world.store.intents.live(lost.kind)
    assert (request.nonce, request.replaces) == (lost.nonce, lost.intent_id)
    assert list(pair.network.accepted) == [request.reference]
    (lost,) = [row for row in await pair.rows("network") if row.subject == lost.subject]
    assert (lost.state, lost.paid) == (IntentState.REPLACED, 0)


async def _another_batch(world: World) -> None:
    world.place(world.order(2))
    world.second(3)
    await world.tick(world.operator.intake)
    await world.tick(world.operator.batcher)
    assert (await world.store.batches.recent(1))[0].state is BatchState.CLOSED


async def test_lanes__the_loser_cannot_be_told__it_is_told_later_once() -> None:
    pair = await a_pair()
    await pair.tick()
    pair.world.leap(300 - 60 - 31)
    await pair.tick()
    pair.cpu.deaf = True
    pair.network.fulfil(next(iter(pair.network.accepted)))
    await pair.tick()
    assert (await pair.world.batch()).state is BatchState.PROVED
    assert pair.cpu.cancelled == []

    pair.cpu.deaf = False
    await pair.tick()
    assert pair.cpu.cancelled == []  # it is left in peace for a moment
    pair.world.clock.advance(5_000)
    await pair.tick()
    await pair.tick()

    assert pair.cpu.cancelled == list(pair.cpu.accepted)
    (loser,) = await pair.rows("cpu")
    assert (loser.state, loser.paid) == (IntentState.FAILED, 0)


async def test_lanes__a_request_past_its_deadline__another_is_made_and_its_late_charge_recorded() -> (
    None
):
    pair = await a_pair(cpu_assumed_ms=600_000)  # too slow to be asked
    pair.network.patience_s = 40
    await pair.tick()
    pair.world.leap(39)
    await pair.tick()
    assert len(pair.network.accepted) == 1
    pair.world.leap(2)
    await pair.tick()
    late, second = pair.network.accepted

    pair.network.fulfil(late)
    await pair.tick()
    assert (
        await pair.world.batch()
    ).state is BatchState.CLOSED  # it is not asked for at every tick
    pair.world.leap(31)
    await pair.tick()
    assert (await pair.world.batch()).state is BatchState.PROVED
    assert pair.network.cancelled == [second]
    await pair.tick()
    states = [(row.state, row.paid) for row in await pair.rows("network")]
    assert states == [(IntentState.FINAL, pair.network.price), (IntentState.FAILED, 0)]


async def test_lanes__past_its_deadline_and_nobody_answers_for_it__is_not_asked_for_again() -> None:
    pair = await a_pair(cpu_assumed_ms=600_000)
    pair.network.patience_s = 40
    await pair.tick()
    pair.network.fulfil(next(iter(pair.network.accepted)))  # in time, but nobody can see it
    pair.network.is_silent = True
    for _ in range(6):
        pair.world.leap(10)
        await pair.tick()
    assert len(pair.network.accepted) == 1

    pair.network.is_silent = False
    pair.world.leap(20)
    await pair.tick()
    assert (await pair.world.batch()).state is BatchState.PROVED
    (row,) = await pair.rows("network")
    assert (row.state, row.paid) == (IntentState.FINAL, pair.network.price)


@pytest.mark.parametrize(("cost", "requests"), [(0, 2), (1, 1)])
async def test_lanes__a_proof_is_not_where_it_should_be__asked_for_again_only_where_that_is_free(
    cost: int, requests: int
) -> None:
    pair = await a_pair()
    world, cpu = pair.world, pair.cpu
    lane = _lane(world, cpu, pair.board, pair.telemetry, cost=cost, assumed_ms=60_000, cap=10**30)
    alone = _dispatcher(world, [lane], pair.telemetry)
    await world.tick(alone)
    cpu.fulfil(next(iter(cpu.accepted)))
    world.checker.refusals = [ProverUnreachable() for _ in range(100)]
    await world.tick(alone)
    world.leap(29)
    await world.tick(alone)
    assert len(await pair.rows("cpu")) == 1  # it may only be late
    world.leap(2)
    await world.tick(alone)
    assert len(await pair.rows("cpu")) == requests

    world.checker.refusals.clear()
    cpu.fulfil(list(cpu.accepted)[-1])
    await world.tick(alone)
    assert (await world.batch()).state is BatchState.PROVED
