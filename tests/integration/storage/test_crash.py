"""A writer that is killed at any moment leaves a consistent database, with everything that it had acknowledged."""

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from zk_acts.domain.acts import ActKind
from zk_devnet.testing.manual_clock import ManualClock
from zk_operator.adapters.storage import open_store
from zk_operator.ports.store import OrderFilter

WRITER = """
import sys, itertools
from pathlib import Path
import anyio
from zk_operator.adapters.storage import open_store
from zk_acts.runtime.clock import SystemClock
from zk_devnet.testing.store_builders import a_batch, a_log, an_intent, placed, scanned

async def main():
    async with open_store(Path(sys.argv[1]), clock=SystemClock()) as store:
        for n in itertools.count(1):
            names = [f"{n}/{i}" for i in range(20)]
            await store.chain.apply([scanned(n, *(placed(x, a_log(n, i)) for i, x in enumerate(names)))])
            await store.batches.close(a_batch(f"b{n:06}", *names, closed_at=n))
            await store.intents.record(an_intent(f"i{n}", nonce=n), [])
            print(n, flush=True)

anyio.run(main)
"""


@pytest.mark.devnet
@pytest.mark.parametrize("rounds", [1, 7, 20])
async def test_kill__in_the_middle_of_writing__nothing_half_done(
    tmp_path: Path, rounds: int
) -> None:
    path = tmp_path / "store.db"
    acknowledged = write_until_killed(path, rounds)
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert other.execute("PRAGMA foreign_key_check").fetchall() == []
    async with open_store(path, clock=ManualClock()) as store:
        cursor = await store.chain.cursor()
        orders = await store.orders.list(OrderFilter(limit=10**6))
        batches = await store.batches.recent(10**6)
        intents = await store.intents.live(ActKind.TRANSACTION)
    assert cursor is not None
    assert len(orders) == 20 * cursor.number
    assert acknowledged <= len(intents) <= len(batches) <= cursor.number <= acknowledged + 1
    held = {row.order_id for row in orders if row.batch_id is not None}
    assert held == {order_id for batch in batches for order_id in batch.order_ids}
    assert all(len(batch.order_ids) == 20 for batch in batches)


def write_until_killed(path: Path, rounds: int) -> int:
    """The last round that the writer acknowledged before it was killed, without warning."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        for line in writer.stdout:
            if int(line) >= rounds:
                writer.send_signal(signal.SIGKILL)
                break
        rest = writer.stdout.read().split()
        assert writer.wait() == -signal.SIGKILL
    return int(rest[-1]) if rest else rounds
