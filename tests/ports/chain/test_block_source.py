"""What every BlockSource promises."""

from itertools import pairwise

import anyio
from tests.ports.chain.conftest import DOMAIN, WorldFactory

from zk_operator.domain.chain_event import BlockTag, OrderPlaced
from zk_operator.domain.ids import Address, PoolId
from zk_operator.domain.order import Order, order_id


def an_order(salt: int) -> Order:
    return Order(
        owner=Address(b"\x77" * 20),
        pool_id=PoolId(b"\x88" * 32),
        zero_for_one=bool(salt % 2),
        amount_in=10**18 + salt,
        min_out=2**128 - 1,
        deadline=2**40 - 1,
        salt=salt,
    )


async def test_head__tags__are_behind_the_latest(open_world: WorldFactory) -> None:
    async with open_world() as world:
        await world.mine(5)
        latest = await world.source.head(BlockTag.LATEST)
        safe = await world.source.head(BlockTag.SAFE)
        finalized = await world.source.head(BlockTag.FINALIZED)
    assert latest.number - safe.number == 1
    assert latest.number - finalized.number == 2


async def test_block__each_number__links_to_its_parent(open_world: WorldFactory) -> None:
    async with open_world() as world:
        await world.mine(3)
        head = await world.source.head(BlockTag.LATEST)
        blocks = [await world.source.block(number) for number in range(head.number + 1)]
    found = [block for block in blocks if block is not None]
    assert [block.number for block in found] == list(range(head.number + 1))
    for parent, child in pairwise(found):
        assert child.parent_hash == parent.hash
        assert child.timestamp >= parent.timestamp
    assert found[-1] == head


async def test_block__beyond_the_head__is_none(open_world: WorldFactory) -> None:
    async with open_world() as world:
        head = await world.source.head(BlockTag.LATEST)
        assert await world.source.block(head.number + 1) is None


async def test_events__orders_in_two_blocks__come_in_order_with_their_terms(
    open_world: WorldFactory,
) -> None:
    orders = [an_order(salt) for salt in range(5)]
    async with open_world() as world:
        start = (await world.source.head(BlockTag.LATEST)).number + 1
        await world.place(*orders[:3])
        await world.place(*orders[3:])
        events = (await world.source.read(start, start + 1)).events
        blocks = [await world.source.block(start), await world.source.block(start + 1)]
    placed = [event for event in events if isinstance(event, OrderPlaced)]
    assert [event.order for event in placed] == orders
    assert [event.order_id for event in placed] == [order_id(order, DOMAIN) for order in orders]
    hashes = {block.number: block.hash for block in blocks if block is not None}
    assert all(event.at.block_hash == hashes[event.at.block_number] for event in placed)
    places = [(event.at.block_number, event.at.log_index) for event in placed]
    assert places == sorted(set(places))


async def test_events__other_range__has_none(open_world: WorldFactory) -> None:
    async with open_world() as world:
        await world.mine()
        await world.place(an_order(1))
        placed_in = (await world.source.head(BlockTag.LATEST)).number
        await world.mine()
        assert (await world.source.read(0, placed_in - 1)).events == ()
        assert (await world.source.read(placed_in + 1, placed_in + 1)).events == ()


async def test_events__asked_twice__answers_the_same(open_world: WorldFactory) -> None:
    async with open_world() as world:
        await world.place(an_order(1), an_order(2))
        head = await world.source.head(BlockTag.LATEST)
        first = (await world.source.read(0, head.number)).events
        assert len(first) == 2
        assert (await world.source.read(0, head.number)).events == first


async def test_events__block_reorged_out__are_gone(open_world: WorldFactory) -> None:
    async with open_world() as world:
        await world.mine(2)
        await world.place(an_order(1))
        before = await world.source.head(BlockTag.LATEST)
        await world.reorg(1)
        after = await world.source.block(before.number)
        events = (await world.source.read(before.number, before.number)).events
    assert after is not None
    assert after.hash != before.hash
    assert after.parent_hash == before.parent_hash
    assert events == ()


async def test_wait_for_head__a_block_is_mined__returns(open_world: WorldFactory) -> None:
    async with open_world() as world:
        with anyio.fail_after(10):
            async with anyio.create_task_group() as group:
                group.start_soon(world.source.wait_for_head)
                await anyio.sleep(0.05)
                await world.mine()


async def test_wait_for_head__cancelled__leaves_the_source_usable(open_world: WorldFactory) -> None:
    async with open_world() as world:
        with anyio.move_on_after(0.05):
            await world.source.wait_for_head()
        assert await world.source.head(BlockTag.LATEST)
