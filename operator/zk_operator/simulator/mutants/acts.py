"""Faults of paid acts."""

from contextlib import AbstractContextManager, ExitStack
from typing import Any
from unittest.mock import patch

from zk_operator.adapters.zkverify.remains import OutcomeReader
from zk_operator.domain.records import ActDetail, Intent, IntentState
from zk_operator.ports.act import Failed, Included
from zk_operator.services import act_record
from zk_operator.services.paid_act import PaidActs


def no_detail() -> AbstractContextManager[object]:
    """What an act that took effect brought is in no row: it is asked for again, where the node tells its events."""

    def effect(
        outcome: Included[ActDetail] | Failed, *, error_code: str | None, detail: ActDetail
    ) -> dict[str, object]:
        return {**written(outcome, error_code=error_code, detail=detail), "detail": None}

    async def nothing(*_: object) -> None:
        return None

    written = act_record._effect  # noqa: SLF001 - the place of the fault
    stack = ExitStack()
    stack.enter_context(patch.object(act_record, "_effect", effect))
    stack.enter_context(patch.object(OutcomeReader, "_effect", nothing))
    return stack


def blind_retry() -> AbstractContextManager[object]:
    """A send whose answer was lost counts as one that never left, and another act is made at once."""
    issue = PaidActs.issue

    async def again(self: Any, **request: Any) -> Intent:
        intent = await issue(self, **request)
        if intent.state is not IntentState.INTENDED:
            return intent
        await self._store.update(intent, IntentState.LAPSED, paid=0)
        return await issue(self, **request)

    return patch.object(PaidActs, "issue", again)
