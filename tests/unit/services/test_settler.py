"""Settler: posts once, replaces what is stuck, follows reorgs, and never calls done what is not finalized."""

from dataclasses import replace
from itertools import pairwise

from structlog.testing import capture_logs

from zk_acts.domain.acts import IntentState, Purpose
from zk_acts.domain.ids import hex0x
from zk_devnet.testing.audit import problems
from zk_devnet.testing.scripted_transactions import SendFault
from zk_devnet.testing.world import POOLS, Rules, World
from zk_devnet.testing.world_process import GENESIS_S
from zk_operator.domain.failures import CallReverted, EvmUnreachable
from zk_operator.domain.ids import OrderId
from zk_operator.domain.records import BatchState, OrderStatus


async def _aggregated(world: World, count: int = 2) -> list[OrderId]:
    world.relaying = False
    order_ids = world.place(*(world.order(salt) for salt in range(count)))
    await world.until(BatchState.AGGREGATED)
    return order_ids


async def test_settler__root_not_posted_yet__waits_without_paying() -> None:
    world = World()
    await _aggregated(world)

    await world.run(10)
    assert await world.intents(Purpose.SETTLE) == []
    world.relaying = True
    await world.run(10)

    assert (await world.batch()).state is BatchState.DONE


async def test_settler__another_root_posted__never_pays() -> None:
    world = World()
    await _aggregated(world)
    receipt = (await world.batch()).receipt
    assert receipt is not None
    key = (receipt.aggregation.domain_id, receipt.aggregation.aggregation_id)
    world.chain.roots[key] = type(receipt.root)(bytes(32))

    await world.run(20)

    assert await world.intents(Purpose.SETTLE) == []


async def test_settler__settled__done_only_when_that_is_finalized() -> None:
    world = World()
    await _aggregated(world)
    world.relay()
    batch = await world.until(BatchState.SETTLED)
    (settled_in,) = {
        row.ended.block_number for row in await world.store.orders.get(batch.order_ids) if row.ended
    }

    batch = await world.until(BatchState.DONE)

    assert world.chain.tip.number - 2 >= settled_in
    assert batch.settled_at is not None


async def test_settler__settlement_reorged_out__aggregated_again_then_settled_by_the_same_act() -> (
    None
):
    world = World()
    order_ids = world.place(world.order(1))
    await world.until(BatchState.SETTLED)

    world.reorg(1)
    await world.operator.intake.tick()
    world.chain.mine()
    await world.operator.intake.tick()
    assert (await world.batch()).state is BatchState.AGGREGATED
    assert await world.statuses(order_ids) == [OrderStatus.OPEN]
    await world.run(10)

    assert (await world.batch()).state is BatchState.DONE
    assert len(await world.intents(Purpose.SETTLE)) == 1
    assert await problems(world) == []


async def test_settler__finalized_number_reached_on_another_branch__not_done() -> None:
    world = World()
    world.place(world.order(1))
    await world.until(BatchState.SETTLED)
    world.transactions.reorg(1)
    world.transactions.drop_pending()
    world.chain.mine_empty(6)

    await world.tick(world.operator.settler)

    assert (await world.batch()).state is BatchState.SETTLED


async def test_settler__section_skipped__posted_again_after_a_growing_pause() -> None:
    world = World()
    world.contract.skip[POOLS[0]] = 2
    world.place(world.order(1))

    await world.until(BatchState.DONE)

    posts = await world.intents(Purpose.SETTLE)
    assert len(posts) == 3
    pauses = [after.created_at - before.created_at for before, after in pairwise(posts)]
    assert pauses[0] >= 5_000
    assert pauses[1] >= 10_000


