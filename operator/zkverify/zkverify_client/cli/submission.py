"""`zkverify submit` from the request to what is printed: what was sent, how far it came, what is known of it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import typer

from zk_acts.domain.acts import IntentState, Purpose
from zk_acts.domain.details import Aggregation
from zk_acts.domain.ids import hex0x
from zkverify_client.cli.request import ProofOptions, Until, proof_request
from zkverify_client.cli.work import outcome_json, values

if TYPE_CHECKING:
    from zk_acts.domain.errors import OperatorError
    from zk_acts.services.task_runner import Progress
    from zkverify_client.cli.progress import Narrator
    from zkverify_client.ports.zkverify import ZkVerifyDetail
    from zkverify_client.session import Payer, Session
    from zkverify_client.verify import Request

_STATES = {
    Until.SENT: IntentState.SENT,
    Until.INCLUDED: IntentState.INCLUDED,
    Until.FINAL: IntentState.FINAL,
    Until.PUBLISHED: IntentState.FINAL,
}
_TITLES = {
    Until.SENT: "proof sent",
    Until.INCLUDED: "proof verified in a block that is not final yet",
    Until.FINAL: "proof verified",
    Until.PUBLISHED: "proof verified and published",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What to print, and what to end with where not all that was wanted came about."""

    title: str
    shown: Mapping[str, object]
    missing: "OperatorError | None" = field(default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One proof, and how far to follow it."""

    options: ProofOptions
    until: Until
    again: bool
    timeout_s: float

    async def run(self, session: "Session", payer: "Payer", narrator: "Narrator") -> Report:
        """Send it, unless it was; follow it. Errors: those of TaskRunner.carry and of making the request."""
        began = time.monotonic()
        request = await proof_request(self.options, session.client, payer.accounts[0])
        typer.echo(f"statement {hex0x(request.statement)}", err=True)
        progress = await payer.runner.carry(
            purpose=Purpose.VERIFY,
            subject=payer.subject(request.statement.hex(), self.options.domain_id),
            request=request,
            again=self.again,
            until=_STATES[self.until],
        )
        shown = _known(progress, request)
        if self.until is Until.PUBLISHED:
            left_s = max(self.timeout_s - (time.monotonic() - began), 0.0)
            return await self._published(session, narrator, progress, shown, left_s)
        return Report(title=_title(progress, self.until), shown=shown)

    async def _published(
        self,
        session: "Session",
        narrator: "Narrator",
        progress: "Progress[ZkVerifyDetail]",
        shown: dict[str, object],
        left_s: float,
    ) -> Report:
        """With the receipt; what is known already is not lost where it does not come in time."""
        from zkverify_client.services.receipt_wait import NotPublished

        aggregation = None if progress.outcome is None else progress.outcome.detail
        assert isinstance(aggregation, Aggregation)
        try:
            found = await session.receipt(
                aggregation,
                timeout_s=left_s,
                report=lambda trouble: narrator.waiting(aggregation, trouble),
            )
        except NotPublished as error:
            title = _title(progress, Until.FINAL) + "; not published yet"
            return Report(title=title, shown={**shown, "published": False}, missing=error)
        proven = values(found)
        receipt = {name: proven[name] for name in ("root", "path", "leaf_count", "index")}
        shown = {**shown, "published": True, **receipt}
        return Report(title=_title(progress, Until.PUBLISHED), shown=shown)


def _title(progress: "Progress[ZkVerifyDetail]", until: Until) -> str:
    return "verified before; nothing was sent" if progress.was_done_before else _TITLES[until]


def _known(progress: "Progress[ZkVerifyDetail]", request: "Request") -> dict[str, object]:
    """Everything that is known of the act."""
    act = progress.act
    assert act is not None
    shown: dict[str, object] = {
        "statement": hex0x(request.statement),
        "sent": not progress.was_done_before,
        "state": act.state.value,
        "extrinsic": hex0x(act.reference),
    }
    if progress.outcome is not None:
        shown.update(outcome_json(progress.outcome))
    if progress.was_done_before:
        shown["note"] = _note(act.payload, request)
    return shown


def _note(payload: bytes, request: "Request") -> str:
    """What an earlier verification of the statement says about this file."""
    from zkverify_client.ports.zkverify import SubmitGroth16

    said = "the statement was verified before, in the block shown; --again pays for it once more"
    if isinstance(request, SubmitGroth16):
        return f"{said}; this file's proof was checked here, by its pairing"
    if request.proof in payload:
        return f"{said}; it was this file's proof"
    return f"{said}; it was another proof than this file's, which was not verified"
