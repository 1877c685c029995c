"""Repeated paid acts for one piece of work: which of them count, when the next may be made, which one is waiting."""

from collections.abc import Sequence

from zk_acts.domain.acts import FREE_STATES, Intent, IntentState
from zk_acts.runtime.clock import MOST_AHEAD_MS

EFFECTIVE_STATES = frozenset({IntentState.INCLUDED, IntentState.FINAL, IntentState.FAILED})
WAITING_STATES = frozenset({IntentState.INTENDED, IntentState.SENT})
LONGEST_PAUSE = 8  # in units of the shortest


def is_to_come(moment_ms: int, now_ms: int) -> bool:
    """Whether it was told by a clock that was far ahead, and has been set back since: how long ago it was is not known."""
    return moment_ms > now_ms + MOST_AHEAD_MS


def has_passed(since_ms: int, now_ms: int, pause_ms: int) -> bool:
    """Whether so much time has passed. Nobody waits until it is as late again as a wrong clock once showed."""
    return now_ms - since_ms >= pause_ms or is_to_come(since_ms, now_ms)


def spent(attempts: Sequence[Intent]) -> int:
    """How many of them took effect or still may; one that lapsed was never paid for and does not count."""
    # What was never paid for is no attempt; siblings of one nonce are one (ADR 0120).
    effective = (row for row in attempts if row.state not in FREE_STATES)
    return len({(row.backend, row.account, row.nonce) for row in effective})


def current_attempt(attempts: Sequence[Intent]) -> Intent | None:
    """The attempt that counts: one that took effect for good, else one that took effect, else the newest live one.

    None where none of them can bring anything any more. The newest row is not always the one: of siblings with the
    same nonce an older one may take effect.
    """
    for states in ({IntentState.FINAL}, {IntentState.INCLUDED}, WAITING_STATES):
        found = [row for row in attempts if row.state in states]
        if found:
            return found[-1]
    return None


def viable_attempts(attempts: Sequence[Intent]) -> Sequence[Intent]:
    """Those that may bring something, likeliest first: took effect for good, took effect, then live ones, oldest first.

    One that took effect as a failure brings nothing, also while it is not final what that cost.
    """
    return [
        row
        for states in ({IntentState.FINAL}, {IntentState.INCLUDED}, WAITING_STATES)
        for row in attempts
        if row.state in states and row.error_code is None
    ]


def since_success(attempts: Sequence[Intent]) -> tuple[Intent | None, Sequence[Intent]]:
    """The last that took effect for good, and what was tried after it."""
    done = [number for number, row in enumerate(attempts) if row.state is IntentState.FINAL]
    if not done:
        return None, attempts
    return attempts[done[-1]], attempts[done[-1] + 1 :]


def may_try(attempts: Sequence[Intent], now_ms: int, pause_ms: int) -> bool:
    """Whether enough time has passed since the last free failure: those cost nothing, but must not spin."""
    free = [row for row in attempts if row.state in FREE_STATES]
    if not free or attempts[-1].state not in FREE_STATES:
        return True
    # A free failure costs nothing, and must not be repeated at every tick for that (ADR 0120).
    moved = max(row.updated_at for row in free)
    return has_passed(moved, now_ms, pause_ms * min(len(free), LONGEST_PAUSE))


def waiting(rows: Sequence[Intent]) -> tuple[Intent, ...]:
    """The siblings of the lowest nonce of which none took effect and one still may, oldest first; else none.

    At most one of several transactions of a nonce takes effect, and it need not be the newest.
    """
    by_nonce: dict[int, list[Intent]] = {}
    for row in rows:
        by_nonce.setdefault(row.nonce, []).append(row)
    for nonce in sorted(by_nonce):
        states = {row.state for row in by_nonce[nonce]}
        # Of siblings an older one may have landed: looked at one by one, the newest would seem stuck (ADR 0120).
        if states & WAITING_STATES and not states & EFFECTIVE_STATES:
            return tuple(by_nonce[nonce])
    return ()
