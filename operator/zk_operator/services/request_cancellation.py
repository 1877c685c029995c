"""Tells provers which requests are not needed any more, until they have heard it."""

from collections.abc import Iterable

import anyio

from zk_acts.domain.acts import Intent, IntentState
from zk_acts.domain.ids import IntentId
from zk_acts.services.attempt import WAITING_STATES
from zk_acts.services.work_pass import Pass
from zk_operator.services.prover_lanes import ProverLanes
from zk_operator.services.purchase_use import is_in_place
from zk_operator.services.tools import Tools

LONGEST_CANCELLATION_S = 2.0  # a cancellation saves money, but no order waits for it
FIRST_PAUSE_MS, MOST_DOUBLINGS = 5_000, 6


class RequestCancellation:
    """Cancels requests. One that cannot be cancelled may still be paid: its row tells."""

    def __init__(self, tools: Tools, *, lanes: ProverLanes) -> None:
        self._lanes = lanes
        self._batches = tools.store.batches
        self._clock = tools.clock
        # Caches: after a restart everything is told again, which is harmless.
        self._heard: dict[IntentId, IntentState] = {}
        self._told: dict[IntentId, tuple[int, int]] = {}  # how often, and when last

    async def repeat(self) -> None:
        """Those that were not heard: the prover was away, this process was, or the request arrived only later."""
        live = [row for lane in self._lanes for row in await lane.acts.live()]
        self._forget_all_but({row.intent_id for row in live})
        # The loser of a hedge, and what a restart left behind: told until it is heard (ADR 0181).
        await self.cancel([row for row in live if not await is_in_place(self._batches, row)])

    async def cancel(self, rows: Iterable[Intent]) -> None:
        """Cancel these, in bounded time. Trouble is logged, and the rest is for later."""
        with anyio.move_on_after(LONGEST_CANCELLATION_S):
            for row in rows:
                lane = self._lanes.of(row)
                if lane is None or row.state not in WAITING_STATES or not self._is_due(row):
                    continue
                times, _ = self._told.get(row.intent_id, (0, 0))
                self._told[row.intent_id] = (times + 1, self._clock.now_ms())
                with Pass().item(intent_id=row.intent_id, backend=row.backend):
                    await lane.backend.cancel(row)
                    self._heard[row.intent_id] = row.state

    def _is_due(self, row: Intent) -> bool:
        """A request that the prover did not know then may have reached it since: its state tells."""
        if row.intent_id in self._heard:
            return self._heard[row.intent_id] is not row.state
        times, last_ms = self._told.get(row.intent_id, (0, 0))
        pause_ms = FIRST_PAUSE_MS << min(times - 1, MOST_DOUBLINGS) if times else 0
        return self._clock.now_ms() - last_ms >= pause_ms

    def _forget_all_but(self, live: set[IntentId]) -> None:
        for known in (self._heard, self._told):
            for intent_id in known.keys() - live:
                known.pop(intent_id)
