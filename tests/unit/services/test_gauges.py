"""What every gauge shows while whatever it is read from fails. A gauge that stands still looks like health."""

import math
from collections.abc import Awaitable, Callable

import anyio
import pytest

from zk_acts.domain.acts import Purpose, Resource
from zk_acts.domain.errors import OperatorError
from zk_acts.domain.failures import StoreUnavailable
from zk_devnet.testing.manual_clock import ManualClock
from zk_devnet.testing.world import Rules, World
from zk_operator.domain.chain_event import ChainEvent
from zk_operator.domain.failures import EvmUnreachable
from zk_operator.runtime.health import STALE_MS, HealthBoard
from zk_operator.runtime.supervisor import Supervisor
from zk_operator.runtime.telemetry import METRICS, Telemetry
from zk_operator.services.balance_monitor import BalanceMonitor, MonitoredBalance
from zk_operator.services.purchase_gate import Hold, Purchase
from zkverify_client.domain.failures import ZkVerifyUnreachable

NAME = {metric.name: metric.wire for metric in METRICS}
GAUGES = {metric.name for metric in METRICS if metric.kind == "gauge"}


def shown(world: World, name: str, **labels: str) -> float | None:
    return world.operator.telemetry.registry.get_sample_value(NAME[name], labels or None)


async def scanned(*blocks: int) -> World:
    """A world whose intake has read an order, and then cannot read the logs of so many more blocks."""
    world = World()
    world.place(world.order(1))
    await world.operator.intake.tick()
    world.chain.logs_refused = EvmUnreachable("eth_getLogs is refused")
    for count in blocks:
        world.chain.mine_empty(count)
        await world.tick(world.operator.intake)
    return world


async def lag_grows() -> None:
    world = await scanned(30)
    assert shown(world, "lag") == 30
    world.chain.mine_empty(52)
    await world.tick(world.operator.intake)
    assert shown(world, "lag") == 82
    assert "82 blocks" in world.operator.board.behind["intake"]


async def head_unknown() -> None:
    world = await scanned()
    world.chain.fail_next(EvmUnreachable())
    await world.tick(world.operator.intake)
    assert math.isnan(shown(world, "lag") or 0)
    assert shown(world, "head", chain="evm", tag="seen") == world.chain.tip.number


async def cursor_stays() -> None:
    world = await scanned()
    before = world.chain.tip
    world.chain.mine_empty(30)
    await world.tick(world.operator.intake)
    assert shown(world, "cursor") == before.number
    assert shown(world, "cursor_time") == before.timestamp


async def missing_stays() -> None:
    world = World()
    world.chain.lose(_any, answers=1_000)
    world.place(world.order(1))
    await world.operator.intake.tick()
    assert shown(world, "orders_missing") == 1
    world.chain.logs_refused = EvmUnreachable()
    await world.tick(world.operator.intake)
    assert shown(world, "orders_missing") == 1
    assert shown(world, "orders_stale") == 0


async def purchases_held_by_who_notices() -> None:
    world = World(Rules(max_orders=1))
    world.chain.mine_empty(3)
    world.chain.logs_refused = EvmUnreachable()
    await world.tick(world.operator.intake)
    await world.tick(world.operator.batcher)
    assert shown(world, "purchases_held", reason=Hold.BEHIND) == 1


async def stakes_removed() -> None:
    world = World()
    await world.operator.terms.tick()
    labels = {"quorum_number": "0", "quorum_name": "allow-list"}
    assert shown(world, "stakes", **labels) is not None
    head = world.chain.mine()
    world.chain.fail_next(EvmUnreachable())
    with pytest.raises(EvmUnreachable):
        await world.operator.terms.look(head)
    assert shown(world, "stakes", **labels) is None


def monitor(world: World, balance: Callable[[], Awaitable[int]]) -> BalanceMonitor:
    return BalanceMonitor(
        world.operator.tools,
        balances={Resource.VFY: MonitoredBalance(account="vfy", balance=balance, minimum=10**18)},
        spend=world.operator.spend,
        waiting_too_long_s=600,
    )


