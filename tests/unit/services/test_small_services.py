"""BalanceMonitor, overview, lease, estimates, and the rules that the stages share."""

from dataclasses import replace

import pytest

from zk_acts.domain.acts import Intent, IntentState, Resource
from zk_acts.domain.errors import OperatorError
from zk_acts.domain.failures import LeaseHeld, LostRace, StoreUnavailable
from zk_acts.ports.endpoints import EndpointHealth
from zk_acts.services.attempt import current_attempt, may_try, spent, waiting
from zk_acts.services.spend_guard import committed
from zk_acts.services.work_pass import Pass
from zk_devnet.testing.store_builders import a_batch, an_intent
from zk_devnet.testing.world import World
from zk_operator.domain.chain_event import BlockTag
from zk_operator.domain.failures import EvmUnreachable, LeaseLost
from zk_operator.domain.records import Batch, BatchState
from zk_operator.services.balance_monitor import BalanceMonitor, MonitoredBalance
from zk_operator.services.estimate import MEASURED_MS, estimate, percentile
from zk_operator.services.foreign_provers import ForeignProver, ForeignProvers
from zk_operator.services.lease_keeper import LeaseKeeper
from zk_operator.services.overview import Overview, prover_json
from zk_operator.services.stage_errors import BatchEnded, BatchExpired
from zkverify_client.domain.failures import ZkVerifyUnreachable

ETHER = 10**18
HEALTHY = EndpointHealth(name="one", failures=0, latency_s=0.0124, last_error=None)
FAILED = EndpointHealth(name="two", failures=3, latency_s=None, last_error="refused")


async def _unreachable() -> int:
    raise ZkVerifyUnreachable


def _balance_monitor(world: World, minimum: int = ETHER, *, broken: bool = False) -> BalanceMonitor:
    balances = {
        Resource.VFY: MonitoredBalance(
            account="vfy",
            balance=_unreachable if broken else world.extrinsics.balance,
            minimum=minimum,
        ),
        Resource.PROVE: MonitoredBalance(
            account="0xprove", balance=world.prover.balance, minimum=minimum
        ),
    }
    return BalanceMonitor(
        world.operator.tools,
        balances=balances,
        spend=world.operator.spend,
        waiting_too_long_s=600,
    )


def _overview(world: World) -> Overview:
    return Overview(
        source=world.chain,
        zkverify=world.zkverify,
        chain=world.store.chain,
        orders=world.store.orders,
        batches=world.store.batches,
        intents=world.store.intents,
        balances={Resource.PROVE: world.prover.balance, Resource.VFY: _unreachable},
        provers={"network": prover_json(cost=1, assumed_ms=300_000)},
        foreign=ForeignProvers(
            provers=[ForeignProver(name="zisk", system="zisk", assumed_ms=5_000)],
            reader=world.zkverify,
            clock=world.clock,
        ),
        evm_endpoints=lambda: (HEALTHY, FAILED),
        zkverify_endpoints=lambda: (),
        clock=world.clock,
    )


async def test_balance_monitor__below_the_minimum__alert_until_funded() -> None:
    world = World()
    monitor, board = _balance_monitor(world), world.operator.board
    world.prover.spendable = ETHER - 1

    await monitor.tick()
    assert list(board.alerts) == ["balance.PROVE"]
    assert "0xprove" in board.alerts["balance.PROVE"]
    world.prover.spendable = ETHER
    await monitor.tick()

    assert board.alerts == {}


async def test_balance_monitor__one_balance_cannot_be_read__the_others_are_looked_at() -> None:
    world = World()
    world.prover.spendable = 0

    with pytest.raises(ZkVerifyUnreachable):
        await _balance_monitor(world, broken=True).tick()

    assert "balance.PROVE" in world.operator.board.alerts


async def test_balance_monitor__stock__counted_by_state_and_scored() -> None:
    world = World()
    world.place(world.order(1))
    await world.run(25)
    world.place(world.order(2))
    await world.tick(world.operator.intake)

    await _balance_monitor(world).tick()

    value = world.operator.telemetry.registry.get_sample_value
    assert value("zk_operator_orders", {"status": "open"}) == 1
    assert value("zk_operator_orders", {"status": "settled"}) == 1
    assert value("eigen_performance_score") == 100
    assert value("zk_operator_acts_in_flight", {"kind": "prove"}) == 0


async def test_overview__a_part_unreachable__its_place_says_why_and_the_rest_is_there() -> None:
    world = World()
    world.place(world.order(1))
    await world.run(20)
    world.chain.fail_next(EvmUnreachable())

    report = await _overview(world).report()

    assert report["evm"] == {"error": str(EvmUnreachable()), "code": "ZKO-EVM-001"}
    assert report["balances"] == {
        "PROVE": "999.9",
        "VFY": {"error": str(ZkVerifyUnreachable()), "code": "ZKO-ZKV-001"},
    }
    assert report["zkverify"] == {"finalized": await world.zkverify.finalized_head()}
    spent_by = report["spent"]
    assert isinstance(spent_by, dict)
    assert spent_by["PROVE"] == {"hour": "0.1", "day": "0.1"}


