"""The scenarios' own judgement: what it finds, and what it lets pass."""

from dataclasses import replace
from pathlib import Path

import pytest

from zk_acts.domain.acts import Purpose
from zk_devnet.testing.manual_clock import ManualClock
from zk_devnet.testing.scenario.rows import ActRow, BatchRow, Rows, read_rows
from zk_devnet.testing.store_builders import an_intent
from zk_operator.adapters.storage.sqlite_store import open_store

SETTLE = ActRow(
    intent_id="settle/b/1",
    kind="transaction",
    purpose=Purpose.SETTLE,
    subject="b",
    backend="evm:31337",
    account="0xaa",
    nonce=7,
    reference=b"\x01",
    state="final",
    error_code=None,
    paid=21_000,
    fee_cap=10,
)
PROVE = replace(SETTLE, kind="prove", purpose=Purpose.PROVE, backend="network")


def rows(*acts: ActRow, batches: tuple[BatchRow, ...] = ()) -> Rows:
    return Rows(acts=acts, batches=batches, orders={}, rejections=())


def test_problems__one_act_per_piece_of_work__none() -> None:
    replaced = replace(SETTLE, intent_id="settle/b/0", state="replaced")
    assert list(rows(replaced, SETTLE, PROVE).problems()) == []


def test_problems__two_under_one_nonce__named() -> None:
    other = replace(SETTLE, subject="c", state="included")
    [problem] = rows(SETTLE, other).problems()
    assert "2 acts took effect under one nonce" in problem


def test_problems__two_final_acts_for_one_batch__named() -> None:
    [problem] = rows(SETTLE, replace(SETTLE, nonce=8)).problems()
    assert problem == "settle done again for ['b'], 0 times rightly"


def test_problems__a_reverted_one_before__none() -> None:
    reverted = replace(SETTLE, nonce=6, error_code="ZKO-EVM-020")
    assert list(rows(reverted, SETTLE).problems()) == []


@pytest.mark.parametrize(("right", "found"), [(0, 1), (1, 0), (2, 1)])
def test_problems__proved_twice__only_if_it_was_right_so_often(right: int, found: int) -> None:
    assert len(list(rows(PROVE, replace(PROVE, nonce=8)).problems({"prove": right}))) == found


def test_unfinished__acts_and_batches_under_way__each_named() -> None:
    batch = BatchRow(batch_id="b", state="proved", error_code=None, orders=frozenset({b"o"}))
    done = replace(batch, batch_id="c", state="done")
    found = rows(replace(SETTLE, state="intended"), PROVE, batches=(batch, done)).unfinished()
    assert found == ["settle/b/1 is intended", "batch b is proved"]


def test_read_rows__no_database_yet__nothing(tmp_path: Path) -> None:
    assert read_rows(tmp_path / "none.sqlite") == rows()


async def test_read_rows__an_act__is_as_it_was_recorded(tmp_path: Path) -> None:
    path = tmp_path / "rows.sqlite"
    async with open_store(path, clock=ManualClock()) as store:
        await store.intents.record(an_intent("i", fee_cap=10**30), [])
    (act,) = read_rows(path).acts
    assert act.purpose == Purpose.SETTLE
    assert (act.intent_id, act.kind, act.paid, act.fee_cap) == ("i", "transaction", None, 10**30)
