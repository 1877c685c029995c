"""Faults of paid acts."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any
from unittest.mock import patch

from zk_operator.domain.records import Intent, IntentState
from zk_operator.services import paid_act
from zk_operator.services.paid_act import PaidActs


def outdated_nonce() -> AbstractContextManager[object]:
    """Whatever the other side calls the next nonce is taken, though a row shows it as used."""

    async def free_nonce(self: Any, holders: Sequence[Intent]) -> int:
        nonce: int = await self.channel.next_nonce()
        taken = {row.nonce for row in holders}
        while nonce in taken:
            nonce += 1
        return nonce

    return patch.object(PaidActs, "_free_nonce", free_nonce)


def no_detail() -> AbstractContextManager[object]:
    """What a final act brought is asked for again, and not read from its row."""
    return patch.object(paid_act, "told_by", lambda _: None)


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
