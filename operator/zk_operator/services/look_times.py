"""When a prover is asked again about a request: as often as ever, at better moments (ADR 0194).

A network tells nothing by itself, so a proof waits for the next look. Looks that are saved while hardly any proof has ever
come are spent around the usual time: three for one, for as long as there are saved ones. So the number of looks at a
request does not grow, whenever its proof comes.
"""

import math
from collections.abc import Sequence

from zk_acts.domain.acts import Intent
from zk_acts.domain.ids import IntentId
from zk_acts.ports.clock import Clock
from zk_operator.domain.records import Batch
from zk_operator.services.prover_lanes import ProverLanes

QUIET = 2  # pauses are so many times longer before
KEEN = 3  # and so many times shorter around the usual time
_EARLY_PERCENT = 90  # of the median: hardly any proof comes before
# What is saved until then pays for so much longer: (1 - 1 / QUIET) / (KEEN - 1).
_KEEN_PERCENT = 25


class LookTimes:
    """Requests of provers whose times are known; any other is due in every round. A cache: a restart looks at all."""

    def __init__(self, *, lanes: ProverLanes, poll_ms: int, clock: Clock) -> None:
        self._lanes = lanes
        self._poll_ms = poll_ms
        self._clock = clock
        self._batches: dict[str, Batch] = {}
        self._next_ms: dict[IntentId, int] = {}
        self._is_urgent = False

    def begin(self, batches: Sequence[Batch], urgent_ms: int | None) -> None:
        """A round begins. Before a decision (`urgent_ms`) everything is due: a proof may be there already."""
        now = self._clock.now_ms()
        self._next_ms = {key: at for key, at in self._next_ms.items() if at > now}
        self._batches = {batch.batch_id: batch for batch in batches}
        self._is_urgent = urgent_ms is not None and urgent_ms <= now

    def is_due(self, row: Intent) -> bool:
        """Whether to look at it in this round."""
        return self._is_urgent or self._clock.now_ms() >= self._next_ms.get(row.intent_id, 0)

    def take(self, row: Intent) -> bool:
        """As `is_due`; the look counts as made."""
        if not self.is_due(row):
            return False
        now, usual_ms = self._clock.now_ms(), self._usual_ms(row)
        self._next_ms.pop(row.intent_id, None)
        # Without measured times nothing is saved, so nothing can be spent (ADR 0194).
        if usual_ms is not None:
            age_ms = now - row.created_at
            pause = pause_ms(age_ms=age_ms, usual_ms=usual_ms, poll_ms=self._poll_ms)
            self._next_ms[row.intent_id] = now + pause
        return True

    def rest_s(self) -> float:
        """Until the next look that is planned; infinite where none is. One that was missed waits for the next round."""
        now = self._clock.now_ms()
        return min((at - now for at in self._next_ms.values() if at > now), default=math.inf) / 1000

    def _usual_ms(self, row: Intent) -> int | None:
        batch, lane = self._batches.get(row.subject), self._lanes.of(row)
        if batch is None or lane is None:  # nobody waits for it
            return None
        return self._lanes.usual_ms(lane, batch)


def pause_ms(*, age_ms: int, usual_ms: int, poll_ms: int) -> int:
    """From this look until the next one, in ms; at least 1.

    `usual_ms`: the measured median of the prover. `poll_ms`: the even pause that this is better than.
    """
    early_ms = usual_ms * _EARLY_PERCENT // 100
    if age_ms < early_ms:
        return min(poll_ms * QUIET, early_ms - age_ms)
    if age_ms < early_ms + early_ms * _KEEN_PERCENT // 100:
        return -(-poll_ms // KEEN)  # rounded up: never more looks
    return poll_ms
