"""What acts brought, as SQLite has it: every kind, and rows that something has damaged."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from zk_acts.adapters.storage.detail_rows import KINDS
from zk_acts.adapters.storage.schema import _apply, migrations
from zk_acts.domain.acts import ActDetail, IntentState, Purpose
from zk_acts.domain.failures import StoreUnavailable
from zk_acts.domain.ids import IntentId
from zk_devnet.testing.manual_clock import ManualClock
from zk_devnet.testing.store_builders import DETAILS, an_intent
from zk_operator.adapters.storage import open_store
from zk_operator.adapters.storage.sqlite_store import SCHEMA


def test_kinds__every_detail_that_there_is__has_a_row() -> None:
    known = {kind.__name__ for kind in KINDS.values()}
    assert {leaf.__name__ for leaf in ActDetail.__subclasses__()} == known
    assert {type(detail).__name__ for detail in DETAILS.values()} == known


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("block_hash", b"\0" * 31),
        ("block_hash", None),
        ("aggregation_id", -1),
        ("aggregation_id", None),
        ("detail", "mined"),
        ("proof_uri", "of something else"),
    ],
)
async def test_read__a_damaged_detail__says_that_the_store_cannot_be_used(
    tmp_path: Path, column: str, value: object
) -> None:
    path = tmp_path / "store.db"
    async with open_store(path, clock=ManualClock()) as store:
        await store.intents.record(an_intent("i"), [])
        await store.intents.update(an_intent("i"), IntentState.FINAL, detail=DETAILS["aggregation"])
        with closing(sqlite3.connect(path)) as other, other:
            other.execute(f"UPDATE intent_details SET {column} = ?", (value,))
        with pytest.raises(StoreUnavailable, match="intent_id=i"):
            await store.intents.get(IntentId("i"))
        with pytest.raises(StoreUnavailable):
            await store.intents.of_subject(Purpose.SETTLE, "b1")


async def test_read__a_batch_that_lost_a_proof__says_that_the_store_cannot_be_used(
    tmp_path: Path,
) -> None:
    path = tmp_path / "store.db"
    async with open_store(path, clock=ManualClock()) as store:
        await store.intents.record(an_intent("i"), [])
        batch = DETAILS["batch verified"]
        await store.intents.update(an_intent("i"), IntentState.FINAL, detail=batch)
        with closing(sqlite3.connect(path)) as other, other:
            other.execute("DELETE FROM batched_proofs WHERE position = 1")
        with pytest.raises(StoreUnavailable, match="lacks some of its proofs"):
            await store.intents.get(IntentId("i"))


async def test_update__a_batch_that_is_taken_back__leaves_no_proofs(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    async with open_store(path, clock=ManualClock()) as store:
        await store.intents.record(an_intent("i"), [])
        batch = DETAILS["batch verified"]
        row = await store.intents.update(an_intent("i"), IntentState.INCLUDED, detail=batch)
        await store.intents.update(row, IntentState.SENT)
        with closing(sqlite3.connect(path)) as other:
            assert other.execute("SELECT count(*) FROM batched_proofs").fetchone() == (0,)


async def test_open__a_database_with_details__keeps_them(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        for step in migrations(SCHEMA):
            if "batches_of_proofs" in step.name:
                break
            _apply(old, step, 0)
        old.execute(
            "INSERT INTO intents (intent_id, kind, purpose, subject, backend, account, nonce, reference, payload, "
            "resource, quoted, state, paid, fee_cap, tip, born_block, expires, created_at, updated_at) VALUES "
            "('i', 'extrinsic', 'verify', 'b1', 'zkverify', 'a', 0, x'01', x'02', 'VFY', '9', 'final', '3', "
            "'0', '0', 0, 0, 5, 6)"
        )
        old.execute(
            "INSERT INTO intent_details (intent_id, detail, domain_id) VALUES ('i', 'domain_registered', 4)"
        )
    async with open_store(path, clock=ManualClock()) as store:
        row = await store.intents.get(IntentId("i"))
        assert row is not None
        assert row.detail == DETAILS["domain registered"]


async def test_read__a_damaged_row__says_that_the_store_cannot_be_used(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    async with open_store(path, clock=ManualClock()) as store:
        await store.intents.record(an_intent("i"), [])
        with closing(sqlite3.connect(path)) as other, other:
            other.execute("UPDATE intents SET quoted = 'much'")
        with pytest.raises(StoreUnavailable):
            await store.intents.get(IntentId("i"))


async def test_open__a_database_without_details__keeps_its_acts(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        for step in migrations(SCHEMA)[:2]:
            _apply(old, step, 0)
        old.execute(
            "INSERT INTO intents (intent_id, kind, purpose, subject, backend, account, nonce, reference, payload, "
            "resource, quoted, state, paid, fee_cap, tip, born_block, expires, created_at, updated_at) VALUES "
            "('i', 'extrinsic', 'verify', 'b1', 'zkverify', 'a', 0, x'01', x'02', 'VFY', '9', 'final', '3', "
            "'0', '0', 0, 0, 5, 6)"
        )
    async with open_store(path, clock=ManualClock()) as store:
        row = await store.intents.get(IntentId("i"))
        assert row is not None
        assert (row.state, row.paid, row.detail) == (IntentState.FINAL, 3, None)
        assert await store.intents.used_nonce("zkverify", "a") == 0
