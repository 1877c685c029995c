"""What the benchmarks' report says of limits, and of what could not be measured."""

import importlib
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The benchmarks' runner, which is no part of the package."""
    monkeypatch.syspath_prepend(str(ROOT))
    return importlib.import_module("loadtest.bench.run")


@pytest.fixture
def measure(bench: ModuleType) -> ModuleType:
    return importlib.import_module("loadtest.bench.measure")


@pytest.mark.parametrize(
    ("limits", "holds"),
    [
        ({}, True),
        ({"at_least": 1.0, "at_most": 1.0}, True),
        ({"at_least": 1.1}, False),
        ({"at_most": 0.9}, False),
    ],
)
def test_measure__limits__hold_at_the_limit(
    measure: ModuleType, limits: dict[str, float], holds: bool
) -> None:
    found = measure.Measure(name="a", value=1.0, unit="s", **limits)
    assert found.holds is holds
    assert found.as_json()["holds"] is holds


async def test_report__broken_and_skipped_entries__are_named_apart(
    bench: ModuleType, measure: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def one() -> Sequence[Any]:
        return [
            measure.Measure(name="good", value=2.0, unit="s", at_least=1.0),
            measure.Measure(name="bad", value=0.5, unit="s", at_least=1.0),
            measure.Skipped(name="absent", reason="not built"),
        ]

    monkeypatch.setattr(bench, "find", lambda name: one)
    found = await bench.report(["one"])
    assert found["broken"] == ["one/bad"]
    assert found["skipped"] == ["one/absent: not built"]
    assert found["benches"]["one"]["measures"][2] == {"name": "absent", "skipped": "not built"}


def test_percentile__of_a_row__lies_in_it(measure: ModuleType) -> None:
    assert measure.percentile(list(range(101)), 95) == pytest.approx(95.0)
