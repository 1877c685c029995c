"""The queue for the next batch with a hundred thousand open orders."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from zk_devnet.testing.manual_clock import ManualClock
from zk_operator.adapters.storage import open_store

COUNT = 100_000
FILL = """
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?)
INSERT INTO orders (order_id, owner, pool_id, zero_for_one, amount_in, min_out, deadline, salt, task_index,
    placed_block, placed_hash, placed_tx, placed_log, placed_at_s, seen_at, status)
SELECT CAST(printf('%032d', i) AS BLOB), CAST(printf('%020d', i % 1000) AS BLOB), CAST(printf('%032d', i % 5) AS BLOB),
    1, '10', '1', 2000000000, '1', i, i / 100, zeroblob(32), zeroblob(32), i % 100, 1, 1, 'open' FROM n
"""


async def test_batchable__hundred_thousand_open_orders__found_in_a_fraction_of_a_second(
    tmp_path: Path,
) -> None:
    path = tmp_path / "store.db"
    async with open_store(path, clock=ManualClock()) as store:
        with closing(sqlite3.connect(path)) as other, other:
            other.execute(FILL, (COUNT,))
        began = time.perf_counter()
        rows = await store.orders.batchable(10**6, 200)
        ready_s = time.perf_counter() - began
        with closing(sqlite3.connect(path)) as other, other:
            other.execute("UPDATE orders SET back_off_until = 9e15 WHERE task_index > 9")
        began = time.perf_counter()
        left = await store.orders.batchable(10**6, 200)
        resting_s = time.perf_counter() - began
    assert len(rows) == 200
    assert len({row.order.pool_id for row in rows}) == 5
    assert len({row.order.owner for row in rows}) == 200
    assert len(left) == 10
    assert ready_s < 2  # 0.1 s on an idle machine
    assert resting_s < 0.5
