"""Ranking: gives every order that can be batched the priority that the operator's rules have for it, once."""

from collections import Counter
from collections.abc import Sequence

import structlog

from zk_operator.domain.priority import OrderFacts, Priority, PriorityRule, priority_of
from zk_operator.domain.records import OrderRow
from zk_operator.ports.store import RankStore
from zk_operator.services.appraiser import Appraisal

log = structlog.get_logger("batcher")
MOST_ROUNDS = 10  # in one pass of the batcher; the next pass goes on


class Ranking:
    """Rules and rows. When the services begin, the rules may be others than before: everybody is ranked anew."""

    def __init__(
        self, *, ranks: RankStore, rules: Sequence[PriorityRule] = (), at_once: int = 500
    ) -> None:
        self._ranks = ranks
        self._rules = tuple(rules)
        self._at_once = at_once
        self._has_begun = False
        self._asks_currency = any(rule.min_sizes for rule in self._rules)
        self._asks_fee = any(rule.min_fee for rule in self._rules)

    async def update(self, appraisal: Appraisal) -> None:
        """Rank whoever came since the last time, the oldest first. Errors: those of the chain, of which the prices are asked."""
        if not self._has_begun:
            # The rules may be others since: a reload ranks everybody anew (ADR 0226).
            await self._ranks.forget()
            self._has_begun = True
        counts: Counter[Priority] = Counter()
        for _ in range(MOST_ROUNDS if self._rules else 0):
            rows = await self._ranks.unranked(self._at_once)
            if not rows:
                break
            found = {row.order_id: await self._priority(row, appraisal) for row in rows}
            await self._ranks.rank(found)
            counts.update(found.values())
        if any(priority is not Priority.NORMAL for priority in counts):
            log.info("orders.ranked", **{each.label: counts[each] for each in sorted(counts)})

    async def _priority(self, row: OrderRow, appraisal: Appraisal) -> Priority:
        facts = OrderFacts(
            order=row.order,
            placed_at_s=row.placed_at_s,
            sells=await appraisal.sells(row.order) if self._asks_currency else None,
            fee=await appraisal.fee(row.order) if self._asks_fee else None,
        )
        return priority_of(self._rules, facts)
