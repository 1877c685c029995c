"""Blocks of orders are reorged out, above the finalized one (money rule 5)."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from zk_acts.domain.acts import Purpose
from zk_devnet.testing.scenario import (
    Effects,
    OperatorProcess,
    Stage,
    open_stage,
    require_sound,
    until,
)
from zk_devnet.testing.scenario.reorg import (
    but_operators,
    everything,
    reorg_from,
    roots_only,
    send_again,
)
from zk_devnet.traffic.post import Posted
from zk_devnet.up import Devnet

pytestmark = [pytest.mark.devnet, pytest.mark.scenario]
UNKNOWN = 0
SETTLED = 2
SHALLOW = {
    "evm.spend_at": "0",
    "evm.done_at": "8",
}  # confirmations; `finalized` is 64 blocks behind


async def first_block(stage: Stage, posted: Sequence[Posted]) -> int:
    receipts = await stage.rpc.batch(
        [("eth_getTransactionReceipt", ["0x" + one.tx_hash.hex()]) for one in posted]
    )
    return min(int(one["blockNumber"], 16) for one in receipts)


async def require_quiet_end(
    stage: Stage, operator: OperatorProcess, posted: Sequence[Posted], before: Effects
) -> None:
    await stage.until_quiet()
    assert await operator.stop() == 0
    await require_sound(stage, posted, before)


def proofs_asked_for(stage: Stage) -> int:
    return sum(1 for act in stage.rows().effective("prove") if act.purpose == Purpose.PROVE)


async def test_reorg__before_proving__only_orders_mined_again_are_settled(
    slow_devnet: Devnet, folder: Path, seed: int
) -> None:
    """Pins: an order of a removed block is forgotten, and taken in anew when mined again. Budget 40 s, smoke."""
    settings = {**SHALLOW, "evm.spend_at": "8"}
    async with open_stage(slow_devnet, folder, settings) as stage, stage.operator() as operator:
        before = await Effects.read(stage)
        await operator.start()
        again = await stage.place(2, seed=seed)
        dropped = await stage.place(1, seed=seed + 1)
        await operator.event("order.placed", count=3, timeout_s=20)
        removed = await reorg_from(stage.rpc, await first_block(stage, again), roots_only)
        await operator.event("reorg.followed", timeout_s=20)
        assert proofs_asked_for(stage) == 0
        await send_again(stage.rpc, removed, again)
        await stage.until_settled(again)
        assert await stage.states(dropped) == [UNKNOWN]
        assert stage.rows().orders[dropped[0].order_id] == "orphaned"
        await require_quiet_end(stage, operator, again, before)


@pytest.mark.full
async def test_reorg__after_the_prover_request__orders_mined_again_are_settled_with_that_proof(
    slow_devnet: Devnet, folder: Path, seed: int
) -> None:
    """Pins: nothing that is proven names a block, so the proof outlives the reorg. Budget 40 s, full."""
    async with open_stage(slow_devnet, folder, SHALLOW) as stage, stage.operator() as operator:
        before = await Effects.read(stage)
        await operator.start()
        posted = await stage.place(2, seed=seed)
        await operator.event("act.intended", backend="network", timeout_s=20)
        await reorg_from(stage.rpc, await first_block(stage, posted), everything)
        await operator.event("reorg.followed", timeout_s=20)
        await stage.until_settled(posted)
        assert proofs_asked_for(stage) == len(stage.rows().batches)
        await require_quiet_end(stage, operator, posted, before)


async def test_reorg__after_the_prover_request__orders_not_mined_again_are_never_settled(
    slow_devnet: Devnet, folder: Path, seed: int
) -> None:
    """Pins: no transaction settles an order that the chain has forgotten, and others are not held up. Budget 60 s, smoke."""
    async with open_stage(slow_devnet, folder, SHALLOW) as stage, stage.operator() as operator:
        before = await Effects.read(stage)
        await operator.start()
        again = await stage.place(2, seed=seed)
        dropped = await stage.place(2, seed=seed + 1)
        await operator.event("act.intended", backend="network", timeout_s=20)
        removed = await reorg_from(stage.rpc, await first_block(stage, again), roots_only)
        await operator.event("reorg.followed", timeout_s=20)
        await send_again(stage.rpc, removed, again)
        await stage.until_settled(again)
        assert await stage.states(dropped) == [UNKNOWN, UNKNOWN]
        await require_quiet_end(stage, operator, again, before)


async def test_reorg__after_settlement__settled_again_once(
    slow_devnet: Devnet, folder: Path, seed: int
) -> None:
    """Pins: a settlement that was reorged out is sent again, without paying for a second proof. Budget 60 s, smoke."""
    async with open_stage(slow_devnet, folder, SHALLOW) as stage, stage.operator() as operator:
        before = await Effects.read(stage)
        await operator.start()
        posted = await stage.place(2, seed=seed)
        await operator.event("batch.settled", timeout_s=40)
        first = await first_block(stage, posted)
        batches = len(stage.rows().batches)
        await reorg_from(stage.rpc, first, but_operators)
        assert SETTLED not in await stage.states(posted)
        await operator.event("reorg.followed", timeout_s=20)
        await stage.until_settled(posted)
        assert proofs_asked_for(stage) == batches == len(stage.rows().batches)
        await require_quiet_end(stage, operator, posted, before)


@pytest.mark.full
async def test_reorg__after_settlement__orders_not_mined_again_stay_unsettled(
    slow_devnet: Devnet, folder: Path, seed: int
) -> None:
    """Pins: the settlement of forgotten orders cannot take effect, and new orders go on. Budget 60 s, full."""
    settings = {
        **SHALLOW,
        "batching.valid_for_s": "25",
        "prover.proof_timeout_s": "15",
        "prover.network.auction_timeout_s": "8",
    }
    async with open_stage(slow_devnet, folder, settings) as stage, stage.operator() as operator:
        before = await Effects.read(stage)
        await operator.start()
        dropped = await stage.place(2, seed=seed)
        await operator.event("batch.settled", timeout_s=40)
        await reorg_from(stage.rpc, await first_block(stage, dropped), roots_only)
        await operator.event("reorg.followed", timeout_s=20)
        fresh = await stage.place(2, seed=seed + 1)
        await stage.until_settled(fresh)

        async def forgotten() -> bool:
            rows = stage.rows()
            return all(rows.orders[one.order_id] == "orphaned" for one in dropped)

        await until(forgotten, "the dropped orders are orphaned", timeout_s=20)
        assert await stage.states(dropped) == [UNKNOWN, UNKNOWN]
        await require_quiet_end(stage, operator, fresh, before)
