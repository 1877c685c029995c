"""What a node can answer to a transaction and its replacements, and how each case ends: one payment, and no act left open.

The cases are those that transaction managers of rollup operators are tested for; a name says what befalls the offers.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import NoReturn

import pytest
from structlog.testing import capture_logs

from zk_acts.domain.acts import LIVE_STATES, Intent, IntentState, Purpose
from zk_acts.domain.failures import ActRefused, BalanceTooLow, BudgetExceeded, OfferTooLow
from zk_acts.ports.act import Fees
from zk_acts.services.paid_act import PaidActs
from zk_devnet.testing.scripted_transactions import SendFault
from zk_devnet.testing.world import Rules, World
from zk_operator.domain.failures import EvmUnreachable

F, R, L = IntentState.FINAL, IntentState.REPLACED, IntentState.LAPSED
PATIENCE_MS, MOST = 30_000, 3


class Node:
    """An account with one transaction under way, and a node of which a test says what it answers."""

    def __init__(self, rules: Rules | None = None) -> None:
        self.world = World(rules)
        self.chain = self.world.transactions

    @property
    def acts(self) -> PaidActs:  # type: ignore[type-arg]  # one channel's
        return self.world.operator.transaction

    async def offer(self, *, after_s: int = 30) -> None:
        """The first offer, or a better one where the patience is over; what is refused is tried again."""
        call = self.world.contract.nothing(self.world.chain.contract.hook)
        if not await self.rows():
            await self.acts.issue(purpose=Purpose.SETTLE, subject="b1", request=call)
            return
        self.world.clock.advance(after_s * 1000)
        await self.acts.keep()
        stuck = await self.acts.stuck(PATIENCE_MS, MOST)
        if stuck is not None:
            await self.acts.replace(stuck, call)

    async def refused(self, *, after_s: int = 30) -> None:
        with pytest.raises(ActRefused):
            await self.offer(after_s=after_s)

    async def rows(self) -> list[Intent]:
        return list(await self.acts.of(Purpose.SETTLE, "b1"))

    async def finish(self) -> None:
        """Time for everything that is in a pool, or will be sent again, to be final."""
        for _ in range(4):
            self.world.clock.advance(5_000)
            await self.acts.keep()
            self.world.second(3)
        await self.acts.keep()
        assert await self.acts.stuck(PATIENCE_MS, MOST) is None


Script = Callable[[Node], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What befalls the offers, and how their rows end."""

    script: Script
    ends: tuple[IntentState, ...]


async def _taken_at_once(node: Node) -> None:
    await node.offer()


async def _dropped_by_the_node(node: Node) -> None:
    await node.offer()
    node.chain.drop_pending()


async def _never_arrived(node: Node) -> None:
    node.chain.faults.append(SendFault.LOST_REQUEST)
    await node.offer()


async def _answer_lost(node: Node) -> None:
    node.chain.faults.append(SendFault.LOST_ANSWER)
    await node.offer()


async def _known_already(node: Node) -> None:
    await node.offer()
    (row,) = await node.rows()
    await node.chain.send(row)


async def _replaced(node: Node) -> None:
    await node.offer()
    await node.offer()


async def _first_one_refused_as_too_cheap(node: Node) -> None:
    node.chain.least_fee_cap = 22 * 10**8
    await node.refused()
    await node.acts.issue(
        purpose=Purpose.SETTLE,
        subject="b1",
        request=node.world.contract.nothing(node.world.chain.contract.hook),
    )


async def _replacement_refused_once(node: Node) -> None:
    await node.offer()
    node.chain.faults.append(OfferTooLow("replacement transaction underpriced"))
    await node.refused()
    await node.offer(after_s=5)


async def _replacement_refused_twice(node: Node) -> None:
    await node.offer()
    node.chain.faults += [OfferTooLow(), OfferTooLow()]
    await node.refused()
    await node.refused(after_s=5)
    await node.offer(after_s=10)


async def _price_rose_beyond_one_step(node: Node) -> None:
    await node.offer()
    node.chain.drop_pending()
    (first,) = await node.rows()
    node.chain.least_fee_cap = first.fee_cap * 13 // 10
    node.chain.faults.append(SendFault.LOST_REQUEST)  # of the same bytes, sent again
    await node.refused()
    await node.offer(after_s=5)


