"""Repeated paid acts for one piece of work: which of them count, when the next may be made, which one is waiting."""

from collections.abc import Sequence

from zk_operator.domain.records import Intent, IntentState

FREE_STATES = frozenset({IntentState.LAPSED, IntentState.REPLACED})
EFFECTIVE_STATES = frozenset({IntentState.INCLUDED, IntentState.FINAL, IntentState.FAILED})
WAITING_STATES = frozenset({IntentState.INTENDED, IntentState.SENT})
LONGEST_PAUSE = 8  # in units of the shortest


def spent(attempts: Sequence[Intent]) -> int:
    """How many of them took effect or still may; one that lapsed was never paid for and does not count."""
    return len({row.nonce for row in attempts if row.state not in FREE_STATES})


def may_try(attempts: Sequence[Intent], now_ms: int, pause_ms: int) -> bool:
    """Whether enough time has passed since the last free failure: those cost nothing, but must not spin."""
    if not attempts or attempts[-1].state not in FREE_STATES:
        return True
    free = sum(1 for row in attempts if row.state in FREE_STATES)
    return now_ms - attempts[-1].updated_at >= pause_ms * min(free, LONGEST_PAUSE)


def waiting(rows: Sequence[Intent]) -> tuple[Intent, ...]:
    """The siblings of the lowest nonce of which none took effect and one still may, oldest first; else none.

    At most one of several transactions of a nonce takes effect, and it need not be the newest.
    """
    by_nonce: dict[int, list[Intent]] = {}
    for row in rows:
        by_nonce.setdefault(row.nonce, []).append(row)
    for nonce in sorted(by_nonce):
        states = {row.state for row in by_nonce[nonce]}
        if states & WAITING_STATES and not states & EFFECTIVE_STATES:
            return tuple(by_nonce[nonce])
    return ()
