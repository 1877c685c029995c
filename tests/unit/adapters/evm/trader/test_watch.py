"""Following an order: the transitions that are told, reorgs included, and when it ends."""

from collections.abc import Sequence
from typing import Any

import pytest
from eth_abi.abi import encode
from tests.unit.adapters.evm.conftest import ScriptedTransport, pool_of
from tests.unit.adapters.evm.trader.conftest import MANAGER
from tests.unit.adapters.evm.trader.test_log import ID, block, ended_log

from zk_acts.domain.ids import hex0x
from zk_operator.domain.chain_event import BlockTag
from zk_operator.domain.failures import MalformedAnswer
from zk_operator.domain.records import OnchainStatus
from zk_operator.ports.chain import OnchainOrder
from zk_trader.errors import WatchTimedOut
from zk_trader.log import OrderLog
from zk_trader.polling import Polling
from zk_trader.stage import Stage, stage_of
from zk_trader.view import TraderView
from zk_trader.watch import OrderWatch, Transition

NONE, OPEN, SETTLED, REFUNDED = (0, 0), (1, 0), (2, 0), (3, 99)
CANCELLING = (1, 99)


def slot(state: tuple[int, int]) -> str:
    status, cancel_at = state
    return hex0x(encode(["uint8[]", "uint40[]"], [[status], [cancel_at]]))


async def follow(
    states: Sequence[tuple[int, int]], *, final_at: int = 10_000, timeout_s: float = 10.0
) -> list[Transition]:
    """What is told while the contract goes through these states; it ends in block 9000."""
    left = list(states)

    def header(wanted: str, full: bool) -> dict[str, Any]:
        return block(wanted, full) | (
            {"number": hex(final_at)} if wanted == BlockTag.FINALIZED.value else {}
        )

    def state(_call: object, _block: object) -> str:
        return slot(left.pop(0) if len(left) > 1 else left[0])

    transport = ScriptedTransport(
        eth_getBlockByNumber=header,
        eth_call=state,
        eth_getLogs=[ended_log("OrderSettled", 77, at=9_000)],
    )
    pool = pool_of(transport)
    watch = OrderWatch(
        view=TraderView(pool=pool, manager=MANAGER),
        log=OrderLog(pool=pool, manager=MANAGER),
        polling=Polling(timeout_s=timeout_s, poll_s=0),
        until=BlockTag.FINALIZED,
    )
    told: list[Transition] = []
    end = await watch.follow(ID, from_block=0, told=told.append)
    assert end == told[-1]
    return told


async def test_follow__from_nothing_to_settled__tells_each_stage_once() -> None:
    told = await follow([NONE, NONE, OPEN, OPEN, CANCELLING, SETTLED])
    assert [each.stage.value for each in told] == ["unknown", "open", "cancelling", "settled"]
    assert told[2].cancel_at_s == 99
    end = told[-1]
    assert end.at is not None
    assert (end.amount, end.at.block_number, end.done) == (77, 9_000, True)


async def test_follow__settlement_taken_back_by_a_reorg__tells_that_too() -> None:
    with pytest.raises(WatchTimedOut) as caught:
        await follow([SETTLED, OPEN], final_at=8_999, timeout_s=0.05)
    assert caught.value.context["stage"] == "open"


async def test_follow__settled_but_not_final__waits() -> None:
    with pytest.raises(WatchTimedOut) as caught:
        await follow([SETTLED], final_at=8_999, timeout_s=0.05)
    assert (caught.value.context["stage"], caught.value.exit_code) == ("settled", 4)


async def test_state__a_status_that_does_not_exist__is_malformed() -> None:
    view = TraderView(pool=pool_of(ScriptedTransport(eth_call=slot((5, 0)))), manager=MANAGER)
    with pytest.raises(MalformedAnswer):
        await view.state(ID)


def test_stage_of__ended_with_a_cancel__is_the_end() -> None:
    status, cancel_at = REFUNDED
    state = OnchainOrder(order_id=ID, status=OnchainStatus(status), cancel_at_s=cancel_at)
    assert stage_of(state) is Stage.REFUNDED