async def _all_replacements_refused(node: Node) -> None:
    await node.offer()
    node.chain.faults += [ActRefused("the pool is full")] * MOST
    await node.refused()
    for pause_s in (5, 10):
        await node.refused(after_s=pause_s)
    await node.offer(after_s=60)


async def _first_mined_while_it_is_replaced(node: Node) -> None:
    await node.offer()
    node.chain.faults.append(SendFault.LOST_REQUEST)
    await node.offer()
    node.world.second(4)


async def _first_mined_before_it_is_replaced(node: Node) -> None:
    await node.offer()
    node.world.second()
    await node.offer()
    assert len(await node.rows()) == 1


async def _replacement_arrived_and_its_answer_was_lost(node: Node) -> None:
    await node.offer()
    node.chain.faults.append(SendFault.LOST_ANSWER)
    await node.offer()


async def _both_dropped(node: Node) -> None:
    await node.offer()
    await node.offer()
    node.chain.drop_pending()


async def _mined_and_reorged_out(node: Node) -> None:
    await node.offer()
    node.world.second()
    await node.acts.keep()
    node.chain.reorg(1)
    node.chain.drop_pending()
    node.world.chain.mine()


async def _replacement_reorged_out_and_dropped(node: Node) -> None:
    await node.offer()
    await node.offer()
    node.world.second()
    await node.acts.keep()
    node.chain.reorg(1)
    node.chain.drop_pending()
    node.world.chain.mine()


async def _nonce_used_while_outcomes_cannot_be_read(node: Node) -> None:
    await node.offer()
    node.world.second()
    node.chain.unreadable = EvmUnreachable()
    for _ in range(5):
        with pytest.raises(EvmUnreachable):
            await node.offer()
        node.world.clock.advance(60_000)
        assert await node.acts.stuck(PATIENCE_MS, MOST) is None
    node.chain.unreadable = None


MATRIX = {
    "taken at once": Case(script=_taken_at_once, ends=(F,)),
    "dropped by the node": Case(script=_dropped_by_the_node, ends=(F,)),
    "never arrived": Case(script=_never_arrived, ends=(F,)),
    "answer lost": Case(script=_answer_lost, ends=(F,)),
    "known already": Case(script=_known_already, ends=(F,)),
    "replaced": Case(script=_replaced, ends=(R, F)),
    "first one refused as too cheap": Case(script=_first_one_refused_as_too_cheap, ends=(L, F)),
    "replacement refused once": Case(script=_replacement_refused_once, ends=(R, L, F)),
    "replacement refused twice": Case(script=_replacement_refused_twice, ends=(R, L, L, F)),
    "price rose beyond one step": Case(script=_price_rose_beyond_one_step, ends=(R, L, F)),
    "all replacements refused": Case(script=_all_replacements_refused, ends=(F, L, L, L)),
    "first mined while it is replaced": Case(script=_first_mined_while_it_is_replaced, ends=(F, R)),
    "first mined before it is replaced": Case(script=_first_mined_before_it_is_replaced, ends=(F,)),
    "replacement's answer lost": Case(
        script=_replacement_arrived_and_its_answer_was_lost, ends=(R, F)
    ),
    "both dropped": Case(script=_both_dropped, ends=(R, F)),
    "mined and reorged out": Case(script=_mined_and_reorged_out, ends=(F,)),
    "replacement reorged out and dropped": Case(
        script=_replacement_reorged_out_and_dropped, ends=(R, F)
    ),
    "nonce used while outcomes cannot be read": Case(
        script=_nonce_used_while_outcomes_cannot_be_read, ends=(F,)
    ),
}


