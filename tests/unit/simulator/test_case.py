"""Plans follow from cases, and shrinking finds small ones."""

from dataclasses import replace

import pytest

from zk_devnet.simulator.case import Case, plan_of
from zk_devnet.simulator.run import Result
from zk_devnet.simulator.shrink import shrink, signature
from zk_devnet.simulator.weather import Kind


def test_plan__of_the_same_case__is_the_same() -> None:
    assert plan_of(Case(seed=5)) == plan_of(Case(seed=5))
    assert plan_of(Case(seed=5)) != plan_of(Case(seed=6))


def test_plan__without_a_kind__keeps_the_rest_as_it_was() -> None:
    whole = plan_of(Case(seed=24))
    gone = whole.kinds[0]
    rest = plan_of(Case(seed=24, without=frozenset({gone})))
    assert rest.spells == tuple(spell for spell in whole.spells if spell.kind is not gone)
    assert rest.orders == whole.orders


def test_plan__faults__end_before_the_calm() -> None:
    for seed in range(200):
        plan = plan_of(Case(seed=seed))
        assert all(spell.end_s <= plan.calm_at_s for spell in plan.spells)


def test_line__of_a_case__evaluates_to_it() -> None:
    case = Case(seed=9, without=frozenset({Kind.EVM_SLOW, Kind.ZK_DOWN}), orders=2, calm_at_s=44.0)
    assert eval(case.line(), {"Case": Case, "Kind": Kind, "frozenset": frozenset}) == case


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("order 12ab34cd was refunded", "order ffee0011 was refunded", True),
        ("silent: evm-tags", "silent: zk-down", False),
    ],
)
def test_signature__of_problems__ignores_names_and_numbers(
    one: str, other: str, alike: bool
) -> None:
    assert (signature(one) == signature(other)) is alike


def test_shrink__one_kind_is_to_blame__leaves_that_and_one_order() -> None:
    case = Case(seed=24)
    kinds = plan_of(case).kinds
    guilty = kinds[len(kinds) // 2]

    def run(smaller: Case) -> Result:
        found = guilty in plan_of(smaller).kinds
        return _result(smaller, ("order 1234abcd was lost",) if found else ())

    small = shrink(run(case), run).case
    assert plan_of(small).kinds == (guilty,)
    assert len(plan_of(small).orders) == 1
    assert small.calm_at_s < case.calm_at_s


def test_shrink__fails_in_another_way__is_not_the_same() -> None:
    case = Case(seed=24)
    result = _result(case, ("order 1234abcd was lost",))
    small = shrink(result, lambda smaller: _result(smaller, ("crash of intake",)))
    assert small.case == case


def _result(case: Case, problems: tuple[str, ...]) -> Result:
    return Result(case=case, problems=problems, digest="", virtual_s=0.0)


def test_replace__of_a_case__is_another() -> None:
    assert replace(Case(seed=1), orders=3) != Case(seed=1)
