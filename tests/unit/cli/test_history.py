"""`zk-operator history`: every change of one row, and what the contract said of a batch."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest
from typer.testing import CliRunner

from zk_acts.domain.acts import IntentState
from zk_acts.domain.ids import Hash32
from zk_devnet.testing.manual_clock import ManualClock
from zk_devnet.testing.store_builders import a_batch, a_log, an_intent, an_order_id, placed, scanned
from zk_operator.adapters.storage import open_store
from zk_operator.cli import main
from zk_operator.domain.chain_event import BatchSettled, SectionSkipped
from zk_operator.domain.ids import Address, PoolId
from zk_operator.domain.public_values import PublicValues
from zk_operator.domain.records import BatchState

EXAMPLE = Path(__file__).parents[3] / "config" / "operator.example.toml"
POOL = PoolId(b"\x07" * 32)
VALUES = PublicValues(
    version=1,
    chain_id=1,
    manager=Address(b"\x01" * 20),
    orders_root=Hash32(bytes(32)),
    settlement_hash=Hash32(bytes(32)),
    valid_until=1,
)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """An order in a batch that the contract has skipped and then settled, and an act that failed."""
    path, clock = tmp_path / "operator.sqlite", ManualClock()

    async def fill() -> None:
        async with open_store(path, clock=clock) as store:
            await store.chain.apply([scanned(1, placed("o", a_log(1)))])
            batch = a_batch("b1", "o", public_values=VALUES.encode())
            await store.batches.close(batch)
            await store.batches.save(
                replace(batch, state=BatchState.ABANDONED, error_code="ZKO-SET-001")
            )
            key = VALUES.hash()
            skipped = SectionSkipped(at=a_log(2), key=key, pool_id=POOL, reason=b"\x12\x34")
            done = BatchSettled(at=a_log(2, 1), public_values_hash=key, sections=1, orders=1)
            await store.chain.apply([scanned(2, skipped, done)])
            intent = an_intent("i")
            await store.intents.record(intent, [])
            await store.intents.update(intent, IntentState.FAILED, error_code="ZKO-PRV-043")

    anyio.run(fill)
    return path


def ask(database: Path, *arguments: str, code: int = 0) -> dict[str, Any]:
    flags = ["--config", str(EXAMPLE), "--set", f"store.path={database}", "--json"]
    done = CliRunner().invoke(main.app, ["history", *arguments, *flags])
    assert done.exit_code == code, done.output
    found: dict[str, Any] = json.loads(done.output)
    return found


def steps(found: dict[str, Any]) -> list[tuple[object, object, object]]:
    return [(each["from"], each["to"], each["code"]) for each in found["changes"]]


def test_history__of_a_batch__its_changes_and_the_contracts_words(database: Path) -> None:
    found = ask(database, "batch", "b1")
    assert steps(found) == [(None, "closed", None), ("closed", "abandoned", "ZKO-SET-001")]
    said = [
        (one["said"], one["pool_id"], one["reason"], one["orders"]) for one in found["contract"]
    ]
    assert said == [
        ("skipped", "0x" + POOL.hex(), "0x1234", None),
        ("settled", None, None, 1),
    ]


def test_history__of_an_order__by_its_id_in_any_spelling(database: Path) -> None:
    plain = an_order_id("o").hex()
    for name in (plain, "0x" + plain, plain.upper()):
        assert steps(ask(database, "order", name)) == [(None, "open", None)]


def test_history__of_an_act__with_the_code_of_its_end(database: Path) -> None:
    assert steps(ask(database, "act", "i"))[-1][1:] == ("failed", "ZKO-PRV-043")


def test_history__of_something_unknown__exit_code_one(database: Path) -> None:
    assert ask(database, "batch", "b9", code=1)["changes"] == []


def test_history__for_people__a_table(database: Path) -> None:
    flags = ["--config", str(EXAMPLE), "--set", f"store.path={database}"]
    done = CliRunner().invoke(main.app, ["history", "batch", "b1", *flags])
    assert done.exit_code == 0
    assert "ZKO-SET-001" in done.output
    assert "skipped" in done.output
