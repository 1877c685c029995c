"""What the `prover` verbs say of money."""

from pathlib import Path

from zk_acts.runtime.clock import SystemClock
from zk_operator.adapters.storage.sqlite_store import open_store
from zk_operator.app.prover_tool import _money
from zk_operator.settings import Settings, load_settings

EXAMPLE = Path(__file__).parents[3] / "config" / "operator.example.toml"


def _settings(database: Path) -> Settings:
    return load_settings(EXAMPLE, {}, {"store.path": str(database)}).settings


async def test_money__no_database_yet__nothing_is_said_of_spending(tmp_path: Path) -> None:
    facts = await _money(_settings(tmp_path / "none.sqlite"))

    assert list(facts) == ["max_price_per_pgu"]


async def test_money__a_database_without_acts__nothing_spent(tmp_path: Path) -> None:
    database = tmp_path / "operator.sqlite"
    async with open_store(database, clock=SystemClock()):
        pass

    assert (await _money(_settings(database)))["spent_last_day"] == "0"


async def test_money__a_database_that_cannot_be_read__is_not_taken_for_none(tmp_path: Path) -> None:
    database = tmp_path / "operator.sqlite"
    database.write_bytes(b"not a database" * 100)

    facts = await _money(_settings(database))

    assert facts["spent_last_day"] is None
    assert "ZKO-STO" in str(facts["ledger"])
