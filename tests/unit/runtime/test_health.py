"""Health board: what the node API says."""

from zk_devnet.testing.manual_clock import ManualClock
from zk_operator.runtime.health import HealthBoard, ServiceStatus


def _board(*names: str) -> HealthBoard:
    board = HealthBoard(clock=ManualClock(5_000))
    for name in names:
        board.register(name, f"the {name}")
    return board


def test_board__nothing_has_run__partially_healthy() -> None:
    assert _board("a", "b").http_status == 206


def test_board__all_up_and_ready__healthy() -> None:
    board = _board("a", "b")
    board.succeeded("a")
    board.succeeded("b")
    assert board.http_status == 206
    board.ready = True

    assert board.http_status == 200
    assert board.services["a"].last_success_ms == 5_000


def test_board__one_down__partial_all_down__unavailable() -> None:
    board = _board("a", "b")
    board.ready = True
    board.succeeded("a")
    board.failed("b", "ZKO-EVM-001", "unreachable")
    assert board.http_status == 206
    board.failed("a", "ZKO-RUN-001", "boom", restarted=True)

    assert board.http_status == 503
    assert (board.services["a"].restarts, board.services["b"].restarts) == (1, 0)


def test_board__success_after_failure__error_is_gone_and_restarts_stay() -> None:
    board = _board("a")
    board.failed("a", "ZKO-RUN-001", "boom", restarted=True)
    board.succeeded("a")

    health = board.services["a"]
    assert (health.status, health.error_code, health.error) == (ServiceStatus.UP, None, None)
    assert health.restarts == 1


def test_board__alert__news_once_and_not_healthy_until_cleared() -> None:
    board = _board("a")
    board.ready = True
    board.succeeded("a")

    assert board.raise_alert("balance.GAS", "low")
    assert not board.raise_alert("balance.GAS", "lower")
    assert board.alerts == {"balance.GAS": "lower"}
    assert board.http_status == 206
    assert board.clear_alert("balance.GAS")
    assert not board.clear_alert("balance.GAS")
    assert board.http_status == 200
