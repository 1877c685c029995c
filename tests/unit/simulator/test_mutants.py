"""A planted fault is found, and is gone again afterwards."""

import pytest

from zk_devnet.simulator.case import Case, plan_of
from zk_devnet.simulator.mutants import MUTANTS, planted
from zk_devnet.simulator.run import run_case

# Any change of the product may change what a seed does: where the one that found a fault does so no more, the next are run.
WITHIN = 2_000
FOUND = {
    "no-caps": 4038573654,
    "same-price": 4038573672,
    "cursor-first": 4038574052,
    "range-logs": 4038573691,
    "receipt-null": 4038573871,
    "early-batch": 4038575686,
}


@pytest.mark.parametrize(("name", "seed"), FOUND.items())
def test_mutant__in_seeds_from_one_that_found_it__is_found_and_gone_again(
    name: str, seed: int
) -> None:
    assert any(_finds(name, Case(seed=each)) for each in range(seed, seed + WITHIN))


def _finds(name: str, case: Case) -> bool:
    """Whether the case fails with the mutant and passes without."""
    if not MUTANTS[name].may_show(plan_of(case).kinds):
        return False
    with planted(name):
        found = run_case(case).problems != ()
    return found and run_case(case).problems == ()


def test_mutants__are_ten_or_more_and_say_what_they_are() -> None:
    assert len(MUTANTS) >= 10
    assert all(mutant.about and mutant.needs for mutant in MUTANTS.values())
