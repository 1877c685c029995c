"""The skeleton of a stage: the parts of a pass, in their order, and the stages that follow it."""

import anyio
import pytest

from zk_acts.runtime.wake_up import WakeUp
from zk_acts.services.work_pass import Pass
from zk_devnet.testing.manual_clock import ManualClock
from zk_devnet.testing.memory_store import MemoryStore
from zk_devnet.testing.store_builders import a_batch
from zk_devnet.testing.tools import some_tools
from zk_devnet.testing.world import Rules, World
from zk_operator.domain.failures import EvmUnreachable
from zk_operator.domain.records import BATCH_TRANSITIONS, Batch, BatchState
from zk_operator.services.dispatcher import Dispatcher
from zk_operator.services.settler import Settler
from zk_operator.services.stage import Stage
from zk_operator.services.submitter import Submitter
from zk_operator.services.tools import Tools

STAGES: tuple[type[Stage], ...] = (Dispatcher, Submitter, Settler)
ENDS = {BatchState.DONE, BatchState.ABANDONED}
BY_REORG = (BatchState.SETTLED, BatchState.AGGREGATED)  # the store takes a settlement back


class Told(Stage):
    """Tells what is called."""

    name = "told"
    description = "A stage that tells"
    takes = (BatchState.CLOSED,)
    writes = (BatchState.PROVED,)

    def __init__(self, tools: Tools, *, fails: frozenset[str] = frozenset()) -> None:
        super().__init__(tools, wake_up=WakeUp(), downstream=WakeUp())
        self.calls: list[str] = []
        self._fails = fails

    async def keep(self, turn: Pass) -> None:
        with turn.item():
            self._told("keep")

    async def step(self, batch: Batch) -> None:
        self._told(batch.batch_id)

    async def finish(self, turn: Pass) -> None:
        with turn.item():
            self._told("finish")

    def _told(self, what: str) -> None:
        self.calls.append(what)
        if what in self._fails:
            raise EvmUnreachable(at=what)


async def _told(*fails: str) -> Told:
    clock = ManualClock()
    store = MemoryStore(clock=clock)
    for name in ("b1", "b2"):
        await store.batches.close(a_batch(name))
    return Told(some_tools(store, clock), fails=frozenset(fails))


async def test_stage__a_pass__keeps_then_steps_then_finishes() -> None:
    stage = await _told()
    await stage.tick()
    assert stage.calls == ["keep", "b1", "b2", "finish"]


@pytest.mark.parametrize("fails", ["keep", "b1", "b2", "finish"])
async def test_stage__one_part_fails__the_others_have_their_turn_and_it_is_told(fails: str) -> None:
    stage = await _told(fails)
    with pytest.raises(EvmUnreachable, match=f"at={fails}"):
        await stage.tick()
    assert stage.calls == ["keep", "b1", "b2", "finish"]


def test_stages__every_state_on_the_way__is_taken_by_one_of_them() -> None:
    taken = [state for stage in STAGES for state in stage.takes]
    assert sorted(taken) == sorted(set(BatchState) - ENDS)


def test_stages__what_they_write__is_what_may_follow_on_what_they_take() -> None:
    follows = {
        stage: {
            after
            for before in stage.takes
            for after in BATCH_TRANSITIONS[before]
            if (before, after) != BY_REORG
        }
        for stage in STAGES
    }
    assert follows == {stage: set(stage.writes) for stage in STAGES}


async def test_give_up__orders_are_free__the_batcher_is_woken() -> None:
    world = World(Rules(valid_for_s=60))
    world.place(world.order(1))
    world.prover.auto_fulfil = False
    await world.until(BatchState.CLOSED)
    await world.operator.batcher.wake()  # for the order
    world.leap(61)
    await world.tick(world.operator.intake)

    await world.tick(world.operator.dispatcher)

    assert (await world.batch()).state is BatchState.ABANDONED
    with anyio.fail_after(1):
        await world.operator.batcher.wake()
