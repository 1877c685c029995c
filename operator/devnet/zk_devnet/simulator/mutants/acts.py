"""Faults of paid acts."""

from contextlib import AbstractContextManager
from typing import Any
from unittest.mock import patch

from zk_acts.domain.acts import Intent, IntentState
from zk_acts.runtime.clock import ChainClock
from zk_acts.services.act_sender import ActSender
from zk_acts.services.paid_act import PaidActs


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


def sent_unasked() -> AbstractContextManager[object]:
    """What the other side does not know of is sent again, whether or not it is still of use."""

    async def is_wanted(_self: Any, _row: Intent) -> bool:
        return True

    return patch.object(ActSender, "is_wanted", is_wanted)


def machine_clock() -> AbstractContextManager[object]:
    """Deadlines of others are judged by this machine's clock."""
    return patch.object(ChainClock, "now_ms", lambda self: self._machine.now_ms())
