"""The skeleton of a stage: what it takes, what it waits for, what it writes (ADR 0240)."""

from abc import ABC, abstractmethod
from typing import ClassVar

from zk_acts.domain.errors import OperatorError
from zk_acts.runtime.wake_up import WakeUp
from zk_acts.services.work_pass import Pass
from zk_operator.domain.records import Batch, BatchState
from zk_operator.services.tools import Tools
from zk_operator.services.transitions import BatchTransitions


class Stage(ABC):
    """Brings batches from the states that it takes to those that it writes, through paid acts that it waits for.

    Every pass is the same three parts. `keep`: what has become of the acts under way is asked, and written into their rows.
    `step`: of each batch, what the rows say is read once, and one decision follows from it: a transition, giving it up,
    something to buy, or nothing yet. `finish`: what the steps left to be done together. One batch's trouble does not hold
    up the others.
    """

    name: ClassVar[str]
    description: ClassVar[str]
    takes: ClassVar[tuple[BatchState, ...]]
    writes: ClassVar[tuple[BatchState, ...]]

    def __init__(self, tools: Tools, *, wake_up: WakeUp, downstream: WakeUp) -> None:
        """`wake_up`: set off by whoever has made work for it; `downstream`: of whoever goes on with what it writes."""
        self._tools = tools
        self._store = tools.store
        self._clock = tools.clock
        self._wake_up = wake_up
        self._downstream = downstream
        self._transitions = BatchTransitions(tools)

    async def wake(self) -> None:
        """Wait until there is work; what nobody announces is met by the supervisor's interval."""
        await self._wake_up.wait()

    async def tick(self) -> None:
        """One pass. Errors: the most serious trouble, when all have had their turn."""
        turn = Pass()
        await self.keep(turn)
        for batch in await self.batches():
            with turn.item(batch_id=batch.batch_id):
                await self.step(batch)
        await self.finish(turn)
        turn.finish()

    async def batches(self) -> list[Batch]:
        """Those that it takes."""
        return list(await self._store.batches.in_state(*self.takes))

    @abstractmethod
    async def keep(self, turn: Pass) -> None:
        """Bring the rows of the acts under way up to date."""

    @abstractmethod
    async def step(self, batch: Batch) -> None:
        """Move one batch one step, if it can be moved."""

    async def finish(self, turn: Pass) -> None:  # noqa: B027 - most stages leave nothing
        """What the steps left to be done together; nothing, unless a stage has such things."""

    async def give_up(self, batch: Batch, reason: OperatorError) -> None:
        """Free its orders: they go into another batch, or back to their owners."""
        await self._transitions.abandoned(batch, reason)
        self._tools.wake_ups.batcher.notify()
