"""One URL is never one node: headers, logs, state and receipts come from nodes of different heights."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from eth_utils.crypto import keccak

from zk_devnet.evm.codec import encode_call
from zk_devnet.evm.rpc import EvmRpc
from zk_devnet.rpc_proxy import RpcProxy
from zk_devnet.testing.scenario import (
    Effects,
    OperatorProcess,
    Stage,
    misbehaving,
    open_stage,
    require_sound,
    running_devnet,
    scenario_devnet,
    until,
)
from zk_devnet.testing.scenario.others import open_pool
from zk_devnet.testing.scenario.rows import BatchRow
from zk_devnet.traffic.kind import Expectation, Kind
from zk_devnet.traffic.plan import Item, TrafficConfig
from zk_devnet.traffic.post import Posted
from zk_devnet.up import Devnet

pytestmark = [pytest.mark.devnet, pytest.mark.scenario]
THREE = "replicas:lags=0|1|3"
KNOWN_TIMEOUT_S = 40.0
SETTLED_TOPIC = "0x" + keccak(text="OrderSettled(bytes32,uint256)").hex()
NO_RECEIPTS = "replicas:lags=5,method=eth_getTransactionReceipt|eth_getTransactionByHash"


async def until_known(stage: Stage, posted: Sequence[Posted], *, timeout_s: float) -> None:
    """Until the operator has a row for every order."""
    missing: set[bytes] = set()

    async def look() -> bool:
        known = stage.rows().orders
        missing.clear()
        missing.update(one.order_id for one in posted if one.order_id not in known)
        return not missing

    try:
        await until(look, f"{len(posted)} orders known", timeout_s=timeout_s)
    except AssertionError as error:
        raise type(error)(f"{error}: {len(missing)} are not") from None


async def require_quiet_end(
    stage: Stage, operator: OperatorProcess, posted: Sequence[Posted], before: Effects
) -> None:
    await stage.until_quiet()
    assert await operator.stop() == 0
    await require_sound(stage, posted, before)


async def paid_for_nothing(stage: Stage, posted: Sequence[Posted]) -> list[str]:
    """Batches that cost a proof and settled nothing, but those that a late cancel may have taken the ground from."""
    rows = stage.rows()
    proved = {act.subject for act in rows.effective("prove")}
    raced = {one.order_id for one in posted if one.item.kind is Kind.CANCELLED_LATE}
    return [
        f"batch {batch.batch_id} ended {batch.state} with {batch.error_code} after it was proved"
        for batch in rows.batches
        if batch.batch_id in proved
        and not batch.orders & raced
        and not await settled_any(stage, batch)
    ]


async def settled_any(stage: Stage, batch: BatchRow) -> bool:
    """Whether a transaction of this batch settled an order."""
    posts = [act for act in stage.rows().effective("transaction") if act.subject == batch.batch_id]
    receipts = await stage.rpc.batch(
        [("eth_getTransactionReceipt", ["0x" + act.reference.hex()]) for act in posts]
    )
    return any(log["topics"][0] == SETTLED_TOPIC for one in receipts if one for log in one["logs"])


@pytest.mark.parametrize(
    ("fault", "orders"),
    [
        ("lagging-logs:blocks=2", 4),
        pytest.param("lagging-logs:blocks=2,stranger=error", 4, marks=pytest.mark.full),
        ("replicas:lags=1,fraction=0.3", 16),
        pytest.param("replicas:lags=1,fraction=0.3,stranger=empty", 10, marks=pytest.mark.full),
        pytest.param("replicas:lags=0|2|5,beyond=error", 10, marks=pytest.mark.full),
    ],
)
async def test_logs__from_a_node_that_is_behind__no_order_is_lost(
    devnet: Devnet, folder: Path, seed: int, fault: str, orders: int
) -> None:
    """Pins: a block's logs are believed only if the header confirms them. Budget 60 s, smoke and full."""
    async with (
        misbehaving(devnet, seed=seed) as proxy,
        open_stage(devnet, folder, {"evm.http": proxy.url}) as stage,
        stage.operator() as operator,
    ):
        before = await Effects.read(stage)
        await operator.start()
        proxy.arm(fault)
        posted: list[Posted] = []
        for wave in range(orders // 2):
            posted += await stage.place(2, seed=seed + wave)
        await until_known(stage, posted, timeout_s=KNOWN_TIMEOUT_S)
        await stage.until_settled(posted)
        await require_quiet_end(stage, operator, posted, before)


@pytest.mark.full
async def test_start__at_nodes_of_which_most_are_some_blocks_behind__waits_for_them(
    devnet: Devnet, folder: Path, seed: int
) -> None:
    """Pins: a node that lacks the newest block for some seconds does not end a start. Budget 60 s, full."""
    for number in range(6):
        async with (
            misbehaving(devnet, "replicas:lags=0|2|5", seed=seed + number) as proxy,
            open_stage(devnet, folder, {"evm.http": proxy.url}) as stage,
            stage.operator() as operator,
        ):
            await operator.start()
            assert await operator.stop() == 0


async def test_receipt__null_for_some_blocks_after_mining__the_ledger_counts_what_was_paid(
    devnet: Devnet, folder: Path, seed: int
) -> None:
    """Pins: a used nonce without a receipt is our settlement until the chain names another. Budget 60 s, smoke."""
    async with (
        misbehaving(devnet, NO_RECEIPTS) as proxy,
        open_stage(devnet, folder, {"evm.http": proxy.url}) as stage,
        stage.operator() as operator,
    ):
        before = await Effects.read(stage)
        await operator.start()
        posted = await stage.place(2, seed=seed)
        await stage.until_settled(posted)
        await stage.until_quiet()
        acts = [act for act in stage.rows().acts if act.kind == "transaction"]
        assert {act.state for act in acts} == {"final"}
        assert [act.paid for act in acts] == [await cost_of(stage, act.reference) for act in acts]
        await require_quiet_end(stage, operator, posted, before)


async def cost_of(stage: Stage, tx_hash: bytes) -> int:
    """What a transaction paid for gas, by the chain."""
    receipt = await stage.rpc.call("eth_getTransactionReceipt", "0x" + tx_hash.hex())
    return int(receipt["gasUsed"], 16) * int(receipt["effectiveGasPrice"], 16)


async def test_pool__that_the_asked_node_does_not_know_yet__its_orders_are_taken_all_the_same(
    folder: Path, seed: int
) -> None:
    """Pins: an order is judged by the pool's terms of its own block. Budget 60 s, smoke."""
    with running_devnet(scenario_devnet()) as devnet:
        async with (
            misbehaving(devnet) as proxy,
            open_stage(devnet, folder, {"evm.http": proxy.url}) as stage,
            stage.operator() as operator,
        ):
            before = await Effects.read(stage)
            await operator.start()
            # From now on its eth_call stands still, in a block where there is no third pool.
            proxy.arm("stale-head:method=eth_call")
            async with EvmRpc(proxy.url) as asked:
                await asked.read(devnet.deployment.manager, encode_call("taskCount()"))
            pool = await open_pool(stage)
            pools = (*devnet.deployment.pools, pool)
            stage.devnet = replace(devnet, deployment=replace(devnet.deployment, pools=pools))
            posted = await stage.place_as(in_the_last_pool(len(pools)), 2, seed=seed)
            await until_judged_or_asked_often(stage, proxy, posted)
            proxy.clear()
            await stage.until_settled(posted)
            await require_quiet_end(stage, operator, posted, before)


def in_the_last_pool(pools: int) -> Callable[[Item], Item]:
    def change(item: Item) -> Item:
        side = replace(item.side, pool=pools - 1, native_in=False, native_out=False)
        return replace(item, kind=Kind.SIGNED, side=side)

    return change


async def until_judged_or_asked_often(
    stage: Stage, proxy: RpcProxy, posted: Sequence[Posted]
) -> None:
    """Until the orders have rows, or the standing node was asked in vain a few times."""
    enough = proxy.panel.struck["stale-head"] + 5

    async def look() -> bool:
        known = stage.rows().orders
        return proxy.panel.struck["stale-head"] >= enough or all(
            one.order_id in known for one in posted
        )

    await until(look, "the orders are judged", timeout_s=20)


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("orders", "spread_s"),
    [(100, 20.0), pytest.param(1_000, 150.0, marks=pytest.mark.full)],
    ids=["hundred", "thousand"],
)
async def test_replicas__every_request_to_one_of_three__all_orders_known_and_ended_nothing_for_nothing(
    devnet: Devnet, folder: Path, seed: int, orders: int, spread_s: float
) -> None:
    """Pins: no mixture of views loses an order or buys twice. Budget 100 s (smoke, 100 orders), 300 s (full, 1,000)."""
    config = TrafficConfig(orders=orders, traders=6, seed=seed, spread_s=spread_s, wave_s=1.0)
    settings = {"batching.max_orders": "60", "log.level": "info"}
    async with (
        misbehaving(devnet, THREE, seed=seed) as proxy,
        open_stage(devnet, folder, {"evm.http": proxy.url, **settings}) as stage,
        stage.operator() as operator,
    ):
        before = await Effects.read(stage)
        await operator.start()
        posted = await stage.traffic(config).run()
        accepted = [one for one in posted if one.item.expectation is not Expectation.REJECTED]
        await until_known(stage, accepted, timeout_s=KNOWN_TIMEOUT_S)
        await stage.until_ended(accepted, timeout_s=300)
        await stage.until_quiet(timeout_s=120)
        assert await operator.stop() == 0
        await require_sound(stage, posted, before)
        assert await paid_for_nothing(stage, posted) == []
