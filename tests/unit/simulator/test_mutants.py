"""A planted fault is found, and is gone again afterwards."""

import pytest

from zk_devnet.simulator.case import Case
from zk_devnet.simulator.mutants import MUTANTS, planted
from zk_devnet.simulator.run import run_case

FOUND = {
    "no-caps": 4038573654,
    "same-price": 4038573672,
    "cursor-first": 4038573694,
    "range-logs": 4038573691,
    "receipt-null": 4038573871,
    "early-batch": 4038573764,
}


@pytest.mark.parametrize(("name", "seed"), FOUND.items())
def test_mutant__in_a_seed_that_finds_it__fails_there_and_nowhere_else(
    name: str, seed: int
) -> None:
    with planted(name):
        assert run_case(Case(seed=seed)).problems != ()
    assert run_case(Case(seed=seed)).problems == ()


def test_mutants__are_ten_or_more_and_say_what_they_are() -> None:
    assert len(MUTANTS) >= 10
    assert all(mutant.about and mutant.needs for mutant in MUTANTS.values())
