"""Many acts at once: the money rules of one act, for each of them (ADR 0230)."""

from collections.abc import Sequence

import pytest

from zk_acts.domain.acts import Intent, IntentState, Purpose, Resource
from zk_acts.domain.failures import ActRefused, BudgetExceeded
from zk_acts.domain.ids import Statement
from zk_acts.ports.act import Prepared
from zk_acts.services.paid_act import Work
from zk_devnet.testing.scripted_transactions import SendFault
from zk_devnet.testing.scripted_zkverify import FEE, HOLD
from zk_devnet.testing.world import VK_HASH, Crash, CrashAt, Rules, World
from zk_operator.services.bulk_acts import MOST_TOGETHER
from zkverify_client.adapters.errors import StatementMismatch
from zkverify_client.ports.zkverify import RegisterVk, SubmitProof, ZkVerifyRequest


def _works(count: int, *, first: int = 0) -> list[Work[ZkVerifyRequest]]:
    return [
        Work(
            purpose=Purpose.VERIFY,
            subject=f"b{number}",
            request=SubmitProof(
                onchain_proof=b"",
                public_inputs=(),
                statement=Statement(number.to_bytes(32, "big")),
                domain_id=3,
            ),
        )
        for number in range(first, first + count)
    ]


async def _world(rules: Rules | None = None) -> World:
    """The key is registered, by nonce 0."""
    world = World(rules)
    acts = world.operator.extrinsic
    await acts.issue(purpose=Purpose.REGISTER_VK, subject="k", request=RegisterVk(vk_hash=VK_HASH))
    world.second(3)
    await acts.keep()
    return world


async def _rows(world: World) -> list[Intent]:
    return await world.intents(Purpose.VERIFY)


def _states(rows: Sequence[Intent]) -> list[IntentState]:
    return [row.state for row in rows]


async def test_issue_all__many_first_attempts__all_are_sent_under_their_own_nonces() -> None:
    world = await _world()

    rows = await world.operator.extrinsic.issue_all(_works(MOST_TOGETHER + 3))

    assert [row.nonce for row in rows] == list(range(1, MOST_TOGETHER + 4))
    assert set(_states(rows)) == {IntentState.SENT}
    world.second(4)
    await world.operator.extrinsic.keep()
    assert set(_states(await _rows(world))) == {IntentState.FINAL}
    assert world.zkverify.next_used("operator") == MOST_TOGETHER + 4


@pytest.mark.parametrize(("point", "rows"), [("before_row", 0), ("after_row", 3)])
async def test_issue_all__killed_around_the_rows__nothing_has_left(point: str, rows: int) -> None:
    world = await _world()
    sent = len(world.zkverify.sent)
    world.restart(CrashAt(label=f"extrinsic.{point}"))

    with pytest.raises(Crash):
        await world.operator.extrinsic.issue_all(_works(3))

    assert len(world.zkverify.sent) == sent
    assert _states(await _rows(world)) == [IntentState.INTENDED] * rows
    world.restart()
    await world.operator.recover()
    world.clock.advance(10_000)
    await world.operator.extrinsic.keep()
    world.second(4)
    await world.operator.extrinsic.keep()
    assert _states(await _rows(world)) == [IntentState.FINAL] * rows


async def test_issue_all__one_refused__is_lapsed_and_told_and_the_others_are_sent() -> None:
    world = await _world()
    world.zkverify.faults.append(ActRefused("no"))

    with pytest.raises(ActRefused, match="no"):
        await world.operator.extrinsic.issue_all(_works(3))

    rows = await _rows(world)
    assert _states(rows) == [IntentState.LAPSED, IntentState.SENT, IntentState.SENT]
    assert rows[0].error_code == ActRefused.code


async def test_issue_all__answers_lost__are_undecided_and_none_is_paid_twice() -> None:
    world = await _world()
    world.zkverify.faults += [SendFault.LOST_ANSWER, SendFault.LOST_REQUEST]

    rows = await world.operator.extrinsic.issue_all(_works(3))
    assert sorted(_states(rows)) == [IntentState.INTENDED, IntentState.INTENDED, IntentState.SENT]
    for _ in range(12):
        world.second()
        await world.operator.extrinsic.keep()

    assert _states(await _rows(world)) == [IntentState.FINAL] * 3
    assert world.zkverify.next_used("operator") == 4


async def test_issue_all__caps_allow_two__two_are_sent_and_the_rest_waits() -> None:
    rules = Rules(caps={Resource.VFY: 6 * 10**18})
    world = await _world(rules)
    rules.caps[Resource.VFY] = (await world.intents(Purpose.REGISTER_VK))[0].quoted + 2 * (
        FEE + HOLD
    )
    world.restart()

    with pytest.raises(BudgetExceeded):
        await world.operator.extrinsic.issue_all(_works(4))

    assert _states(await _rows(world)) == [IntentState.SENT, IntentState.SENT]


async def test_issue_all__one_cannot_be_prepared__the_others_go() -> None:
    world = await _world()
    prepare = world.extrinsics.prepare
    bad = _works(1, first=7)[0]

    async def refuse_bad(request: ZkVerifyRequest, nonce: int, beat: object = None) -> Prepared:
        if request == bad.request:
            raise StatementMismatch
        return await prepare(request, nonce)

    world.extrinsics.prepare = refuse_bad  # type: ignore[method-assign]
    with pytest.raises(StatementMismatch):
        await world.operator.extrinsic.issue_all([*_works(2), bad])

    assert _states(await _rows(world)) == [IntentState.SENT, IntentState.SENT]


async def test_issue_all__an_act_is_unresolved__nothing_is_issued_beside_it() -> None:
    world = await _world()
    world.zkverify.faults.append(SendFault.LOST_REQUEST)
    await world.operator.extrinsic.issue_all(_works(1))

    with pytest.raises(Exception, match="unresolved"):
        await world.operator.extrinsic.issue_all(_works(2, first=1))

    assert len(await _rows(world)) == 1
