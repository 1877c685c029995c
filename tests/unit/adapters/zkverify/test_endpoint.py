from zk_operator.adapters.zkverify.endpoint import BackOff, EndpointDirectory

FIRST, SECOND = "ws://first", "ws://second"


class Watch:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def _chosen(directory: EndpointDirectory, *excluded: str) -> str | None:
    endpoint = directory.choose(excluded)
    return None if endpoint is None else endpoint.url


def test_choose__nothing_known__takes_the_configured_order() -> None:
    directory = EndpointDirectory(urls=[FIRST, SECOND], now=Watch())
    assert _chosen(directory) == FIRST
    assert _chosen(directory, FIRST) == SECOND
    assert _chosen(directory, FIRST, SECOND) is None


def test_choose__after_failures__waits_longer_each_time_and_prefers_the_healthy() -> None:
    watch = Watch()
    back_off = BackOff(first_s=1.0, most_s=3.0)
    directory = EndpointDirectory(urls=[FIRST, SECOND], now=watch, back_off=back_off)
    first = directory.choose(())
    assert first is not None
    waits = []
    for _ in range(4):
        directory.failed(first, "down")
        waits.append(first.retry_at - watch.now_s)
    assert waits == [1.0, 2.0, 3.0, 3.0]
    watch.now_s = 100.0
    assert _chosen(directory) == SECOND
    assert _chosen(directory, SECOND) == FIRST
    directory.succeeded(first, 0.01)
    assert _chosen(directory) == FIRST


def test_choose__much_slower__comes_second() -> None:
    directory = EndpointDirectory(urls=[FIRST, SECOND], now=Watch())
    first, second = directory.choose(()), directory.choose((FIRST,))
    assert first is not None
    assert second is not None
    directory.succeeded(first, 0.5)
    directory.succeeded(second, 0.02)
    assert _chosen(directory) == SECOND
    latencies = {health.address: health.latency_s for health in directory.health()}
    assert latencies == {FIRST: 0.5, SECOND: 0.02}
