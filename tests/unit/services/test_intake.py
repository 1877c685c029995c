"""Intake: every block once, reorgs followed, bad orders recorded while good ones go on."""

from dataclasses import replace

import pytest

from zk_acts.domain.ids import Hash32
from zk_devnet.testing.scripted_chain import ScriptedChain, scripted_terms
from zk_devnet.testing.world import World
from zk_operator.domain.chain_event import BlockRef, LogRef, OrderPlaced, OrderRefused, Undecodable
from zk_operator.domain.failures import EvmUnreachable, MalformedAnswer, ReorgTooDeep
from zk_operator.domain.ids import OrderId
from zk_operator.domain.records import OrderStatus
from zk_operator.domain.validation import ZERO_ADDRESS, Refusal
from zk_operator.ports.chain import Reading
from zk_operator.ports.store import ScannedBlock
from zk_operator.services.intake import Intake, IntakePolicy


async def _cursor(world: World) -> BlockRef:
    cursor = await world.store.chain.cursor()
    assert cursor is not None
    return cursor


def _gauge(world: World, name: str) -> float | None:
    return world.operator.telemetry.registry.get_sample_value(name)


def _intake(world: World, **policy: int) -> Intake:
    """The intake of a new process that starts with this policy."""
    fields = {"start_block": 0, "see_at": 0} | policy
    world.rules = replace(world.rules, intake=IntakePolicy(**fields))
    return world.restart().intake


async def test_intake__new_database__reads_from_the_start_block_to_the_head() -> None:
    world = World()
    before = world.place(world.order(1))
    after = world.place(world.order(2))

    await _intake(world, start_block=2).tick()

    assert await world.statuses([*before, *after]) == [OrderStatus.OPEN]
    assert await _cursor(world) == world.chain.tip


async def test_intake__restarted__goes_on_after_the_cursor() -> None:
    world = World()
    first = world.place(world.order(1))
    await world.operator.intake.tick()
    second = world.place(world.order(2))

    await world.restart().intake.tick()

    assert await world.statuses([*first, *second]) == [OrderStatus.OPEN] * 2


async def test_intake__long_range__read_in_parts_without_a_gap() -> None:
    world = World()
    ids = []
    for salt in range(12):
        ids += world.place(world.order(salt))
        world.chain.mine_empty(2)

    await _intake(world, max_range=5, max_rewind=2).tick()

    assert await world.statuses(ids) == [OrderStatus.OPEN] * 12
    assert await _cursor(world) == world.chain.tip


async def test_intake__order_reorged_out__orphaned_and_open_again_when_mined_again() -> None:
    world = World()
    order = world.order(1)
    ids = world.place(order)
    await world.operator.intake.tick()

    world.reorg(1, remine=False)
    world.chain.mine_empty(2)
    await world.operator.intake.tick()
    assert await world.statuses(ids) == [OrderStatus.ORPHANED]
    world.place(order)
    await world.operator.intake.tick()

    assert await world.statuses(ids) == [OrderStatus.OPEN]
    assert _gauge(world, "zk_operator_reorgs_total") == 1


async def test_intake__same_height_other_block__followed() -> None:
    world = World()
    ids = world.place(world.order(1))
    await world.operator.intake.tick()
    world.reorg(1, remine=False)
    world.chain.mine()

    await world.operator.intake.tick()

    assert await world.statuses(ids) == [OrderStatus.ORPHANED]
    assert await _cursor(world) == world.chain.tip


async def test_intake__endpoint_lags_behind_the_cursor__nothing_is_taken_back() -> None:
    world = World()
    world.chain.mine_empty(3)
    ids = world.place(world.order(1))
    await world.operator.intake.tick()
    seen = world.chain.tip
    lagging = world.chain.reorg(2)

    await world.operator.intake.tick()

    assert await world.statuses(ids) == [OrderStatus.OPEN]
    assert await _cursor(world) == seen
    assert len(lagging) == 2
    assert _gauge(world, "zk_operator_reorgs_total") == 0


async def test_intake__shorter_chain_that_contradicts__followed_at_once() -> None:
    world = World()
    world.chain.mine_empty(3)
    ids = world.place(world.order(1))
    await world.operator.intake.tick()
    world.chain.reorg(3)
    world.chain.mine()

    await world.operator.intake.tick()

    assert await world.statuses(ids) == [OrderStatus.ORPHANED]
    assert await _cursor(world) == world.chain.tip


