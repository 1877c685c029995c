"""Many paid acts of one account at once: one look at the other side, one write of rows, one message (ADR 0230).

Nothing of the money rules is different: the rows with the signed bytes are on disk before the first byte leaves, nonces are
taken by rows, and what was not answered is resolved by query. Whatever is not plain goes the single way.
"""

import itertools
from collections.abc import Sequence
from itertools import filterfalse, islice
from typing import Generic, TypeVar, cast

import structlog

from zk_acts.domain.acts import Intent
from zk_acts.domain.errors import Disposition, OperatorError, error_codes
from zk_acts.domain.failures import ActRefused, AmbiguousOutcome
from zk_acts.ports.act import Answer, BulkChannel
from zk_acts.services.paid_act import PaidActs, Work
from zk_acts.services.work_pass import Pass

log = structlog.get_logger("paid_act")
RequestT = TypeVar("RequestT")
DetailT = TypeVar("DetailT")
MOST_TOGETHER = 64


class BulkActs(PaidActs[RequestT, DetailT], Generic[RequestT, DetailT]):
    """PaidActs of a BulkChannel."""

    async def issue_all(self, works: Sequence[Work[RequestT]]) -> Sequence[Intent]:
        """As PaidActs.issue_all; first attempts go together."""
        turn = Pass()
        first: list[Work[RequestT]] = []
        single: list[Work[RequestT]] = []
        for work in works:
            tried = await self.of(work.purpose, work.subject)
            (single if tried else first).append(work)
        done: list[Intent] = []
        for start in range(0, len(first), MOST_TOGETHER):
            part = first[start : start + MOST_TOGETHER]
            async with self._lock:
                rows = await self._written(part)
                done += await self._sent(rows, turn)
            if not rows:
                single += part
        with turn.item():
            done += await super().issue_all(single)
        turn.finish()
        return done

    async def _written(self, works: Sequence[Work[RequestT]]) -> Sequence[Intent]:
        """The rows of acts that can be sent now; none, and nothing written, where they cannot go together."""
        channel = cast("BulkChannel[RequestT, DetailT]", self.channel)
        try:
            nonces = await self._nonces(len(works))
            prepared = await channel.prepare_all([work.request for work in works], nonces)
            await self._sender.require(*prepared)
            rows = [
                self._sender.row(work.purpose, work.subject, 1, each)
                for work, each in zip(works, prepared, strict=True)
            ]
            await self._sender.write(rows)
        except OperatorError as error:
            if error.disposition is Disposition.FATAL:
                raise
            log.info("acts.parted", count=len(works), code=error.code, error=str(error))
            return ()
        return rows

    async def _nonces(self, count: int) -> Sequence[int]:
        """The next that nothing holds. Error: AmbiguousOutcome, while an act is undecided, or one is not wanted any more."""
        live, unused = await self.live(), await self.channel.unused_nonce()
        await self._require_resolved(live)
        if unwanted := await self._superseded(live, unused):
            raise AmbiguousOutcome(
                "an act that nobody wants holds a nonce", act=unwanted[0].intent_id
            )
        taken = {row.nonce for row in live}
        first = await self._free_nonce(live, unused)
        return list(islice(filterfalse(taken.__contains__, itertools.count(first)), count))

    async def _sent(self, rows: Sequence[Intent], turn: Pass) -> Sequence[Intent]:
        """Those that may take effect; what was refused is among the troubles."""
        if not rows:
            return ()
        channel = cast("BulkChannel[RequestT, DetailT]", self.channel)
        answers: Sequence[Answer] = [Answer(taken=None)] * len(rows)
        with turn.item(count=len(rows)):
            answers = await channel.send_all(rows)
        found = await self._sender.answered(rows, answers)
        for row, answer in zip(rows, answers, strict=True):
            if answer.taken is False:
                with turn.item(intent_id=row.intent_id):
                    raise error_codes().get(answer.code or "", ActRefused)(answer.text)
        return found