async def balance_is_nan_and_its_minimum_is_there() -> None:
    world = World()
    answers: list[int | OperatorError] = [5 * 10**18, ZkVerifyUnreachable()]

    async def balance() -> int:
        answer = answers.pop(0)
        if isinstance(answer, OperatorError):
            raise answer
        return answer

    keeper = monitor(world, balance)
    await keeper.tick()
    assert shown(world, "balance", resource="VFY") == 5
    with pytest.raises(ZkVerifyUnreachable):
        await keeper.tick()
    assert math.isnan(shown(world, "balance", resource="VFY") or 0)
    assert shown(world, "balance_minimum", resource="VFY") == 1


async def stock_is_of_rows() -> None:
    """Counted before anything outside is asked; the store's failure is fatal."""
    world = World()
    world.place(world.order(1))
    await world.operator.intake.tick()
    world.second(60)

    async def balance() -> int:
        raise ZkVerifyUnreachable

    with pytest.raises(ZkVerifyUnreachable):
        await monitor(world, balance).tick()
    assert shown(world, "orders", status="open") == 1
    assert shown(world, "batches", state="closed") == 0
    assert shown(world, "acts_live", kind="prove") == 0
    assert shown(world, "acts_ambiguous", kind="prove") == 0
    assert shown(world, "score") == 100
    assert StoreUnavailable.disposition == "fatal"


async def oldest_waiting_is_nan() -> None:
    world = World()
    keeper = monitor(world, world.extrinsics.balance)
    world.place(world.order(1))
    world.second(60)
    await world.operator.intake.tick()
    await keeper.tick()
    assert shown(world, "oldest_waiting") == 60
    world.chain.fail_next(EvmUnreachable())
    with pytest.raises(EvmUnreachable):
        await keeper.tick()
    assert math.isnan(shown(world, "oldest_waiting") or 0)


class Failing:
    """A service that never succeeds."""

    name = "failing"
    description = "Fails"

    async def tick(self) -> None:
        """Fail."""
        raise EvmUnreachable

    async def wake(self) -> None:
        await anyio.sleep_forever()


async def never_succeeded_ages_from_its_start() -> None:
    telemetry, clock = Telemetry(), ManualClock(now_ms=5_000)
    Supervisor(
        services=[Failing()], board=HealthBoard(clock=clock), telemetry=telemetry, interval_s=60
    )
    name = NAME["last_success"]
    assert telemetry.registry.get_sample_value(name, {"stage": "failing"}) == 5


async def told_elsewhere() -> None:
    """Set by the failure itself, or true whatever fails: their own tests show it."""


def _any(event: ChainEvent) -> bool:
    return event is not None


BEHAVIOUR: dict[str, Callable[[], Awaitable[None]]] = {
    "head": head_unknown,
    "cursor": cursor_stays,
    "cursor_time": cursor_stays,
    "lag": lag_grows,
    "orders_missing": missing_stays,
    "orders_stale": missing_stays,
    "oldest_waiting": oldest_waiting_is_nan,
    "purchases_held": purchases_held_by_who_notices,
    "route_failing": told_elsewhere,  # test_submission_routes: whoever submits sets it
    "orders": stock_is_of_rows,
    "batches": stock_is_of_rows,
    "acts_live": stock_is_of_rows,
    "acts_ambiguous": stock_is_of_rows,
    "oldest_act": stock_is_of_rows,
    "acts_stuck": told_elsewhere,  # test_act_watch: judged by rows
    "score": stock_is_of_rows,
    "alerts": told_elsewhere,  # test_server: read from the board at each scrape
    "balance": balance_is_nan_and_its_minimum_is_there,
    "balance_minimum": balance_is_nan_and_its_minimum_is_there,
    "spending_stopped": told_elsewhere,  # test_paid_act: the refusal to spend sets it
    "last_success": never_succeeded_ages_from_its_start,
    "prover_up": told_elsewhere,  # test_prover_lanes: the failure sets it
    "prover_jobs": told_elsewhere,  # counted in the process
    "prover_memory": told_elsewhere,  # after a proof
    "info": told_elsewhere,  # set at start
    "stakes": stakes_removed,
}


