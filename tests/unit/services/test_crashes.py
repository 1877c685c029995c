"""Money rules 1 and 2: a crash at any point, and any lost answer, costs nothing twice and loses no order."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from zk_acts.domain.acts import ActKind, Resource
from zk_acts.domain.failures import AmbiguousOutcome
from zk_acts.runtime.fault import ACT_POINTS
from zk_devnet.testing.audit import problems
from zk_devnet.testing.scripted_transactions import SendFault
from zk_devnet.testing.world import POOLS, Crash, CrashAt, Rules, World
from zk_operator.domain.failures import EvmUnreachable
from zk_operator.domain.order import Order
from zk_operator.domain.records import OrderStatus

LABELS = [f"{kind}.{point}" for kind in ActKind for point in ACT_POINTS]


async def _run_into_crash(world: World, seconds: int) -> bool:
    try:
        await world.run(seconds)
    except Crash:
        return True
    return False


async def _finish(world: World) -> None:
    """Time for everything that can still be settled, then for refunds, then for finality."""
    world.restart()
    world.prover.auto_fulfil = True
    await world.operator.recover()
    await world.run(25)
    world.leap(8_000)
    world.zkverify.mine(70)
    await world.run(40)


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("label", LABELS)
async def test_operator__killed_at_a_crash_point__settles_all_and_pays_once(
    label: str, count: int
) -> None:
    kurier = "primary" if label.startswith("job.") else "never"
    world = World(Rules(max_orders=2, kurier=kurier))
    world.restart(CrashAt(label=label, count=count))
    orders = [world.order(salt, pool_id=POOLS[salt % 2]) for salt in range(4)]
    order_ids = world.place(*orders)

    crashed = await _run_into_crash(world, 30)
    await _finish(world)

    rows = await world.store.orders.get(order_ids)
    assert crashed
    assert {row.status for row in rows} == {OrderStatus.SETTLED}
    assert await problems(world) == []


@pytest.mark.parametrize("fault", list(SendFault))
@pytest.mark.parametrize("side", ["transaction", "extrinsic", "prove"])
async def test_operator__answers_lost__settles_all_and_pays_once(
    side: str, fault: SendFault
) -> None:
    world = World()
    order_ids = world.place(*(world.order(salt) for salt in range(3)))
    lost = fault is SendFault.LOST_REQUEST
    if side == "prove":
        queue = world.prover.before_send if lost else world.prover.after_send
        queue.append(AmbiguousOutcome())
    else:
        faults = world.transactions.faults if side == "transaction" else world.zkverify.faults
        faults.append(fault)

    await world.run(40)

    rows = await world.store.orders.get(order_ids)
    assert {row.status for row in rows} == {OrderStatus.SETTLED}
    assert await problems(world) == []


STEPS = st.one_of(
    st.tuples(st.just("place"), st.integers(1, 3)),
    st.tuples(st.just("tick"), st.integers(0, 5)),
    st.tuples(st.just("second"), st.integers(1, 8)),
    st.tuples(st.just("run"), st.integers(1, 6)),
    st.tuples(st.just("restart"), st.just(0)),
    st.tuples(st.just("arm"), st.integers(0, len(LABELS) - 1)),
    st.tuples(st.just("lose"), st.integers(0, 5)),
    st.tuples(st.just("reorg"), st.integers(1, 2)),
    st.tuples(st.just("orphan"), st.integers(1, 2)),
    st.tuples(st.just("retract"), st.integers(1, 2)),
    st.tuples(st.just("drop"), st.just(0)),
    st.tuples(st.just("cancel"), st.integers(0, 5)),
    st.tuples(st.just("refuse"), st.integers(1, 2)),
    st.tuples(st.just("skip"), st.integers(0, 1)),
    st.tuples(st.just("leap"), st.sampled_from([40, 400])),
    st.tuples(st.just("relay"), st.integers(0, 1)),
    st.tuples(st.just("blind"), st.integers(0, 1)),
    st.tuples(st.just("price"), st.sampled_from([0, 22, 30])),
    st.tuples(st.just("lag"), st.sampled_from([0, 2, 6])),
    st.tuples(st.just("deny"), st.integers(1, 2)),
)


class Script:
    """Plays steps on a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.placed: list[Order] = []

    async def play(self, step: str, value: int) -> None:
        """The method of that name; a crash on the way is followed by a restart."""
        try:
            await getattr(self, step)(value)
        except Crash:
            await self.restart(0)

    async def place(self, count: int) -> None:
        orders = [self._order(len(self.placed) + i) for i in range(count)]
        self.world.place(*orders)
        self.placed += orders

    async def tick(self, service: int) -> None:
        await self.world.tick(self.world.operator.services[service])

    async def second(self, count: int) -> None:
        self.world.second(count)

    async def run(self, seconds: int) -> None:
        await self.world.run(seconds)

    async def restart(self, _: int) -> None:
        self.world.restart()
        await self.world.operator.recover()

    async def arm(self, label: int) -> None:
        self.world.restart(CrashAt(label=LABELS[label]))

    async def lose(self, value: int) -> None:
        fault = list(SendFault)[value % 2]
        prover = self.world.prover
        queue = prover.after_send if value % 2 else prover.before_send
        match value // 2:
            case 0:
                self.world.transactions.faults.append(fault)
            case 1:
                self.world.zkverify.faults.append(fault)
            case _:
                queue.append(AmbiguousOutcome())

    async def reorg(self, depth: int) -> None:
        self.world.reorg(min(depth, self.world.chain.tip.number))
        self.world.second()

    async def orphan(self, depth: int) -> None:
        self.world.reorg(min(depth, self.world.chain.tip.number), remine=False)
        self.world.second()

    async def retract(self, depth: int) -> None:
        self.world.zkverify.mine(3)
        self.world.zkverify.retract(depth)
        self.world.zkverify.mine(depth)

    async def drop(self, _: int) -> None:
        self.world.transactions.drop_pending()
        self.world.zkverify.drop_pending()

    async def cancel(self, index: int) -> None:
        if index < len(self.placed):
            self.world.cancel(self.placed[index], delay_s=20)

    async def refuse(self, value: int) -> None:
        self.world.prover.auto_fulfil = value == 1
        for taken in self.world.prover.accepted.values():
            if taken.ended is None:
                self.world.prover.fail(taken.reference, code="ZKO-PRV-042")

    async def skip(self, pool: int) -> None:
        self.world.contract.skip[POOLS[pool]] = 2

    async def leap(self, seconds: int) -> None:
        self.world.leap(seconds)

    async def relay(self, value: int) -> None:
        self.world.relaying = bool(value)

    async def blind(self, value: int) -> None:
        self.world.transactions.unreadable = EvmUnreachable() if value else None

    async def price(self, deci_gwei: int) -> None:
        self.world.transactions.least_fee_cap = deci_gwei * 10**8

    async def lag(self, blocks: int) -> None:
        self.world.transactions.behind = blocks

    async def deny(self, count: int) -> None:
        self.world.transactions.denials = count

    def heal(self) -> None:
        """Everything outside works again."""
        self.world.relaying = True
        self.world.prover.before_send.clear()
        self.world.prover.after_send.clear()
        self.world.zkverify.faults.clear()
        transactions = self.world.transactions
        transactions.faults.clear()
        transactions.unreadable = None
        transactions.least_fee_cap = transactions.behind = (
            0  # what is denied once more is found again
        )

    def _order(self, salt: int) -> Order:
        return self.world.order(
            salt,
            pool_id=POOLS[salt % 2],
            zero_for_one=salt % 3 != 0,
            deadline=self.world.chain.tip.timestamp + (30 if salt % 5 == 4 else 3_600),
        )


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(steps=st.lists(STEPS, min_size=4, max_size=22))
# Twice told that its transaction had no effect, then hours in which nobody asks.
@example(steps=[("cancel", 0), ("refuse", 2), ("deny", 2), ("run", 1)])
async def test_operator__any_script_of_trouble__ends_every_order_once_within_the_caps(
    steps: list[tuple[str, int]],
) -> None:
    world = World(Rules(max_orders=3, caps={Resource.PROVE: 10**18}, cap_window_s=10**6))
    script = Script(world)
    await script.play("place", 2)

    for step, value in steps:
        await script.play(step, value)
    script.heal()
    await _finish(world)

    assert await problems(world) == []
