"""Order audit: whatever an endpoint left out is noticed, said, and read again."""

from dataclasses import replace

import pytest

from zk_acts.domain.acts import Purpose
from zk_devnet.testing.scripted_chain import ScriptedView
from zk_devnet.testing.world import Rules, World
from zk_operator.domain.chain_event import (
    BlockRef,
    CancelRequested,
    ChainEvent,
    OrderPlaced,
    OrderRefunded,
    OrderSettled,
)
from zk_operator.domain.failures import EvmUnreachable, NoContractCode
from zk_operator.domain.records import OrderStatus
from zk_operator.ports.chain import Reading
from zk_operator.services.intake import IntakePolicy


def any_event(event: ChainEvent) -> bool:
    return event is not None


def is_end(event: ChainEvent) -> bool:
    return isinstance(event, OrderSettled | OrderRefunded)


def is_cancel(event: ChainEvent) -> bool:
    return isinstance(event, CancelRequested)


def value(world: World, name: str) -> float | None:
    return world.operator.telemetry.registry.get_sample_value(name)


async def look(world: World, seconds: int = 0) -> None:
    """A pass of intake, and one after each of so many seconds."""
    await world.operator.intake.tick()
    for _ in range(seconds):
        world.second()
        await world.operator.intake.tick()


async def test_audit__the_last_placement_left_out__found_by_counting_in_the_same_pass() -> None:
    world = World()
    world.chain.lose(any_event)
    ids = world.place(world.order(1), world.order(2))

    await look(world)

    assert await world.statuses(ids) == [OrderStatus.OPEN] * 2
    assert world.operator.board.alerts == {}
    assert value(world, "zk_operator_orders_missing") == 0
    assert value(world, "zk_operator_orders_reread_total") == 2


async def test_audit__one_of_a_block_left_out__the_gap_is_closed() -> None:
    world = World()
    orders = [world.order(salt) for salt in range(3)]
    middle = world.identity(orders[1])
    world.chain.lose(lambda event: isinstance(event, OrderPlaced) and event.order_id == middle)
    ids = world.place(*orders)

    await look(world)

    assert await world.statuses(ids) == [OrderStatus.OPEN] * 3
    tasks = [row.task_index for row in await world.store.orders.get(ids)]
    assert tasks == [0, 1, 2]


async def test_audit__left_out_again_and_again__alert_until_it_is_found_and_new_orders_go_on() -> (
    None
):
    world = World()
    world.chain.lose(any_event, answers=3)
    ids = world.place(world.order(1))

    await look(world)
    assert "1 orders" in world.operator.board.alerts["orders.missing"]
    assert value(world, "zk_operator_orders_missing") == 1
    later = world.place(world.order(2))
    await look(world, seconds=10)

    assert await world.statuses([*ids, *later]) == [OrderStatus.OPEN] * 2
    assert world.operator.board.alerts == {}


async def test_audit__a_gap_that_does_not_close__is_asked_for_less_and_less_often() -> None:
    world = World()
    world.place(world.order(1))
    asked = 0

    plain = world.chain.read

    async def read(first: int, last: int) -> Reading:
        nonlocal asked
        asked += 1
        return replace(await plain(first, last), events=())

    world.chain.read = read  # type: ignore[method-assign]
    await look(world)
    before = asked
    await look(world, seconds=60)

    assert world.operator.board.alerts.keys() == {"orders.missing"}
    assert asked - before - 60 <= 6  # one each second for the new block, the rest for the gap


async def test_audit__restarted_over_a_gap_of_an_older_version__found_at_once() -> None:
    world = World()
    ids = world.place(world.order(1))
    await look(world)
    later = world.place(world.order(2))
    world.chain.lose(any_event, answers=2)
    await look(world)
    assert await world.statuses(later) == []

    await world.restart().intake.tick()

    assert await world.statuses([*ids, *later]) == [OrderStatus.OPEN] * 2