async def test_settler__fee_changed_after_the_batch_was_closed__given_up_unpaid_and_batched_anew() -> (
    None
):
    world = World()
    order_ids = await _aggregated(world)
    world.chain.contract = replace(world.chain.contract, fee_bps=9)

    world.relay()
    await world.until(BatchState.ABANDONED)
    assert await world.intents(Purpose.SETTLE) == []
    world.relaying = True
    await world.until(BatchState.DONE)

    assert await world.statuses(order_ids) == [OrderStatus.SETTLED] * 2
    assert len(await world.intents(Purpose.SETTLE)) == 1


async def test_settler__contract_would_settle_nothing__waits_unpaid_until_it_would() -> None:
    world = World()
    await _aggregated(world)
    world.relaying = True
    settles, world.chain.settles = world.chain.settles, lambda _: 0

    await world.run(10)
    assert await world.intents(Purpose.SETTLE) == []
    assert (await world.batch()).state is BatchState.AGGREGATED
    world.chain.settles = settles
    await world.until(BatchState.DONE)

    assert len(await world.intents(Purpose.SETTLE)) == 1


async def test_settler__one_pool_skipped_and_one_settled__only_the_rest_is_posted_again() -> None:
    world = World()
    world.contract.skip[POOLS[1]] = 1
    first = world.place(world.order(1), world.order(2, pool_id=POOLS[1]))

    await world.until(BatchState.DONE)

    assert await world.statuses(first) == [OrderStatus.SETTLED] * 2
    assert len(await world.intents(Purpose.SETTLE)) == 2
    assert await problems(world) == []


async def test_settler__every_post_skipped__given_up_after_the_attempts_and_orders_freed() -> None:
    world = World(Rules(max_attempts=2, valid_for_s=2_000))
    world.contract.skip[POOLS[0]] = 1_000
    order_ids = world.place(world.order(1))

    batch = await world.until(BatchState.ABANDONED, 600)

    assert batch.error_code == "ZKO-ACT-004"
    assert len(await world.intents(Purpose.SETTLE)) == 8
    (row,) = await world.store.orders.get(order_ids)
    assert row.batch_id is None


async def test_settler__transaction_stuck__replaced_with_a_better_price_up_to_the_limit() -> None:
    world = World(Rules(max_replacements=2))
    await _aggregated(world)
    world.relay()
    await world.round()

    for _ in range(5):
        world.clock.advance(30_000)
        await world.tick(world.operator.settler)

    posts = await world.intents(Purpose.SETTLE)
    assert len(posts) == 3
    assert {post.nonce for post in posts} == {posts[0].nonce}
    assert all(10 * later.fee_cap >= 11 * earlier.fee_cap for earlier, later in pairwise(posts))
    assert [post.replaces for post in posts] == [None, posts[0].intent_id, posts[1].intent_id]


async def test_settler__node_wants_more_than_one_step_offers__met_after_few_refusals() -> None:
    world = World()
    await _aggregated(world)
    world.relay()
    await world.round()
    (first,) = await world.intents(Purpose.SETTLE)
    world.transactions.drop_pending()
    world.transactions.least_fee_cap = first.fee_cap * 14 // 10

    batch = await world.until(BatchState.DONE, 90)

    posts = await world.intents(Purpose.SETTLE)
    assert [post.state for post in posts] == [
        IntentState.REPLACED,
        IntentState.LAPSED,
        IntentState.LAPSED,
        IntentState.FINAL,
    ]
    assert batch.ended_at is not None
    assert await problems(world) == []


async def test_settler__outcomes_cannot_be_read_for_minutes__posted_once_and_done_afterwards() -> (
    None
):
    world = World()
    await _aggregated(world)
    world.relay()
    await world.round()
    world.second()
    world.transactions.unreadable = EvmUnreachable("finalized is not known")
    await world.run(200)
    assert len(await world.intents(Purpose.SETTLE)) == 1
    assert {error.code for error in world.failures} == {"ZKO-EVM-001"}

    world.transactions.unreadable = None
    await world.until(BatchState.DONE)

    assert len(world.transactions.sent) == 1
    assert await problems(world) == []


