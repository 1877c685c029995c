"""The alert for clocks that disagree, and what a wall clock that is wrong must not do: buy again what is under way."""

import pytest

from zk_acts.domain.acts import IntentState, Purpose
from zk_acts.domain.ids import Hash32
from zk_acts.runtime.clock import SteadyClock
from zk_devnet.testing.manual_clock import LeapingClock, ManualClock
from zk_devnet.testing.memory_store import MemoryStore
from zk_devnet.testing.scripted_chain import ScriptedChain
from zk_devnet.testing.tools import some_tools
from zk_devnet.testing.world import Rules, World
from zk_operator.domain.chain_event import BlockRef
from zk_operator.domain.records import BatchState
from zk_operator.services.clock_watch import MOST_SKEW_S, ClockWatch
from zk_operator.services.purchase_gate import Hold, Purchase

HEAD_S = 10_000
MINUTES_MS = 300_000


def head(at_s: int = HEAD_S) -> BlockRef:
    return BlockRef(number=7, hash=Hash32(bytes(32)), parent_hash=Hash32(bytes(32)), timestamp=at_s)


class Watched:
    """A watch with all that it moves. The right time is `right`."""

    def __init__(self, *, wall_s: int = HEAD_S) -> None:
        self.right = ManualClock(HEAD_S * 1000)
        self.wall = LeapingClock(self.right)
        self.wall.ahead_ms = (wall_s - HEAD_S) * 1000
        self.clock = SteadyClock(wall=self.wall, elapsed_ms=self.right.now_ms)
        chain = ScriptedChain(genesis_time_s=HEAD_S)
        tools = some_tools(MemoryStore(clock=self.clock), self.clock, chain=chain)
        self.board, self.gate = tools.board, tools.gate
        self.watch = ClockWatch(tools)


@pytest.mark.parametrize("skew_s", [-MOST_SKEW_S, 0, MOST_SKEW_S])
async def test_clock__within_the_limit__no_alert(skew_s: int) -> None:
    world = Watched(wall_s=HEAD_S + skew_s)
    await world.watch.tick()
    assert world.board.alerts == {}


def test_clock__head_too_old__alert_until_it_agrees() -> None:
    world = Watched()
    world.watch.look(head())
    world.right.advance((MOST_SKEW_S + 1) * 1000)

    world.watch.look(head())
    assert "121 s behind" in world.board.alerts["clock"]

    world.watch.look(head(HEAD_S + 60))
    assert world.board.alerts == {}


@pytest.mark.parametrize("leap_ms", [MINUTES_MS, -MINUTES_MS])
def test_clock__leaps_in_running__time_goes_on_and_the_alert_tells(leap_ms: int) -> None:
    world = Watched()
    world.watch.look(head())

    world.wall.ahead_ms = leap_ms
    world.right.advance(5_000)
    world.watch.look(head(HEAD_S + 5))

    assert world.clock.now_ms() == (HEAD_S + 5) * 1000
    assert "clock" in world.board.alerts
    assert world.gate.allows(Purchase.PROVE)


def test_clock__wrong_from_the_start__nothing_is_bought_until_it_is_put_right() -> None:
    world = Watched(wall_s=HEAD_S + 300)

    world.watch.look(head())
    assert not any(map(world.gate.allows, Purchase))

    world.wall.ahead_ms = 0
    world.watch.look(head())
    assert all(map(world.gate.allows, Purchase))
    assert world.clock.now_ms() == HEAD_S * 1000
    assert world.board.alerts == {}


def test_clock__machine_slept_and_knows_what_time_it_is__followed_at_once() -> None:
    world = Watched()
    world.watch.look(head())

    world.wall.ahead_ms = 3_600_000  # nothing has elapsed for the machine
    world.watch.look(head(HEAD_S + 3_600))

    assert world.clock.now_ms() == (HEAD_S + 3_600) * 1000
    assert world.board.alerts == {}


def test_clock__machine_slept_and_does_not_know__nothing_is_bought() -> None:
    world = Watched()
    world.watch.look(head())

    world.watch.look(head(HEAD_S + 3_600))

    assert "purchases.clock" in world.board.alerts
    assert not world.gate.allows(Purchase.VERIFY)


def test_clock__chain_stands_still__purchases_are_not_held_for_the_clock() -> None:
    world = Watched()
    world.watch.look(head())
    world.right.advance(3_600_000)

    world.watch.look(head())

    assert list(world.board.alerts) == ["clock"]
    assert world.gate.allows(Purchase.VERIFY)


@pytest.mark.parametrize("leap_ms", [MINUTES_MS, -MINUTES_MS])
async def test_clock_leaps__proof_under_way__no_second_one_is_bought(leap_ms: int) -> None:
    world = World(Rules(max_orders=1, valid_for_s=200))
    world.prover.auto_fulfil = False
    ids = world.place(world.order(1))
    await world.run(5)
    assert len(await world.intents(Purpose.PROVE)) == 1

    world.wall.ahead_ms = leap_ms
    await world.run(70)
    world.wall.ahead_ms = 0
    world.prover.auto_fulfil = True
    for row in await world.intents(Purpose.PROVE):
        world.prover.fulfil(row.reference)
    batch = await world.until(BatchState.DONE)

    assert batch.order_ids == tuple(ids)
    assert len(await world.intents(Purpose.PROVE)) == 1


async def test_clock_a_minute_ahead__batch_is_over_by_the_chains_time_alone() -> None:
    world = World(Rules(max_orders=1, valid_for_s=100))
    world.prover.auto_fulfil = False
    world.wall.ahead_ms = 60_000
    world.place(world.order(1))
    await world.run(3)
    begun = (await world.batch()).batch_id

    await world.run(80)
    assert (await world.batch()).state is BatchState.CLOSED
    await world.run(30)

    first = await world.store.batches.get(begun)
    assert first is not None
    assert (first.state, first.error_code) == (BatchState.ABANDONED, "ZKO-SET-001")


async def test_clock_wrong_at_a_restart__proof_under_way_is_neither_lost_nor_bought_again() -> None:
    world = World(Rules(max_orders=1, valid_for_s=250))
    world.prover.auto_fulfil = False
    world.place(world.order(1))
    await world.run(5)

    world.wall.ahead_ms = MINUTES_MS
    world.restart()
    await world.operator.recover()
    await world.run(20)

    (row,) = await world.intents(Purpose.PROVE)
    assert row.state is IntentState.SENT
    assert (await world.batch()).state is BatchState.CLOSED
    world.place(world.order(2))
    await world.run(10)
    assert len(await world.intents(Purpose.PROVE)) == 1
    assert world.operator.gate.allows(Purchase.CLOSE) is False
    assert Hold.CLOCK in world.operator.gate._since