async def test_audit__an_end_left_out__found_by_the_next_page() -> None:
    world = World()
    ids = world.place(world.order(1, deadline=world.chain.tip.timestamp + 3))
    await look(world)
    world.second(5)
    (row,) = await world.store.orders.get(ids)
    world.chain.lose(is_end)
    world.chain.mine(lambda at: OrderRefunded(at=at, order_id=row.order_id, amount=1))

    await look(world)
    assert await world.statuses(ids) == [OrderStatus.OPEN]
    await look(world, seconds=20)

    assert await world.statuses(ids) == [OrderStatus.REFUNDED]
    assert world.operator.board.alerts == {}
    assert value(world, "zk_operator_orders_stale") == 0


async def test_audit__a_cancel_left_out__found_and_the_order_is_not_batched() -> None:
    world = World()
    order = world.order(1)
    ids = world.place(order)
    await look(world)
    world.chain.lose(is_cancel)
    world.cancel(order)

    await look(world, seconds=20)

    (row,) = await world.store.orders.get(ids)
    assert row.cancel_at_s is not None


async def test_audit__placement_found_after_its_end_was_read__the_end_is_found_too() -> None:
    world = World()
    order = world.order(1)
    world.chain.lose(any_event, answers=1)
    ids = world.place(order)
    identity = world.identity(order)
    world.chain.mine_empty(3)
    world.rules = replace(world.rules, intake=IntakePolicy(start_block=0, see_at=0, max_range=2))
    intake = world.restart().intake
    world.chain.mine(lambda at: OrderRefunded(at=at, order_id=identity, amount=1))

    await intake.tick()
    await look(world, seconds=5)

    assert await world.statuses(ids) == [OrderStatus.REFUNDED]
    assert world.operator.board.alerts == {}


async def test_audit__an_end_that_no_endpoint_gives__alert_and_no_money_for_the_order() -> None:
    world = World()
    order = world.order(1)
    ids = world.place(order)
    await look(world)
    identity = world.identity(order)
    world.chain.lose(is_end, answers=100)
    world.chain.mine(lambda at: OrderRefunded(at=at, order_id=identity, amount=1))

    await world.run(40)

    assert await world.statuses(ids) == [OrderStatus.OPEN]
    assert "orders.stale" in world.operator.board.alerts
    assert await world.store.batches.recent(1) == ()
    assert await world.intents(Purpose.PROVE) == []


async def test_audit__reorg_takes_a_placement_away__nothing_is_missing() -> None:
    world = World()
    world.place(world.order(1))
    await look(world)
    world.reorg(1, remine=False)
    world.chain.mine_empty(2)

    await look(world)

    assert world.operator.board.alerts == {}
    assert value(world, "zk_operator_orders_missing") == 0


@pytest.mark.parametrize("blocks", [1, 30])
async def test_audit__nothing_new__asks_nothing(blocks: int) -> None:
    world = World()
    world.chain.mine_empty(blocks)
    await look(world)
    asked = 0
    query = world.chain.query

    async def counted() -> None:
        nonlocal asked
        asked += 1
        await query()

    world.chain.query = counted  # type: ignore[method-assign]
    await look(world)

    assert (
        asked == 3
    )  # the head, the block so far below it, and whether the cursor is part of the chain


async def test_audit__cursor_below_the_deployment__nothing_is_missing_and_nothing_ends() -> None:
    world = World()
    world.chain.mine_empty(1)
    view = world.chain.at

    def at(block: BlockRef) -> ScriptedView:
        found = view(block)

        async def task_count() -> int:
            raise NoContractCode

        found.task_count = task_count  # type: ignore[method-assign]
        return found

    world.chain.at = at  # type: ignore[method-assign]
    await look(world)

    assert value(world, "zk_operator_orders_missing") == 0