async def test_settler__replaced_as_often_as_allowed__told_until_it_is_mined() -> None:
    world = World(Rules(max_replacements=1))
    await _aggregated(world)
    world.relay()
    await world.round()
    for _ in range(3):
        world.clock.advance(30_000)
        await world.round()
    assert list(world.operator.board.alerts) == ["acts.evm:31337.stuck"]

    world.second()
    await world.round()

    assert world.operator.board.alerts == {}
    assert len(await world.intents(Purpose.SETTLE)) == 2


async def test_settler__replacement_made_and_the_original_lands__settled_without_a_third_post() -> (
    None
):
    world = World()
    await _aggregated(world)
    world.relay()
    await world.round()
    world.clock.advance(30_000)
    world.transactions.faults.append(SendFault.LOST_REQUEST)
    await world.tick(world.operator.settler)
    assert len(await world.intents(Purpose.SETTLE)) == 2

    await world.run(12)

    states = [post.state for post in await world.intents(Purpose.SETTLE)]
    assert states == [IntentState.FINAL, IntentState.REPLACED]
    assert (await world.batch()).state is BatchState.DONE
    assert await problems(world) == []


async def test_settler__expired_with_its_transaction_stuck__abandoned_and_the_nonce_used_up() -> (
    None
):
    world = World()
    order_ids = await _aggregated(world)
    world.relay()
    await world.round()
    (post,) = await world.intents(Purpose.SETTLE)
    world.leap(301)
    await world.round()
    assert (await world.batch()).error_code == "ZKO-SET-001"
    assert post.state is IntentState.SENT

    await world.tick(world.operator.settler)
    rows = await world.intents(Purpose.SETTLE)
    assert [row.nonce for row in rows] == [post.nonce] * 2
    world.leap(4_000)
    world.second(3)
    await world.run(8)

    assert set(await world.statuses(order_ids)) == {OrderStatus.REFUNDED}
    assert await problems(world) == []


async def test_settler__expired_while_intake_is_behind_the_settlement__not_abandoned() -> None:
    world = World()
    order_ids = await _aggregated(world)
    world.relay()
    await world.tick(world.operator.settler)
    world.second()
    world.leap(400)

    await world.tick(world.operator.settler)
    await world.tick(world.operator.settler)

    assert (await world.batch()).state is BatchState.AGGREGATED
    await world.run(4)
    assert set(await world.statuses(order_ids)) == {OrderStatus.SETTLED}
    assert (await world.batch()).state is BatchState.DONE


async def test_settler__reverts_when_mined__posted_again_and_settled_once() -> None:
    world = World()
    await _aggregated(world)
    world.relay()
    await world.tick(world.operator.settler)
    roots = dict(world.chain.roots)
    world.chain.roots.clear()
    world.second()
    world.chain.roots.update(roots)

    await world.run(20)

    posts = await world.intents(Purpose.SETTLE)
    assert [post.state for post in posts] == [IntentState.FAILED, IntentState.FINAL]
    assert posts[0].error_code is not None
    assert (await world.batch()).state is BatchState.DONE
    assert await problems(world) == []


async def test_settler__would_revert_now__nothing_is_sent() -> None:
    world = World()
    await _aggregated(world)
    world.relay()
    world.chain.contract = replace(world.chain.contract, paused=True)

    error = await world.tick(world.operator.settler)

    assert isinstance(error, CallReverted)
    assert await world.intents(Purpose.SETTLE) == []


async def test_settler__order_of_the_only_section_refunded__ended_without_a_post() -> None:
    world = World()
    world.relaying = False
    orders = [world.order(1), world.order(2, deadline=world.chain.tip.timestamp + 3_000)]
    world.place(*orders)
    await world.until(BatchState.AGGREGATED)
    world.cancel(orders[0], delay_s=1)
    world.leap(5)
    await world.operator.intake.tick()

    await world.tick(world.operator.settler)

    batch = await world.batch()
    assert (batch.state, batch.error_code) == (BatchState.ABANDONED, "ZKO-SET-004")
    assert await world.intents(Purpose.SETTLE) == []


