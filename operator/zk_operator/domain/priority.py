"""Which orders are more urgent than others: the operator's rules, as a pure decision over what an order says and pays.

Judged once, when the order is taken in: what it says does not change, and that its deadline comes nearer is
`domain.batching`'s part.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from zk_operator.domain.ids import Address, PoolId
from zk_operator.domain.order import Order


class Priority(IntEnum):
    """How urgent an order is; lower values go first."""

    CRITICAL = 0
    HIGH = 1
    NORMAL = 2
    LOW = 3

    @property
    def label(self) -> str:
        """As settings and listings name it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorityRule:
    """A priority, and the orders that have it: those that meet every condition; one that is not set is met by all."""

    priority: Priority
    pool_id: PoolId | None = None
    owners: frozenset[Address] = frozenset()
    min_sizes: Mapping[Address, int] = field(default_factory=dict)  # by the currency sold
    max_lifetime_s: float | None = None  # from placing to the deadline
    min_fee: int = 0  # in 1e-18 of the native currency


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFacts:
    """What the rules look at. `sells` and `fee` are None where they are not known, or not asked for."""

    order: Order
    placed_at_s: int
    sells: Address | None = None
    fee: int | None = None  # in 1e-18 of the native currency


def priority_of(rules: Sequence[PriorityRule], facts: OrderFacts) -> Priority:
    """By the first rule that the order meets; NORMAL where it meets none."""
    return next((rule.priority for rule in rules if _meets(rule, facts)), Priority.NORMAL)


def _meets(rule: PriorityRule, facts: OrderFacts) -> bool:
    """What is not known meets no condition."""
    order = facts.order
    lifetime_s = order.deadline - facts.placed_at_s
    return (
        rule.pool_id in {None, order.pool_id}
        and (not rule.owners or order.owner in rule.owners)
        and (rule.max_lifetime_s is None or lifetime_s <= rule.max_lifetime_s)
        and (not rule.min_sizes or _is_large(rule.min_sizes, facts))
        and (rule.min_fee == 0 or (facts.fee is not None and facts.fee >= rule.min_fee))
    )


def _is_large(min_sizes: Mapping[Address, int], facts: OrderFacts) -> bool:
    least = None if facts.sells is None else min_sizes.get(facts.sells)
    return least is not None and facts.order.amount_in >= least
