"""What an outcome means for an act's row, and what a row says by itself. Pure."""

from zk_acts.domain.acts import ActDetail, Intent, IntentState
from zk_acts.domain.details import FailureReason
from zk_acts.ports.act import Failed, Included, Lapsed, Outcome, Pending

ENDED_STATES = frozenset({IntentState.FINAL, IntentState.FAILED})
MOST_REASON = 500  # characters of what the other side says


def state_of(outcome: Pending | Included[ActDetail] | Failed | Lapsed) -> IntentState:
    """The state that the row moves to."""
    match outcome:
        case Pending():
            return IntentState.SENT
        case Included():
            return IntentState.FINAL if outcome.final else IntentState.INCLUDED
        case Failed():
            return IntentState.FAILED if outcome.final else IntentState.INCLUDED
        case Lapsed():
            return IntentState.REPLACED if outcome.by_nonce else IntentState.LAPSED


def facts_of(outcome: Pending | Included[ActDetail] | Failed | Lapsed) -> dict[str, object]:
    """The columns that it fills, so that nobody has to ask for them again."""
    match outcome:
        case Pending():
            return {}
        case Included():
            return _effect(outcome, error_code=None, detail=outcome.detail)
        case Failed():
            reason = outcome.detail.encode("utf-8", "replace").decode()[:MOST_REASON]
            return _effect(outcome, error_code=outcome.code, detail=FailureReason(reason=reason))
        case Lapsed():
            return {"paid": 0, "included_block": None, "error_code": None, "detail": None}


def _effect(
    outcome: Included[ActDetail] | Failed, *, error_code: str | None, detail: ActDetail
) -> dict[str, object]:
    return {
        "paid": outcome.paid,
        "included_block": outcome.block_number,
        "error_code": error_code,
        "detail": detail,
    }


def told_by(row: Intent) -> Outcome[ActDetail] | None:
    """What became of the act, by its row alone; None while that has to be asked.

    Also for a success that an earlier version wrote down without what it brought.
    """
    match row.state:
        case IntentState.FINAL | IntentState.FAILED:
            return _effect_of(row)
        case IntentState.LAPSED | IntentState.REPLACED:
            return Lapsed(by_nonce=row.state is IntentState.REPLACED)
        case _:
            return None


def _effect_of(row: Intent) -> Included[ActDetail] | Failed | None:
    paid = row.quoted if row.paid is None else row.paid
    if row.error_code is not None or isinstance(row.detail, FailureReason):
        reason = row.detail.reason if isinstance(row.detail, FailureReason) else ""
        return Failed(
            code=row.error_code or "",
            detail=reason,
            final=True,
            paid=paid,
            block_number=row.included_block,
        )
    if row.detail is None:
        return None
    return Included(detail=row.detail, final=True, paid=paid, block_number=row.included_block)