async def test_settler__all_refunded_by_others__abandoned_not_done() -> None:
    world = World()
    order_ids = await _aggregated(world, 1)
    row = (await world.store.orders.get(order_ids))[0]
    world.cancel(row.order, delay_s=1)
    world.leap(5)
    world.chain.mine(*world.contract.run(world.contract.refund([row.order])))
    await world.operator.intake.tick()

    await world.tick(world.operator.settler)

    batch = await world.batch()
    assert (batch.state, batch.error_code) == (BatchState.ABANDONED, "ZKO-SET-004")


async def test_settler__one_batch_in_trouble__the_other_is_settled() -> None:
    world = World(Rules(max_orders=1))
    order_ids = world.place(world.order(1), world.order(2, pool_id=POOLS[1]))
    world.contract.skip[POOLS[0]] = 1_000

    await world.run(25)

    assert await world.statuses(order_ids) == [OrderStatus.OPEN, OrderStatus.SETTLED]


async def _half_settled(world: World) -> tuple[OrderId, OrderId, OrderId]:
    """One pool's section is settled; of the other's two orders one is lost to its cancel."""
    lost = world.order(2, pool_id=POOLS[1])
    settled, cancelled, kept = world.place(
        world.order(1), lost, world.order(3, pool_id=POOLS[1], deadline=GENESIS_S + 30_000)
    )
    world.contract.skip[POOLS[1]] = 1_000
    await world.until(BatchState.AGGREGATED)
    await world.run(14)
    world.cancel(lost, delay_s=0)
    return settled, cancelled, kept


async def test_settler__one_section_settled_and_one_lost__settled_in_part_and_the_rest_is_free() -> (
    None
):
    world = World(Rules(max_age_s=5, max_orders=3))
    settled, cancelled, kept = await _half_settled(world)
    begun = (await world.batch()).batch_id
    world.contract.skip.clear()
    with capture_logs() as logs:
        await world.run(10)

    first = await world.store.batches.get(begun)
    assert first is not None
    assert (first.state, first.error_code) == (BatchState.DONE, "ZKO-SET-004")
    assert next(each["order_id"] for each in logs if each["event"] == "order.finalized") == hex0x(
        settled
    )
    assert "batch.abandoned" not in {each["event"] for each in logs}
    await world.run(25)
    assert await world.statuses([settled, cancelled, kept]) == [
        OrderStatus.SETTLED,
        OrderStatus.REFUNDED,
        OrderStatus.SETTLED,
    ]
    (row,) = await world.store.orders.get([kept])
    assert row.batch_id != begun
    assert await problems(world) == []


async def test_settler__settled_in_part_and_taken_back__posted_again() -> None:
    world = World(Rules(max_age_s=5, max_orders=3, done_at=40))
    settled, cancelled, _ = await _half_settled(world)
    begun = (await world.batch()).batch_id
    await world.run(2)
    first = await world.store.batches.get(begun)
    assert first is not None
    assert first.state is BatchState.SETTLED
    (row,) = await world.store.orders.get([settled])
    assert row.ended is not None

    world.reorg(world.chain.tip.number - row.ended.block_number + 1)
    await world.run(20)
    (lost,) = await world.store.orders.get([cancelled])
    world.cancel(lost.order, delay_s=0)  # its first cancel went with the settlement
    await world.run(60)

    first = await world.store.batches.get(begun)
    assert first is not None
    assert first.state is BatchState.DONE
    assert await world.statuses([settled]) == [OrderStatus.SETTLED]


async def test_settler__left_open_and_settled_by_the_next_batch__told_once() -> None:
    world = World(Rules(max_age_s=5, max_orders=3, done_at=15))
    settled, _, kept = await _half_settled(world)
    world.contract.skip.clear()

    with capture_logs() as logs:
        await world.run(60)

    told = [each["order_id"] for each in logs if each["event"] == "order.finalized"]
    assert sorted(told) == sorted([hex0x(settled), hex0x(kept)])


