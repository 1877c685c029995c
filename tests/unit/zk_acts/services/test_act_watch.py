"""Act watch: which acts nobody waits for any more, and when they are asked about again."""

from zk_acts.services.act_watch import FIRST_LOOK_MS, PAUSE_MS, ActWatch
from zk_devnet.testing.manual_clock import ManualClock
from zk_devnet.testing.store_builders import an_intent
from zk_operator.runtime.health import HealthBoard
from zk_operator.runtime.telemetry import Telemetry

ROW = an_intent("late")


def a_watch(clock: ManualClock) -> ActWatch:
    return ActWatch(
        backend="network", clock=clock, telemetry=Telemetry(), board=HealthBoard(clock=clock)
    )


def test_overdue__is_not_waited_for_and_asked_about_after_a_pause() -> None:
    clock = ManualClock()
    watch = a_watch(clock)
    watch.overdue(ROW)
    assert watch.is_overdue(ROW)
    assert not watch.is_due(ROW)
    clock.advance(PAUSE_MS)
    assert watch.is_due(ROW)


def test_overdue__by_a_clock_that_was_ahead_and_is_put_right__is_asked_again_at_once() -> None:
    """Pins: a second proof was bought because the first had been called overdue by a wrong clock."""
    clock = ManualClock()
    watch = a_watch(clock)
    watch.overdue(ROW)
    clock.advance(-300_000)
    assert not watch.is_overdue(ROW)
    assert watch.is_due(ROW)


def test_looks_again__each_look_rests_twice_as_long() -> None:
    clock = ManualClock()
    watch = a_watch(clock)
    for pause_ms in (FIRST_LOOK_MS, 2 * FIRST_LOOK_MS):
        watch.looks_again(ROW)
        clock.advance(pause_ms - 1)
        assert not watch.is_due(ROW)
        clock.advance(1)
        assert watch.is_due(ROW)


def test_looks_again__by_a_clock_that_was_ahead_and_is_put_right__is_looked_at_at_once() -> None:
    """Pins: an act that had ended was not looked at again until the clock was as late as it had wrongly been."""
    clock = ManualClock()
    watch = a_watch(clock)
    watch.looks_again(ROW)
    clock.advance(-300_000)
    assert watch.is_due(ROW)