def test_gauges__every_one__says_what_it_shows_while_its_source_fails() -> None:
    assert BEHAVIOUR.keys() == GAUGES
    assert {metric.name for metric in METRICS if metric.failing} == GAUGES


@pytest.mark.parametrize("name", sorted(GAUGES))
async def test_gauge__source_fails__shows_what_the_registry_says(name: str) -> None:
    await BEHAVIOUR[name]()


async def test_ready__intake_far_behind__not_before_it_has_caught_up() -> None:
    world = await scanned(31)
    board = world.operator.board
    board.ready = True
    assert not board.is_ready
    world.chain.logs_refused = None

    await world.operator.intake.tick()

    assert board.is_ready


def test_ready__intake_silent_for_long__not_ready_and_says_why() -> None:
    clock = ManualClock()
    board = HealthBoard(clock=clock, ready=True)
    board.register("intake", "Follows the chain")
    assert board.is_ready
    clock.advance(STALE_MS + 1_000)
    assert board.not_ready == ("intake has not finished a pass for 301 s",)
    board.succeeded("intake")
    assert board.is_ready


def test_ready__services_not_started__not_ready() -> None:
    assert HealthBoard(clock=ManualClock()).not_ready == ("the services do not run",)


async def test_balance_monitor__batchable_order_waits_for_long_with_nothing_in_flight__alert() -> (
    None
):
    world = World()
    keeper = monitor(world, world.extrinsics.balance)
    world.place(world.order(1))
    world.leap(601)
    await world.operator.intake.tick()

    await keeper.tick()
    assert "601 s" in world.operator.board.alerts["orders.starved"]
    world.second(3)
    for service in (world.operator.intake, world.operator.batcher):
        await world.tick(service)
    await keeper.tick()

    assert "orders.starved" not in world.operator.board.alerts


async def test_balance_monitor__order_that_lies_deep_enough_only_now__not_starved() -> None:
    """A depth of a quarter of an hour is no reason for an alert."""
    world = World(Rules(spend_at=1))
    keeper = monitor(world, world.extrinsics.balance)
    world.place(world.order(1))
    world.leap(900)
    await world.operator.intake.tick()

    await keeper.tick()
    assert "orders.starved" not in world.operator.board.alerts
    world.clock.advance(3_600_000)
    await keeper.tick()

    assert "900 s" in world.operator.board.alerts["orders.starved"]


async def test_balance_monitor__intake_has_caught_up_while_no_batch_has_room__purchases_are_released() -> (
    None
):
    world = World(Rules(max_in_flight=0))
    keeper = monitor(world, world.extrinsics.balance)
    world.place(world.order(1))
    world.operator.gate.hold(Hold.BEHIND, "read: nothing yet")
    await world.operator.intake.tick()

    await world.tick(world.operator.batcher)
    await keeper.tick()

    assert world.operator.gate.allows(Purchase.PROVE)


async def test_ready__thirty_blocks_of_a_fast_chain__are_no_distance() -> None:
    world = World()
    world.operator.board.ready = True
    await world.tick(world.operator.intake)
    for _ in range(30):
        world.chain.mine(seconds=0)
    world.chain.logs_refused = EvmUnreachable()

    await world.tick(world.operator.intake)

    assert world.operator.board.behind == {}


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("batches_ended", {"result": "abandoned"}),
        ("acts", {"kind": "prove", "end": "failed"}),
        ("acts", {"kind": "extrinsic", "end": "failed"}),
        ("acts", {"kind": "transaction", "end": "failed"}),
    ],
)
def test_counters__that_alerts_go_by__are_there_before_the_first_event(
    name: str, labels: dict[str, str]
) -> None:
    assert shown(World(), name, **labels) == 0


async def test_balance_monitor__act_that_stays_open__its_age_is_shown() -> None:
    world = World()
    keeper = monitor(world, world.extrinsics.balance)
    await world.tick(keeper)
    assert shown(world, "oldest_act", kind="transaction") == 0
    call = world.contract.nothing(world.chain.contract.hook)
    await world.operator.transaction.issue(purpose=Purpose.SETTLE, subject="b", request=call)
    world.clock.advance(1_900_000)

    await world.tick(keeper)

    assert shown(world, "oldest_act", kind="transaction") == 1_900
