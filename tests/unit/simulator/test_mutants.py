"""A planted fault is found, and is gone again afterwards."""

import pytest

from zk_devnet.simulator.case import Case
from zk_devnet.simulator.mutants import MUTANTS, planted
from zk_devnet.simulator.run import run_case

FOUND = {"no-caps": 3, "same-price": 44, "cursor-first": 34, "range-logs": 129}


@pytest.mark.parametrize(("name", "seed"), FOUND.items())
def test_mutant__in_a_seed_that_finds_it__fails_there_and_nowhere_else(
    name: str, seed: int
) -> None:
    with planted(name):
        assert run_case(Case(seed=seed)).problems != ()
    assert run_case(Case(seed=seed)).problems == ()


def test_mutants__are_ten_and_say_what_they_are() -> None:
    assert len(MUTANTS) == 10
    assert all(mutant.about and mutant.needs for mutant in MUTANTS.values())