async def test_audit__reorg_below_an_order_that_differed__nothing_is_read_backwards() -> None:
    world = World()
    world.chain.mine_empty(3)
    order = world.order(1)
    world.place(order)
    world.chain.lose(is_cancel, answers=1_000)
    world.cancel(order)
    await look(world)
    assert "orders.stale" in world.operator.board.alerts
    read, ranges = world.chain.read, []

    async def noted(first: int, last: int) -> Reading:
        ranges.append((first, last))
        return await read(first, last)

    world.chain.read = noted  # type: ignore[method-assign]
    world.reorg(3, remine=False)
    world.chain.mine_empty(1)
    await world.operator.intake.tick()
    world.clock.advance(600_000)
    await world.operator.intake.tick()

    assert all(first <= last for first, last in ranges)
    assert "orders.stale" not in world.operator.board.alerts


def older(*, start_block: int = 3) -> World:
    """A contract that has three orders before the first block that is scanned; two in the block before it."""
    world = World(Rules(intake=IntakePolicy(start_block=start_block, see_at=0)))
    world.place(world.order(1))
    world.place(world.order(2), world.order(3))
    return world


async def test_audit__orders_before_the_start_block__are_known_not_to_be_ours() -> None:
    world = older()
    ids = world.place(world.order(4))

    await look(world, 3)

    assert await world.statuses(ids) == [OrderStatus.OPEN]
    assert value(world, "zk_operator_orders_missing") == 0
    assert world.operator.board.alerts == {}


async def test_audit__orders_before_the_start_block_and_none_since__no_alert() -> None:
    world = older()

    await look(world, 3)

    assert value(world, "zk_operator_orders_missing") == 0


async def test_audit__first_order_of_the_scan_left_out__still_missed_and_found() -> None:
    world = older()
    world.chain.lose(any_event)
    ids = world.place(world.order(4), world.order(5))
    await look(world)
    assert await world.statuses(ids) == [OrderStatus.OPEN] * 2

    world.chain.lose(any_event, answers=50)
    world.place(world.order(6))
    await look(world, 3)
    assert value(world, "zk_operator_orders_missing") == 1
    assert "the first is task 5" in world.operator.board.alerts["orders.missing"]


async def test_audit__state_before_the_start_block_is_gone__alert_says_why_until_it_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = older()
    world.place(world.order(4))
    count = ScriptedView.task_count

    async def pruned(self: ScriptedView) -> int:
        if self._block.number == 2:
            raise EvmUnreachable("missing trie node")
        return await count(self)

    monkeypatch.setattr(ScriptedView, "task_count", pruned)
    await look(world, 3)
    assert value(world, "zk_operator_orders_missing") == 3
    assert "before block 3" in world.operator.board.alerts["orders.missing"]

    monkeypatch.setattr(ScriptedView, "task_count", count)
    world.clock.advance(60_000)
    await look(world, 1)
    assert world.operator.board.alerts == {}


async def test_audit__older_orders_were_counted_once__a_restart_does_not_need_that_state(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = older()
    await look(world)
    count = ScriptedView.task_count

    async def pruned(self: ScriptedView) -> int:
        if self._block.number < 3:
            raise EvmUnreachable("missing trie node")
        return await count(self)

    monkeypatch.setattr(ScriptedView, "task_count", pruned)
    world.restart()
    world.place(world.order(4))
    await look(world, 3)

    assert value(world, "zk_operator_orders_missing") == 0


async def test_audit__start_block_raised_later__what_was_known_before_still_counts() -> None:
    world = older(start_block=0)
    world.chain.lose(any_event, answers=1_000)
    await look(world)
    world.chain._lost.clear()
    world.rules = Rules(intake=IntakePolicy(start_block=3, see_at=0))
    world.chain.lose(lambda event: isinstance(event, OrderPlaced) and event.task_index == 1, 1_000)
    world.restart()
    world.place(world.order(4))

    await look(world, 5)

    assert await world.store.chain.baseline() == 0
