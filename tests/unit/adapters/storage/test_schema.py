"""Migrations and the version of the schema."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from zk_acts.adapters.storage.act_store import open_acts
from zk_acts.adapters.storage.schema import (
    _apply,
    last_version,
    migrate,
    migrations,
    schema_version,
    statements,
)
from zk_acts.domain.acts import ActKind, IntentState, Resource
from zk_acts.domain.failures import SchemaTooNew, StoreUnavailable
from zk_acts.domain.ids import IntentId
from zk_devnet.testing.manual_clock import ManualClock
from zk_devnet.testing.store_builders import DETAILS, an_intent
from zk_operator.adapters.storage import open_store
from zk_operator.adapters.storage.sqlite_store import SCHEMA


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    """A new database in memory."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as opened:
        yield opened


def test_migrations__names__are_numbered_without_gaps() -> None:
    assert [step.version for step in migrations(SCHEMA)] == list(range(1, last_version(SCHEMA) + 1))


def test_migrate__new_database__comes_to_the_last_version(connection: sqlite3.Connection) -> None:
    assert schema_version(connection) == 0
    migrate(connection, SCHEMA, 5)
    assert schema_version(connection) == last_version(SCHEMA)
    row = connection.execute("SELECT name, applied_at FROM schema_version").fetchone()
    assert row == ("0001_acts.sql, 0001_initial.sql", 5)


def test_migrate__again__does_nothing(connection: sqlite3.Connection) -> None:
    migrate(connection, SCHEMA, 5)
    migrate(connection, SCHEMA, 6)
    rows = connection.execute("SELECT applied_at FROM schema_version").fetchall()
    assert rows == [(5,)] * last_version(SCHEMA)