async def test_intake__rewritten_below_everything_known__fatal() -> None:
    world = World()
    world.chain.mine_empty(4)
    await _intake(world, start_block=2).tick()
    world.chain.reorg(4)
    world.chain.mine_empty(6)

    with pytest.raises(ReorgTooDeep):
        await _intake(world, start_block=2).tick()


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"amount_in": 0}, Refusal.BAD_AMOUNT),
        ({"deadline": 1}, Refusal.BAD_DEADLINE),
        ({"owner": ZERO_ADDRESS}, Refusal.BAD_OWNER),
    ],
)
async def test_intake__bad_order__recorded_with_its_code_and_the_good_one_goes_on(
    changes: dict[str, object], refusal: Refusal
) -> None:
    world = World()
    ids = world.place(world.order(1, **changes), world.order(2))

    await world.operator.intake.tick()

    bad, good = await world.store.orders.get(ids)
    assert (bad.refusal, good.refusal) == (refusal, None)
    seen = world.operator.telemetry.registry.get_sample_value
    assert seen("zk_operator_orders_seen_total", {"verdict": refusal}) == 1


async def test_intake__id_that_does_not_follow_from_the_terms__refused() -> None:
    world = World()
    claimed, order = OrderId(b"\x42" * 32), world.order(1)
    world.chain.mine(lambda at: OrderPlaced(at=at, task_index=0, order_id=claimed, order=order))

    await world.operator.intake.tick()

    (row,) = await world.store.orders.get([claimed])
    assert row.refusal == Refusal.ID_MISMATCH


async def test_intake__undecodable_and_refused_logs__recorded_and_passed() -> None:
    world = World()
    order = world.order(1)
    world.chain.mine(
        lambda at: Undecodable(at=at, topic=Hash32(b"\x01" * 32), detail="short"),
        lambda at: OrderRefused(at=at, order_id=OrderId(b"\x02" * 32), code=3),
        world.chain.place(order),
    )

    await world.operator.intake.tick()

    codes = {each.code for each in await world.store.rejections.rejections(10)}
    assert codes == {"ZKO-INT-001", "contract:3"}
    assert await world.statuses([world.identity(order)]) == [OrderStatus.OPEN]


async def test_intake__query_fails__cursor_stays_and_the_next_pass_reads_all() -> None:
    world = World()
    await world.operator.intake.tick()
    before = await _cursor(world)
    ids = world.place(world.order(1))
    world.chain.fail_next(EvmUnreachable())

    assert isinstance(await world.tick(world.operator.intake), EvmUnreachable)
    assert await _cursor(world) == before
    await world.operator.intake.tick()

    assert await world.statuses(ids) == [OrderStatus.OPEN]


class _Shifting(ScriptedChain):
    """Reorganizes between the reading of events and of headers."""

    shift = False

    async def read(self, first: int, last: int) -> Reading:
        found = await super().read(first, last)
        if self.shift:
            self.shift = False
            self.reorg(1)
            self.mine_empty(2)
        return found


async def test_intake__chain_moves_after_the_events_were_read__is_followed_in_the_next_pass() -> (
    None
):
    world = World()
    chain = _Shifting(terms=scripted_terms())
    chain.pools, chain.prices = world.chain.pools, world.chain.prices
    world.chain = chain
    intake = _intake(world)
    await intake.tick()
    ids = world.place(world.order(1))
    chain.shift = True

    with pytest.raises(EvmUnreachable):  # nobody has the block to count at any more
        await intake.tick()
    await intake.tick()

    assert await world.statuses(ids) == [OrderStatus.ORPHANED]
    assert await _cursor(world) == chain.tip


class _Stray(ScriptedChain):
    """Gives an event of a block that was not asked for."""

    async def read(self, first: int, last: int) -> Reading:
        at = LogRef(
            block_number=last + 1, block_hash=self.tip.hash, tx_hash=self.tip.hash, log_index=0
        )
        stray = Undecodable(at=at, topic=self.tip.hash, detail="stray")
        return Reading(blocks=(), events=(stray,))


async def test_intake__event_outside_the_range__malformed_answer() -> None:
    world = World()
    world.chain = _Stray(terms=scripted_terms())
    world.chain.mine()

    with pytest.raises(MalformedAnswer):
        await _intake(world, start_block=1, max_range=1).tick()


async def test_intake__block_scanned_twice__has_its_effects_once() -> None:
    world = World()
    ids = world.place(world.order(1))
    await world.operator.intake.tick()
    tip = world.chain.tip

    events = tuple((await world.chain.read(tip.number, tip.number)).events)
    await world.store.chain.apply([ScannedBlock(block=tip, events=events, refusals={})])

    assert await world.statuses(ids) == [OrderStatus.OPEN]
    assert await _cursor(world) == tip
