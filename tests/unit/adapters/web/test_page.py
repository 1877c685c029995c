"""The status page, rendered from values; no server."""

from zk_devnet.testing.manual_clock import ManualClock
from zk_operator.adapters.web.server import render_page
from zk_operator.runtime.health import HealthBoard


def a_board() -> HealthBoard:
    board = HealthBoard(clock=ManualClock(1_000))
    board.register("intake", "Follows the chain")
    return board


def test_page__with_alert__shows_it_first() -> None:
    board = a_board()
    board.raise_alert("balance.GAS", "0x12 has 0, should have 1")

    page = render_page("node <1>", {"orders": {"open": 3}}, board)

    assert "balance.GAS" in page
    assert page.index("balance.GAS") < page.index("Follows the chain")


def test_page__with_markup_in_values__is_escaped() -> None:
    page = render_page("<script>", {"evm": {"error": "<img src=x>"}}, a_board())

    assert "<script>" not in page
    assert "<img" not in page


def test_page__nested_counts__stay_on_their_line() -> None:
    page = render_page(
        "n", {"in_flight": {"acts": {"prove": {"live": 2, "ambiguous": 1}}}}, a_board()
    )

    assert "prove: 2 live, 1 ambiguous" in page