def test_migrate__a_step_that_fails__leaves_nothing_of_it(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE events (something TEXT)")
    with pytest.raises(sqlite3.OperationalError):
        migrate(connection, SCHEMA, 5)
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    assert tables == [("events",)]
    assert schema_version(connection) == 0


def test_statements__a_trigger__stays_in_one_piece() -> None:
    trigger = "CREATE TRIGGER t BEFORE DELETE ON x\nBEGIN\n  SELECT 1;\n  SELECT 2;\nEND;\n"
    assert list(statements("-- why; indeed\nSELECT 1;\n" + trigger)) == [
        "-- why; indeed\nSELECT 1;\n",
        trigger,
    ]


async def test_open__written_by_a_newer_program__is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    async with open_store(path, clock=ManualClock()):
        pass
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("INSERT INTO schema_version VALUES (999, 'future', 0)")
    for read_only in (False, True):
        with pytest.raises(SchemaTooNew) as caught:
            async with open_store(path, clock=ManualClock(), read_only=read_only):
                pass
        assert caught.value.context == {"found": 999, "known": last_version(SCHEMA)}


async def test_open_read_only__not_migrated_yet__is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("CREATE TABLE unrelated (x TEXT)")
    with pytest.raises(StoreUnavailable, match="migrated"):
        async with open_store(path, clock=ManualClock(), read_only=True):
            pass


def test_migrate__rows_of_an_older_version__kept_and_refusals_by_terms_of_the_moment_taken_back(
    connection: sqlite3.Connection,
) -> None:
    for statement in statements(migrations(SCHEMA)[0].script):
        connection.execute(statement)
    connection.execute(
        "CREATE TABLE schema_version (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT"
    )
    connection.execute("INSERT INTO schema_version VALUES (1, '0001_initial.sql', 0)")
    orders = [
        (None, "5", 9, None),
        ("ZKO-INT-003", "5", 9, None),
        ("ZKO-INT-004", "5", 9, None),  # less than the pool's least size then
        ("ZKO-INT-004", "0", 9, "ZKO-INT-004"),
        ("ZKO-INT-005", "5", 9, None),  # more than the contract's span then
        ("ZKO-INT-005", "5", 1, "ZKO-INT-005"),
        ("ZKO-INT-006", "5", 9, "ZKO-INT-006"),
        ("ZKO-BAT-001", "5", 9, "ZKO-BAT-001"),
    ]
    for at, (refusal, amount, deadline, _) in enumerate(orders):
        connection.execute(
            "INSERT INTO orders (order_id, owner, pool_id, zero_for_one, amount_in, min_out, deadline, salt, task_index, "
            "placed_block, placed_hash, placed_tx, placed_log, placed_at_s, seen_at, status, refusal) "
            "VALUES (?, x'01', x'02', 1, ?, '1', ?, '0', ?, 3, x'03', x'04', 0, 2, 1, 'open', ?)",
            (bytes([at]), amount, deadline, at, refusal),
        )

    migrate(connection, SCHEMA, 5)

    rows = connection.execute("SELECT refusal, back_off_until, back_offs, wake_price FROM orders")
    assert rows.fetchall() == [(kept, None, 0, None) for *_, kept in orders]


def test_migrations__a_number_after_the_first__belongs_to_one_part() -> None:
    of_parts = [{step.version for step in migrations((part,))} for part in SCHEMA]
    assert set.intersection(*of_parts) == {1}
    assert set.union(*of_parts) == {step.version for step in migrations(SCHEMA)}


@pytest.mark.parametrize("steps", range(1, last_version(SCHEMA) + 1))
async def test_open_acts__file_of_an_earlier_version_with_all_tables__goes_on(
    steps: int, tmp_path: Path
) -> None:
    path = tmp_path / "acts.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        for step in migrations(SCHEMA)[:steps]:
            _apply(old, step, 0)
        old.execute(
            "INSERT INTO intents (intent_id, kind, purpose, subject, backend, account, nonce, reference, payload, "
            "resource, quoted, state, paid, fee_cap, tip, born_block, expires, created_at, updated_at) VALUES "
            "('i', 'extrinsic', 'verify', 'b1', 'zkverify', 'a', 0, x'01', x'02', 'VFY', '9', 'final', '3', "
            "'0', '0', 0, 0, 5, 6)"
        )
    async with open_acts(path, clock=ManualClock()) as acts:
        assert [row.intent_id for row in await acts.of_subject("verify", "b1")] == ["i"]
        await acts.record(an_intent("job", kind=ActKind.JOB, resource=Resource.KURIER), [])
        job = await acts.get(IntentId("job"))
        assert job is not None
        await acts.update(job, IntentState.FINAL, detail=DETAILS["batch verified"])


async def test_open__a_database_of_acts_alone__is_told_to_the_daemon(tmp_path: Path) -> None:
    path = tmp_path / "acts.sqlite"
    async with open_acts(path, clock=ManualClock()):
        pass
    for read_only in (False, True):
        with pytest.raises(StoreUnavailable, match="another program's") as caught:
            async with open_store(path, clock=ManualClock(), read_only=read_only):
                pass
        assert caught.value.context["lacks"] == "orders"


async def test_open_acts__the_daemons_database__has_its_acts(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    async with open_store(path, clock=ManualClock()) as store:
        await store.intents.record(an_intent("i"), [])
    async with open_acts(path, clock=ManualClock()) as acts:
        assert await acts.get(IntentId("i")) is not None


async def test_open__the_daemons_database_opened_as_one_of_acts__gets_what_that_passed_over(
    tmp_path: Path,
) -> None:
    path = tmp_path / "store.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        for step in migrations(SCHEMA)[:5]:
            _apply(old, step, 0)
    async with open_acts(path, clock=ManualClock()):
        pass
    with pytest.raises(StoreUnavailable, match="migrated"):
        async with open_store(path, clock=ManualClock(), read_only=True):
            pass
    async with open_store(path, clock=ManualClock()):
        pass
    with closing(sqlite3.connect(path)) as there:
        fresh = sqlite3.connect(":memory:", isolation_level=None)
        migrate(fresh, SCHEMA, 0)
        tables = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name"
        assert there.execute(tables).fetchall() == fresh.execute(tables).fetchall()
        fresh.close()
