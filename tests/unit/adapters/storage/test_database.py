"""Transactions, cancellation, backup and failures of the database file."""

import asyncio
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import anyio
import pytest
from anyio import to_thread

from zk_acts.adapters.storage.database import Database, open_database
from zk_acts.domain.acts import IntentState
from zk_acts.domain.failures import StoreUnavailable
from zk_acts.domain.ids import hex0x
from zk_devnet.testing.manual_clock import ManualClock
from zk_devnet.testing.store_builders import (
    a_batch,
    a_block,
    a_log,
    an_intent,
    an_order_id,
    placed,
    scanned,
    settled,
)
from zk_operator.adapters.storage import Change, Entity, open_store
from zk_operator.adapters.storage.sqlite_store import SCHEMA
from zk_operator.domain.records import BatchState


async def opened(path: Path) -> Database:
    return await open_database(path, schema=SCHEMA, now_ms=0, read_only=False)


def files_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def insert_lease(connection: sqlite3.Connection, name: str) -> None:
    connection.execute("INSERT INTO leases VALUES (?, 'x', 1, 0)", (name,))


def lease_names(connection: sqlite3.Connection) -> list[str]:
    return [row["name"] for row in connection.execute("SELECT name FROM leases ORDER BY name")]


async def test_open__pragmas__are_those_for_money(tmp_path: Path) -> None:
    database = await opened(tmp_path / "store.db")

    def pragmas(connection: sqlite3.Connection) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys")
        return [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names]

    assert await database.read(pragmas) == ["wal", 2, 1]
    await database.close()


async def test_write__raises__leaves_nothing(tmp_path: Path) -> None:
    database = await opened(tmp_path / "store.db")

    def work(connection: sqlite3.Connection) -> None:
        insert_lease(connection, "a")
        raise LookupError

    with pytest.raises(LookupError):
        await database.write(work)
    assert await database.read(lease_names) == []
    await database.close()


async def test_write__sqlite_refuses__is_unavailable_with_its_reason(tmp_path: Path) -> None:
    database = await opened(tmp_path / "store.db")
    with pytest.raises(StoreUnavailable, match="no such table") as caught:
        await database.write(lambda connection: connection.execute("DELETE FROM missing"))
    assert isinstance(caught.value.__cause__, sqlite3.Error)
    await database.close()


async def test_write__cancelled_after_it_began__is_finished(tmp_path: Path) -> None:
    database = await opened(tmp_path / "store.db")
    began, go_on = threading.Event(), threading.Event()

    def slow(connection: sqlite3.Connection) -> None:
        began.set()
        go_on.wait(10)
        insert_lease(connection, "slow")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(database.write, slow)
        await to_thread.run_sync(began.wait)
        tasks.cancel_scope.cancel()
        go_on.set()
    assert await database.read(lease_names) == ["slow"]
    await database.close()


async def test_write__task_killed_from_outside__others_wait_for_its_transaction(
    tmp_path: Path,
) -> None:
    database = await opened(tmp_path / "store.db")
    began, go_on = threading.Event(), threading.Event()

    def slow(connection: sqlite3.Connection) -> None:
        began.set()
        go_on.wait(10)
        insert_lease(connection, "slow")

    task = asyncio.ensure_future(database.write(slow))
    await to_thread.run_sync(began.wait)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    go_on.set()
    await database.write(lambda connection: insert_lease(connection, "next"))
    assert await database.read(lease_names) == ["next", "slow"]
    await database.close()


async def test_write__cancelled_before_it_began__does_nothing(tmp_path: Path) -> None:
    database = await opened(tmp_path / "store.db")
    with anyio.CancelScope() as scope:
        scope.cancel()
        await database.write(lambda connection: insert_lease(connection, "never"))
    assert await database.read(lease_names) == []
    await database.close()


@pytest.mark.parametrize("read_only", [False, True])
async def test_open__no_folder__is_unavailable(tmp_path: Path, read_only: bool) -> None:
    with pytest.raises(StoreUnavailable):
        async with open_store(
            tmp_path / "nowhere" / "store.db", clock=ManualClock(), read_only=read_only
        ):
            pass


async def test_open__not_a_database__is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(b"this is not a database, whatever its name says" * 50)
    with pytest.raises(StoreUnavailable):
        async with open_store(path, clock=ManualClock()):
            pass


