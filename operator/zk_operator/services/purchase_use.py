"""Whether a purchase that the other side does not know of would be made again now (ADR 0235)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import structlog

from zk_acts.domain.acts import Intent, Purpose
from zk_acts.domain.errors import Disposition, OperatorError
from zk_acts.services.act_sender import IsWanted
from zk_operator.domain.ids import BatchId
from zk_operator.domain.records import BatchState
from zk_operator.ports.store import BatchStore
from zk_operator.services.purchase_gate import Purchase
from zk_operator.services.spend_check import Standings
from zk_operator.services.standing import Standing

log = structlog.get_logger("paid_act")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Need:
    """When an act is of use: to a batch in such a state, which stands like that."""

    purchase: Purchase
    states: frozenset[BatchState]
    standings: frozenset[Standing]


NEEDS: Final[Mapping[str, _Need]] = {
    Purpose.PROVE: _Need(
        purchase=Purchase.PROVE,
        states=frozenset({BatchState.CLOSED}),
        standings=frozenset({Standing.OPEN}),
    ),
    Purpose.VERIFY: _Need(
        purchase=Purchase.VERIFY,
        states=frozenset({BatchState.PROVED, BatchState.VERIFIED}),
        standings=frozenset({Standing.OPEN, Standing.PARTLY}),
    ),
}


def all_of(*asks: IsWanted) -> IsWanted:
    """Wanted by all of them: the first that does not say so has the word."""

    async def is_wanted(row: Intent) -> bool | None:
        for ask in asks:
            said = await ask(row)
            if said is not True:
                return said
        return True

    return is_wanted


async def is_in_place(batches: BatchStore, row: Intent) -> bool:
    """Whether its batch is where such an act is of use. For no batch, or for one that is not known here: always."""
    need = NEEDS.get(row.purpose)
    batch = None if need is None else await batches.get(BatchId(row.subject))
    return need is None or batch is None or batch.state in need.states


class PurchaseUse:
    """By what is asked before each first purchase: after a pause the batch's orders may be over, or its terms others."""

    def __init__(self, *, batches: BatchStore, spend: Standings) -> None:
        self._batches = batches
        self._spend = spend

    async def is_wanted(self, row: Intent) -> bool | None:
        """As `IsWanted`. What is for no batch, or for one that is not known here, is always of use."""
        need = NEEDS.get(row.purpose)
        batch = None if need is None else await self._batches.get(BatchId(row.subject))
        if need is None or batch is None:
            return True
        if batch.state not in need.states:
            return False
        try:
            standing = await self._spend.standing(batch, need.purchase)
        except OperatorError as error:
            if error.disposition is Disposition.FATAL:
                raise
            log.info("act.doubted", intent_id=row.intent_id, code=error.code, error=str(error))
            return None
        return None if standing is Standing.UNKNOWN else standing in need.standings