async def _unsent(world: World, *, away_s: int) -> None:
    """The settlement's row is there, and no node has heard of it; the process ends, and comes back."""
    world.relay()
    world.transactions.faults.append(SendFault.LOST_REQUEST)
    await world.tick(world.operator.settler)
    (post,) = await world.intents(Purpose.SETTLE)
    assert post.state is IntentState.INTENDED
    world.leap(away_s)
    world.restart()


async def test_settler__unsent_when_the_process_died_and_over_when_it_is_back__not_sent() -> None:
    world = World()
    order_ids = await _aggregated(world)
    await _unsent(world, away_s=4_000)

    await world.run(12)

    (post,) = await world.intents(Purpose.SETTLE)
    (refund,) = await world.intents(Purpose.REFUND)
    assert post.payload not in world.transactions.sent
    assert (post.state, refund.state) == (IntentState.REPLACED, IntentState.FINAL)
    assert (refund.nonce, refund.replaces) == (post.nonce, post.intent_id)
    assert set(await world.statuses(order_ids)) == {OrderStatus.REFUNDED}
    assert await problems(world) == []


async def test_settler__unsent_and_over_and_too_dear_to_be_replaced__sent_so_that_others_can_be() -> (
    None
):
    world = World()
    order_ids = await _aggregated(world)
    await _unsent(world, away_s=4_000)
    (post,) = await world.intents(Purpose.SETTLE)
    world.transactions.most_fee_cap = post.fee_cap  # it was signed when fees were high

    await world.run(20)

    assert post.payload in world.transactions.sent
    (refund,) = await world.intents(Purpose.REFUND)
    assert refund.state is IntentState.FINAL
    assert set(await world.statuses(order_ids)) == {OrderStatus.REFUNDED}


async def test_settler__unsent_when_the_process_died_and_still_of_use__sent_once() -> None:
    world = World()
    order_ids = await _aggregated(world)
    await _unsent(world, away_s=100)

    await world.run(12)

    (post,) = await world.intents(Purpose.SETTLE)
    assert world.transactions.sent == [post.payload]
    assert set(await world.statuses(order_ids)) == {OrderStatus.SETTLED}


async def test_settler__unsent_and_over_and_nothing_else_to_do__its_nonce_is_used_up_cheaply() -> (
    None
):
    world = World()
    await _aggregated(world)
    await _unsent(world, away_s=301)  # the orders live on
    world.relaying = False

    await world.run(29)
    (_,) = await world.intents(Purpose.SETTLE)
    await world.run(6)

    first, second = await world.intents(Purpose.SETTLE)
    assert world.contract.of(second.payload).data == b""
    assert world.transactions.sent == [second.payload]
    assert (first.state, second.state) == (IntentState.REPLACED, IntentState.FINAL)


async def test_settler__stuck_while_nothing_would_be_settled__no_settlement_is_offered() -> None:
    world = World()
    await _aggregated(world)
    world.relay()
    await world.round()
    world.chain.is_useful = lambda _: False
    world.clock.advance(30_000)

    await world.tick(world.operator.settler)

    (_, second) = await world.intents(Purpose.SETTLE)
    assert world.contract.of(second.payload).data == b""


async def test_settler__next_block_would_be_too_late__nothing_is_sent() -> None:
    world = World()
    await _aggregated(world)
    world.relay()
    batch = await world.batch()
    left_s = batch.valid_until_s - world.chain.tip.timestamp
    world.clock.advance(left_s * 1000)  # and no block yet

    await world.round()
    assert await world.intents(Purpose.SETTLE) == []
    world.chain.mine(seconds=left_s + 1)
    await world.round()

    assert (await world.batch()).error_code == "ZKO-SET-001"
