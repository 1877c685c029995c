"""The chain's time, as this machine knows it: never ahead of the newest block, whatever the machine's clock is set to."""

import pytest

from zk_acts.runtime.clock import HOUR_MS, ChainClock
from zk_devnet.testing.manual_clock import ManualClock

BLOCK_S = 1_750_000_000


@pytest.fixture
def machine() -> ManualClock:
    """Forty seconds ahead."""
    return ManualClock((BLOCK_S + 40) * 1000)


@pytest.fixture
def elapsed() -> ManualClock:
    return ManualClock(5_000)


@pytest.fixture
def clock(machine: ManualClock, elapsed: ManualClock) -> ChainClock:
    return ChainClock(machine=machine, elapsed_ms=elapsed.now_ms)


def test_chain_clock__no_block_yet__this_machines(clock: ChainClock, machine: ManualClock) -> None:
    assert clock.now_ms() == machine.now_ms()


def test_chain_clock__a_block_was_seen__goes_on_from_its_time(
    clock: ChainClock, machine: ManualClock, elapsed: ManualClock
) -> None:
    clock.see(BLOCK_S)
    elapsed.advance(1_500)
    machine.advance(600_000)  # somebody sets it
    assert clock.now_ms() == BLOCK_S * 1000 + 1_500


def test_chain_clock__blocks_that_were_seen_late__move_nothing(
    clock: ChainClock, elapsed: ManualClock
) -> None:
    clock.see(BLOCK_S)
    elapsed.advance(30_000)
    clock.see(BLOCK_S)  # the chain stands still
    clock.see(BLOCK_S - 12)  # a node lags
    assert clock.now_ms() == BLOCK_S * 1000 + 30_000


def test_chain_clock__a_block_that_was_seen_sooner__moves_it_on(
    clock: ChainClock, elapsed: ManualClock
) -> None:
    clock.see(BLOCK_S)
    elapsed.advance(6_000)
    clock.see(BLOCK_S + 12)
    assert clock.now_ms() == (BLOCK_S + 12) * 1000


def test_chain_clock__a_quartz_that_is_too_fast__is_not_followed_for_more_than_two_hours(
    clock: ChainClock, elapsed: ManualClock
) -> None:
    clock.see(BLOCK_S)
    for hour in (1, 2):
        elapsed.advance(HOUR_MS + 5_000)
        clock.see(BLOCK_S + hour * HOUR_MS // 1000)
    assert clock.now_ms() == BLOCK_S * 1000 + 2 * HOUR_MS + 5_000  # by the hour before this one


def test_chain_clock__a_block_far_ahead_of_all_that_is_known__is_not_believed(
    clock: ChainClock, elapsed: ManualClock
) -> None:
    clock.see(BLOCK_S)
    elapsed.advance(12_000)
    clock.see(BLOCK_S + 30 * 86_400)  # one endpoint lies, once
    assert clock.now_ms() == BLOCK_S * 1000 + 12_000


def test_chain_clock__the_first_block_is_far_ahead__this_machines_goes_on(
    clock: ChainClock, machine: ManualClock
) -> None:
    clock.see(BLOCK_S + 30 * 86_400)
    assert clock.now_ms() == machine.now_ms()
    clock.see(BLOCK_S)
    assert clock.now_ms() == BLOCK_S * 1000


def test_chain_clock__a_node_that_had_lagged_catches_up__is_followed(
    clock: ChainClock, elapsed: ManualClock
) -> None:
    clock.see(BLOCK_S - 86_400)  # it is still reading the chain
    elapsed.advance(10_000)
    clock.see(BLOCK_S)
    assert clock.now_ms() == BLOCK_S * 1000