async def test_overview__chain_without_a_finalized_block__the_rest_of_its_part_is_there() -> None:
    world = World()
    world.chain.unknown_tags = {BlockTag.FINALIZED}

    report = await _overview(world).report()

    assert report["evm"] == {"head": 0, "finalized": None, "cursor": None, "lag_blocks": None}


async def test_overview__work_in_flight__counted_by_stage_and_ambiguity() -> None:
    world = World()
    world.prover.auto_fulfil = False
    world.place(world.order(1))
    await world.run(5)

    report = await _overview(world).report()

    in_flight = report["in_flight"]
    assert isinstance(in_flight, dict)
    assert in_flight["batches"] == {"closed": 1}
    assert in_flight["acts"]["prove"] == {"live": 1, "ambiguous": 0}
    assert report["evm"] == {
        "head": world.chain.tip.number,
        "finalized": world.chain.tip.number - 2,
        "cursor": world.chain.tip.number,
        "lag_blocks": 0,
    }


async def test_overview__endpoints__each_with_what_is_known_of_it() -> None:
    report = await _overview(World()).report()

    one = {"endpoint": "one", "failures": 0, "latency_ms": 12, "last_error": None}
    two = {"endpoint": "two", "failures": 3, "latency_ms": None, "last_error": "refused"}
    assert report["endpoints"] == {"evm": [one, two], "zkverify": []}


async def test_overview__a_prover_of_another_system__listed_with_its_times_and_why_it_is_refused() -> (
    None
):
    report = await _overview(World()).report()

    provers = report["provers"]
    assert isinstance(provers, dict)
    assert provers["network"] == {"is_paid": True, "assumed_s": 300.0}
    assert provers["zisk"]["refused"] == "ZKO-PRV-062"
    assert "no verifier" in provers["zisk"]["reason"]


async def test_lease_keeper__held_and_renewed__released_at_the_end() -> None:
    world = World()
    keeper = LeaseKeeper(store=world.store.leases, holder="one", ttl_s=10)
    other = LeaseKeeper(store=world.store.leases, holder="two", ttl_s=10)

    async with keeper:
        world.clock.advance(9_000)
        await keeper.tick()
        world.clock.advance(9_000)
        with pytest.raises(LeaseHeld):
            await other.__aenter__()

    async with other:
        pass


async def test_lease_keeper__expired_and_taken_over__fatal_and_not_released() -> None:
    world = World()
    keeper = LeaseKeeper(store=world.store.leases, holder="one", ttl_s=10)
    async with keeper:
        world.clock.advance(10_000)
        other = LeaseKeeper(store=world.store.leases, holder="two", ttl_s=10)
        await other.__aenter__()
        with pytest.raises(LeaseLost):
            await keeper.tick()

    await other.tick()


@pytest.mark.parametrize(
    ("count", "percent", "expected"),
    [(1, 50, 1), (1, 95, 1), (20, 95, 19), (100, 95, 95), (100, 50, 50), (101, 95, 96), (5, 95, 5)],
)
def test_percentile__nearest_rank__by_definition(count: int, percent: int, expected: int) -> None:
    assert percentile(list(range(count, 0, -1)), percent) == expected


def test_percentile__nothing_measured__an_error() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 50)


def _settled_after(ms: int) -> Batch:
    return a_batch(f"b{ms}", "o", closed_at=1_000, settled_at=1_000 + ms)


def test_estimate__too_few_settlements__the_assumption() -> None:
    recent = [_settled_after(10), a_batch("open", "o"), *[_settled_after(10)] * 3]

    found = estimate(recent, now_ms=2_000, assumed_ms=60_000, batch_cost=7)

    assert (found.settle_p50_ms, found.settle_p95_ms, found.batch_cost) == (30_000, 60_000, 7)


def test_estimate__enough_settlements__measured() -> None:
    recent = [_settled_after(n) for n in (5, 1, 2, 4, 3)]

    found = estimate(recent, now_ms=2_000, assumed_ms=60_000, batch_cost=7)

    assert (found.settle_p50_ms, found.settle_p95_ms) == (3, 5)


def test_estimate__measured_long_ago__the_assumption() -> None:
    recent = [_settled_after(n) for n in (5, 1, 2, 4, 3)]

    found = estimate(recent, now_ms=2_000 + MEASURED_MS, assumed_ms=60_000, batch_cost=7)

    assert (found.settle_p50_ms, found.settle_p95_ms) == (30_000, 60_000)