@pytest.mark.parametrize("case", MATRIX.values(), ids=MATRIX)
async def test_offers__one_nonce__one_takes_effect_and_each_costs_more_than_all_before(
    case: Case,
) -> None:
    node = Node()

    await case.script(node)
    await node.finish()

    rows = await node.rows()
    assert tuple(row.state for row in rows) == case.ends
    assert {row.nonce for row in rows} == {0}
    assert not LIVE_STATES & {row.state for row in rows}
    assert all(10 * after.fee_cap >= 11 * before.fee_cap for before, after in pairwise(rows))
    assert all(10 * after.tip >= 11 * before.tip for before, after in pairwise(rows))
    spent = node.chain.wei - await node.chain.balance()
    assert sum(row.paid or 0 for row in rows) == spent > 0
    assert node.world.operator.board.alerts == {}


async def test_offers__as_many_as_allowed__the_operator_is_told_until_the_nonce_is_used() -> None:
    node = Node()
    board = node.world.operator.board
    with capture_logs() as logs:
        for _ in range(MOST + 1):
            await node.offer()
        assert board.alerts == {}
        for _ in range(4):
            await node.offer()
        assert list(board.alerts) == ["acts.evm:31337.stuck"]
        sent = len(node.chain.sent)
        node.chain.drop_pending()
        await node.offer(after_s=5)
        assert len(node.chain.sent) == sent + 1  # it goes on being sent
        assert list(board.alerts) == ["acts.evm:31337.stuck"]
        node.world.second()
        await node.offer(after_s=1)

    assert len(await node.rows()) == MOST + 1
    told = [line for line in logs if line["event"] == "act.stuck"]
    assert [(line["code"], line["log_level"], line["nonce"]) for line in told] == [
        ("ZKO-ACT-007", "error", 0)
    ]
    assert [line["event"] for line in logs].count("act.unstuck") == 1
    assert board.alerts == {}


async def test_offers__none_can_be_made_for_long__the_operator_is_told_until_one_is() -> None:
    node = Node()
    await node.offer()

    async def too_dear(*_: object) -> NoReturn:
        raise BudgetExceeded

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(node.chain, "prepare", too_dear)
        for alerts in (0, 0, 1, 1):
            with pytest.raises(BudgetExceeded):
                await node.offer()
            assert len(node.world.operator.board.alerts) == alerts
    await node.offer(after_s=0)
    await node.offer(after_s=1)

    assert len(await node.rows()) == 2
    assert node.world.operator.board.alerts == {}


async def test_offers__restarted_while_nothing_moves__told_again() -> None:
    node = Node()
    for _ in range(MOST + 1):
        await node.offer()
    node.world.restart()

    await node.offer()

    assert list(node.world.operator.board.alerts) == ["acts.evm:31337.stuck"]


async def test_resend__superseded_siblings__only_the_newest_is_sent_again() -> None:
    node = Node()
    for _ in range(3):
        await node.offer()
    newest = (await node.rows())[-1]
    node.chain.drop_pending()
    node.chain.sent.clear()

    for _ in range(6):
        node.chain.drop_pending()
        node.world.clock.advance(5_000)
        await node.acts.keep()

    assert node.chain.sent == [newest.payload] * 6


async def test_replacement__reserve_would_be_touched__not_offered_and_the_operator_is_told() -> (
    None
):
    node = Node(Rules(reserve=10**16))
    await node.offer()
    (first,) = await node.rows()
    node.chain.wei = 10**16 + first.quoted * 110 // 100  # enough for this one, not for a dearer

    with pytest.raises(BalanceTooLow):
        await node.offer()

    assert await node.rows() == [first]
    assert list(node.world.operator.board.alerts) == ["spending.GAS.balance"]
    node.chain.wei = 10**16 + first.quoted * 116 // 100  # only the difference is needed
    await node.offer(after_s=0)
    assert len(await node.rows()) == 2
    assert node.world.operator.board.alerts == {}


async def test_replacement__older_offers_were_higher__beats_the_highest() -> None:
    node = Node()
    await node.offer()
    node.chain.faults += [OfferTooLow()]
    await node.refused()
    refused = (await node.rows())[-1]

    await node.offer(after_s=5)

    best = (await node.rows())[-1]
    beaten = Fees(fee_cap=refused.fee_cap, tip=refused.tip)
    assert (best.fee_cap * 100, best.tip * 100) >= (beaten.fee_cap * 115, beaten.tip * 115)
