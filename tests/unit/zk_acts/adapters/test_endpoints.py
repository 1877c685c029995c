"""What is known of endpoints, and for how long one that failed is left alone."""

import pytest

from zk_acts.adapters.endpoints import Endpoint, EndpointDirectory
from zk_acts.domain.back_off import BackOff


class Watch:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def first() -> Endpoint:
    return Endpoint(name="first")


@pytest.fixture
def directory(watch: Watch, first: Endpoint) -> EndpointDirectory[Endpoint]:
    back_off = BackOff(first_s=1.0, most_s=3.0)
    return EndpointDirectory([first, Endpoint(name="second")], now=watch, back_off=back_off)


def test_directory__without_endpoints__is_refused(watch: Watch) -> None:
    with pytest.raises(ValueError, match="at least one"):
        EndpointDirectory([], now=watch, back_off=BackOff())


def test_failed__again_and_again__waits_longer_up_to_the_most(
    directory: EndpointDirectory[Endpoint], first: Endpoint
) -> None:
    waits = []
    for _ in range(4):
        directory.failed(first, "down")
        waits.append(directory.waits_s(first))
    assert waits == [1.0, 2.0, 3.0, 3.0]
    assert directory.health()[0].failures == 4
    assert directory.health()[0].last_error == "down"


def test_failed__time_passes__is_ready_again(
    directory: EndpointDirectory[Endpoint], first: Endpoint, watch: Watch
) -> None:
    directory.failed(first, "down")
    watch.now_s = 0.75
    assert directory.waits_s(first) == 0.25
    watch.now_s = 2.0
    assert directory.waits_s(first) == 0.0


@pytest.mark.parametrize(("asked_s", "silent_s"), [(2.0, 2.0), (3600.0, 3.0), (None, 0.0)])
def test_failed__asked_for_silence__is_believed_up_to_the_most(
    directory: EndpointDirectory[Endpoint], first: Endpoint, asked_s: float | None, silent_s: float
) -> None:
    directory.failed(first, "busy", retry_after_s=asked_s)
    assert directory.silent_s(first) == silent_s
    assert directory.waits_s(first) == max(1.0, silent_s)


def test_succeeded__after_failures__is_news_once(
    directory: EndpointDirectory[Endpoint], first: Endpoint
) -> None:
    directory.failed(first, "down")
    assert directory.succeeded(first)
    assert not directory.succeeded(first)
    assert directory.waits_s(first) == 0.0
    assert directory.health()[0].last_error is None


def test_timed__several_requests__is_a_moving_average(
    directory: EndpointDirectory[Endpoint], first: Endpoint
) -> None:
    directory.timed(first, 1.0)
    directory.timed(first, 0.5)
    assert [each.latency_s for each in directory.health()] == [pytest.approx(0.9), None]