def _outlived(ms: int, *, code: str = BatchExpired.code, proved: bool = True) -> Batch:
    return a_batch(
        f"x{ms}",
        "o",
        state=BatchState.ABANDONED,
        closed_at=1_000,
        proved_at=1_001 if proved else None,
        ended_at=1_000 + ms,
        error_code=code,
    )


def test_estimate__a_batch_outlived_its_time__leaves_earlier_and_refuses_nobody_for_it() -> None:
    few = [_settled_after(10), _outlived(79_000)]
    enough = [*(_settled_after(n) for n in (5, 1, 2, 4, 3)), _outlived(9)]

    assert _times(few) == (30_000, 79_000)
    assert _times(enough) == (3, 9)


def test_estimate__ended_for_another_reason_or_before_its_proof__says_nothing() -> None:
    recent = [_outlived(79_000, code=BatchEnded.code), _outlived(90_000, proved=False)]

    assert _times(recent) == (30_000, 60_000)


def _times(recent: list[Batch]) -> tuple[int, int]:
    found = estimate(recent, now_ms=2_000, assumed_ms=60_000, batch_cost=7)
    return found.settle_p50_ms, found.settle_p95_ms


def _rows(*states: IntentState, nonces: tuple[int, ...] = ()) -> list[Intent]:
    return [
        replace(an_intent(f"i{n}"), state=state, nonce=nonces[n] if nonces else n, updated_at=n)
        for n, state in enumerate(states)
    ]


S = IntentState


def test_spent__free_failures_and_siblings__counted_once_or_not() -> None:
    rows = _rows(S.FAILED, S.LAPSED, S.REPLACED, S.FINAL, S.SENT, nonces=(0, 1, 3, 3, 4))

    assert spent(rows) == 3


@pytest.mark.parametrize(
    ("states", "index"),
    [
        ((S.FINAL, S.REPLACED), 0),
        ((S.INCLUDED, S.SENT), 0),
        ((S.FAILED, S.SENT), 1),
        ((S.SENT, S.INTENDED), 1),
        ((S.FAILED, S.LAPSED), None),
        ((), None),
    ],
)
def test_current_attempt__rows_of_one_work__the_one_that_took_effect_comes_first(
    states: tuple[IntentState, ...], index: int | None
) -> None:
    rows = _rows(*states)

    assert current_attempt(rows) == (None if index is None else rows[index])


def test_may_try__free_failures__pause_grows_with_them_and_is_limited() -> None:
    one, many = _rows(S.LAPSED), _rows(*[S.LAPSED] * 30)

    assert may_try([], 0, 100)
    assert may_try(_rows(S.FAILED), 0, 100)
    assert (may_try(one, 99, 100), may_try(one, 100, 100)) == (False, True)
    assert (may_try(many, 828, 100), may_try(many, 829, 100)) == (False, True)


@pytest.mark.parametrize(
    ("states", "nonces", "found"),
    [
        ((S.SENT, S.SENT), (5, 5), 2),
        ((S.SENT, S.INCLUDED), (5, 5), 0),
        ((S.FAILED, S.SENT), (5, 5), 0),
        ((S.REPLACED, S.SENT), (5, 5), 2),
        ((S.INCLUDED, S.INTENDED), (5, 6), 1),
        ((S.LAPSED, S.LAPSED), (5, 5), 0),
    ],
)
def test_waiting__siblings__only_where_none_took_effect(
    states: tuple[IntentState, ...], nonces: tuple[int, ...], found: int
) -> None:
    assert len(waiting(_rows(*states, nonces=nonces))) == found


def test_committed__undecided_acts__dearest_of_each_nonce() -> None:
    rows = _rows(S.SENT, S.INTENDED, S.INCLUDED, S.SENT, nonces=(0, 0, 1, 2))
    rows[1] = replace(rows[1], quoted=150)

    assert committed(rows) == 250


def test_pass__trouble_in_one_part__the_rest_has_its_turn_and_it_is_raised_last() -> None:
    done: list[str] = []
    turn = Pass()

    for name, trouble in {"b1": EvmUnreachable, "b2": LostRace, "b3": None}.items():
        with turn.item(batch_id=name):
            if trouble is not None:
                raise trouble
            done.append(name)

    assert done == ["b3"]
    with pytest.raises(EvmUnreachable):
        turn.finish()


def test_pass__nothing_but_lost_races__no_trouble() -> None:
    turn = Pass()
    with turn.item():
        raise LostRace

    turn.finish()


@pytest.mark.parametrize("error", [StoreUnavailable(), KeyError("surprise")])
def test_pass__fatal_or_unexpected__passes_at_once(error: OperatorError | KeyError) -> None:
    with pytest.raises(type(error)), Pass().item():
        raise error
