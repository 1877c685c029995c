"""Which priority an order has: the first rule of which it meets every condition."""

from dataclasses import replace

import pytest

from zk_devnet.testing.store_builders import terms
from zk_operator.domain.ids import Address, PoolId
from zk_operator.domain.priority import OrderFacts, Priority, PriorityRule, priority_of

PLACED_S = 1_000
OWNER, OTHER = Address(b"\x01" * 20), Address(b"\x02" * 20)
TOKEN, NATIVE = Address(b"\x0a" * 20), Address(bytes(20))
POOL = PoolId(b"\x03" * 32)
ORDER = terms(owner=OWNER, pool_id=POOL, amount_in=500, deadline=PLACED_S + 60)
FACTS = OrderFacts(order=ORDER, placed_at_s=PLACED_S, sells=TOKEN, fee=7)
EVERYTHING = PriorityRule(
    priority=Priority.HIGH,
    pool_id=POOL,
    owners=frozenset({OWNER, OTHER}),
    min_sizes={NATIVE: 1, TOKEN: 500},
    max_lifetime_s=60,
    min_fee=7,
)


def test_priority_of__no_rules__normal() -> None:
    assert priority_of((), FACTS) is Priority.NORMAL


def test_priority_of__every_condition_is_met__the_rules_priority() -> None:
    assert priority_of([EVERYTHING], FACTS) is Priority.HIGH


@pytest.mark.parametrize(
    "condition",
    [
        {"pool_id": PoolId(b"\x04" * 32)},
        {"owners": frozenset({OTHER})},
        {"min_sizes": {TOKEN: 501}},
        {"min_sizes": {NATIVE: 1}},
        {"max_lifetime_s": 59.9},
        {"min_fee": 8},
    ],
    ids=lambda condition: next(iter(condition)),
)
def test_priority_of__one_condition_is_not_met__normal(condition: dict[str, object]) -> None:
    rule = replace(EVERYTHING, **condition)  # type: ignore[arg-type]  # fields by name
    assert priority_of([rule], FACTS) is Priority.NORMAL


@pytest.mark.parametrize("unknown", ["sells", "fee"])
def test_priority_of__what_a_rule_asks_for_is_not_known__the_next_rule_counts(unknown: str) -> None:
    facts = replace(FACTS, **{unknown: None})  # type: ignore[arg-type]  # fields by name
    rest = PriorityRule(priority=Priority.LOW, owners=frozenset({OWNER}))
    assert priority_of([EVERYTHING, rest], facts) is Priority.LOW


def test_priority_of__two_rules_are_met__the_first_counts() -> None:
    low = PriorityRule(priority=Priority.LOW, pool_id=POOL)
    assert priority_of([low, EVERYTHING], FACTS) is Priority.LOW
