"""How SQLite finds the rows: by an index, whatever the store has grown to."""

import re
import sqlite3
from dataclasses import replace
from functools import partial
from pathlib import Path

from zk_acts.domain.acts import ActKind, IntentState, Purpose, Resource
from zk_acts.domain.details import VkRegistered
from zk_acts.ports.store import SpendCap
from zk_devnet.testing.manual_clock import ManualClock
from zk_devnet.testing.store_builders import (
    a_batch,
    a_block,
    a_hash,
    a_log,
    a_proof,
    an_intent,
    an_order_id,
    cancelled,
    placed,
    scanned,
    settled,
)
from zk_operator.adapters.storage import SqliteStore, open_store
from zk_operator.domain.ids import BatchId, PoolId
from zk_operator.domain.priority import Priority
from zk_operator.domain.records import BatchState, OrderStatus
from zk_operator.ports.store import OrderBackOff, OrderFilter

# Turns of owners are counted and sorted: over the rows of one pool in one index, and no more than asked for are kept.
TURNS = "row_number()"
STEPS_OF_TURNS = {
    "CO-ROUTINE (subquery)",
    "SEARCH orders USING COVERING INDEX orders_ready (pool_id=? AND priority=?)",
    "SCAN (subquery)",
    "USE TEMP B-TREE FOR ORDER BY",
}


async def use_everything(store: SqliteStore) -> None:
    """Call every method of every port once."""
    await store.chain.apply(
        [
            scanned(1),
            scanned(
                2, placed("o", a_log(2)), placed("p", a_log(2, 1)), cancelled("p", a_log(2, 2))
            ),
        ]
    )
    await store.chain.merge([scanned(2, placed("o", a_log(2)))])
    await store.orders.batchable(9, 9)
    await store.back_offs.back_off(
        [OrderBackOff(order_id=an_order_id("o"), until_ms=10**15, wake_price_x128=1)]
    )
    await store.back_offs.wake(PoolId(a_hash("pool")), 5)
    await store.ranks.rank({an_order_id("o"): Priority.HIGH})
    await store.ranks.forget()
    await store.orders.refuse(an_order_id("p"), "ZKO-BAT-001")
    batch = a_batch("b1", "o")
    await store.batches.close(batch)
    await store.batches.save(replace(batch, state=BatchState.PROVED))
    caps = [SpendCap(resource=Resource.GAS, window_s=60, limit=10**20)]
    await store.intents.record(an_intent("i"), caps)
    included = await store.intents.update(
        an_intent("i"),
        IntentState.INCLUDED,
        included_block=3,
        detail=VkRegistered(vk_hash=a_hash()),
    )
    await store.intents.update(included, IntentState.REPLACED)
    await store.proofs.put(a_proof())
    lease = await store.leases.acquire("db", "x", 9)
    await store.leases.renew("db", lease, 9)
    await store.leases.release("db", lease)
    await read_everything(store)
    await store.chain.apply([scanned(3, settled("o", a_log(3)))])
    await store.chain.rewind(a_block(1))


async def read_everything(store: SqliteStore) -> None:
    await store.chain.cursor()
    await store.chain.recent_blocks(9)
    await store.chain.observations(a_hash("x"))
    await store.orders.get([an_order_id("o")])
    await store.orders.list(OrderFilter())
    await store.orders.list(OrderFilter(status=OrderStatus.OPEN))
    await store.chain.task_gaps(0, 9, 9)
    await store.back_offs.pools()
    await store.orders.pools()
    await store.ranks.unranked(9)
    await store.back_offs.oldest_waiting_s()
    await store.orders.open_after(None, 9)
    await store.orders.batchable(9, 9)
    await store.orders.refundable(9, 9)
    await store.orders.counts()
    await store.rejections.rejections(9)
    await store.batches.get(BatchId("b1"))
    await store.batches.in_state(BatchState.CLOSED)
    await store.batches.recent(9)
    await store.intents.live(ActKind.TRANSACTION)
    await store.intents.of_subject(Purpose.SETTLE, "b1")
    await store.intents.ledger(0)
    assert await store.intents.used_nonce("evm:31337", "0xabc") == 0
    assert await store.intents.unexplained("evm:31337", "0xabc", 0)
    await store.proofs.find(b"", b"")


def steps(sql: str, connection: sqlite3.Connection) -> list[str]:
    return [row["detail"] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")]


async def test_every_statement__of_the_store__walks_an_index_and_sorts_nothing(
    tmp_path: Path,
) -> None:
    seen: list[str] = []
    async with open_store(tmp_path / "store.db", clock=ManualClock()) as store:
        await store._database.read(lambda connection: connection.set_trace_callback(seen.append))
        await use_everything(store)
        await store._database.read(lambda connection: connection.set_trace_callback(None))
        asked = sorted({sql for sql in seen if sql.startswith(("SELECT", "UPDATE", "DELETE"))})
        assert len(asked) > 40
        for sql in asked:
            for step in await store._database.read(partial(steps, sql)):
                if TURNS in sql:
                    assert re.sub(r"-\d+", "", step) in STEPS_OF_TURNS, step
                    continue
                by_index = not step.startswith("SCAN") or "INDEX" in step or step == "SCAN blocks"
                assert by_index, (sql, step)
                assert "TEMP B-TREE" not in step, (sql, step)
