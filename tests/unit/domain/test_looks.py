"""When a prover is asked again: sooner where a proof is likely, and never more often in all."""

from collections.abc import Iterator

import pytest

from zk_operator.services.look_times import pause_ms

POLL_MS = 2_000


def looks(usual_ms: int, until_ms: int) -> Iterator[int]:
    """The ages at which a request is looked at, the last one not before `until_ms`."""
    age_ms = 0
    while age_ms < until_ms:
        age_ms += pause_ms(age_ms=age_ms, usual_ms=usual_ms, poll_ms=POLL_MS)
        yield age_ms


def mean_delay_ms(usual_ms: int, *, even: bool) -> float:
    """From a proof to its look, for proofs between 90 and 112 % of the usual time."""
    ready = range(usual_ms * 90 // 100 + 1, usual_ms * 112 // 100, 97)
    return sum(_delay_ms(usual_ms, at, even=even) for at in ready) / len(ready)


def _delay_ms(usual_ms: int, ready_ms: int, *, even: bool) -> int:
    if even:
        return -ready_ms % POLL_MS
    return list(looks(usual_ms, ready_ms))[-1] - ready_ms


@pytest.mark.parametrize("usual_ms", [10_000, 30_000, 60_000, 300_000])
def test_pause__whenever_the_proof_comes__no_more_looks_than_at_even_pauses(usual_ms: int) -> None:
    for ready_ms in range(1, usual_ms * 3, 501):
        even = -(-ready_ms // POLL_MS)
        # The end of the long pauses seldom falls on the even grid: one look for that.
        assert len(list(looks(usual_ms, ready_ms))) <= even + 1, ready_ms


@pytest.mark.parametrize("usual_ms", [10_000, 30_000, 60_000, 300_000])
def test_pause__around_the_usual_time__a_proof_waits_for_a_third_of_the_time(usual_ms: int) -> None:
    before, after = mean_delay_ms(usual_ms, even=True), mean_delay_ms(usual_ms, even=False)
    assert before > 900
    assert after < before * 0.45


def test_pause__a_proof_that_is_usually_there_at_once__is_looked_for_then() -> None:
    assert next(looks(300, 1)) == 270


def test_pause__the_shortest_interval__is_no_busy_loop() -> None:
    assert pause_ms(age_ms=1_000, usual_ms=1_000, poll_ms=2) == 1