async def test_open_read_only__beside_the_writer__sees_and_cannot_write(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    async with (
        open_store(path, clock=ManualClock()) as writer,
        open_store(path, clock=ManualClock(), read_only=True) as reader,
    ):
        await writer.chain.apply([scanned(1)])
        assert await reader.chain.cursor() == a_block(1)
        with pytest.raises(StoreUnavailable, match="readonly"):
            await reader.chain.apply([scanned(2)])


async def test_open__again__everything_is_still_there(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    async with open_store(path, clock=ManualClock()) as store:
        await store.chain.apply([scanned(1, placed("o", a_log(1)))])
        await store.batches.close(a_batch("b1", "o"))
        await store.intents.record(an_intent("i"), [])
    async with open_store(path, clock=ManualClock()) as store:
        assert await store.chain.cursor() == a_block(1)
        assert await store.batches.in_state(BatchState.CLOSED) == (a_batch("b1", "o"),)
        assert (await store.intents.ledger(0))[0].intent_id == "i"


async def test_backup__store_in_use__is_a_whole_database(tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    async with open_store(tmp_path / "store.db", clock=ManualClock()) as store:
        await store.chain.apply([scanned(1, placed("o", a_log(1)))])
        await store.backup(copy)
        await store.chain.apply([scanned(2)])
    assert not files_in(tmp_path) & {"copy.db-wal", "copy.db-shm", "copy.db.partial"}
    async with open_store(copy, clock=ManualClock()) as restored:
        assert await restored.chain.cursor() == a_block(1)
        assert len(await restored.orders.get([an_order_id("o")])) == 1


async def test_backup__the_file_exists__is_not_overwritten(tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    copy.write_text("precious")
    async with open_store(tmp_path / "store.db", clock=ManualClock()) as store:
        with pytest.raises(StoreUnavailable, match="exists"):
            await store.backup(copy)
    assert copy.read_text() == "precious"


async def test_history__an_orders_life__is_all_there(tmp_path: Path) -> None:
    clock = ManualClock(100)
    async with open_store(tmp_path / "store.db", clock=clock) as store:
        await store.chain.apply([scanned(1), scanned(2, placed("o", a_log(2)))])
        await store.orders.refuse(an_order_id("o"), "ZKO-BAT-001")
        clock.advance(5)
        await store.chain.apply([scanned(3, settled("o", a_log(3)))])
        await store.chain.rewind(a_block(1))
        changes = await store.history(Entity.ORDER, hex0x(an_order_id("o")))
    told = [(change.before, change.after, change.at, change.code) for change in changes]
    assert told == [
        (None, "open", 100, None),
        ("open", "open", 100, "ZKO-BAT-001"),
        ("open", "settled", 105, None),
        ("settled", "open", 105, None),
        ("open", "orphaned", 105, None),
    ]


async def test_history__batch_and_intent__with_their_codes(tmp_path: Path) -> None:
    async with open_store(tmp_path / "store.db", clock=ManualClock(7)) as store:
        await store.chain.apply([scanned(1, placed("o", a_log(1)))])
        batch = a_batch("b1", "o")
        await store.batches.close(batch)
        await store.batches.save(
            a_batch("b1", "o", state=BatchState.ABANDONED, error_code="ZKO-ACT-004")
        )
        await store.intents.record(an_intent("i"), [])
        await store.intents.update(an_intent("i"), IntentState.LAPSED, error_code="ZKO-ACT-002")
        batches = await store.history(Entity.BATCH, "b1")
        intents = await store.history(Entity.INTENT, "i")
    assert batches[-1] == Change(
        entity=Entity.BATCH,
        entity_id="b1",
        before="closed",
        after="abandoned",
        at=7,
        code="ZKO-ACT-004",
    )
    assert [(c.before, c.after, c.code) for c in intents] == [
        (None, "intended", None),
        ("intended", "lapsed", "ZKO-ACT-002"),
    ]


@pytest.mark.parametrize("sql", ["DELETE FROM events", "UPDATE events SET at = 0"])
async def test_events__written__cannot_be_changed(tmp_path: Path, sql: str) -> None:
    path = tmp_path / "store.db"
    async with open_store(path, clock=ManualClock()) as store:
        await store.intents.record(an_intent("i"), [])
    with (
        closing(sqlite3.connect(path)) as other,
        pytest.raises(sqlite3.IntegrityError, match="append-only"),
    ):
        other.execute(sql)
