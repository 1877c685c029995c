"""The batching part of the settings, as the services take it."""

from zk_operator.domain.batching import BatchPolicy
from zk_operator.domain.ids import PoolId
from zk_operator.domain.priority import Priority, PriorityRule
from zk_operator.ports.chain import ContractTerms
from zk_operator.services.batcher import BatcherPolicy
from zk_operator.settings import Settings


def batcher_policy(settings: Settings, terms: ContractTerms) -> BatcherPolicy:
    """The batcher's part of the settings."""
    batching = settings.batching
    ages_s = {
        Priority.CRITICAL: 0.0,
        Priority.HIGH: batching.max_age_high_s,
        Priority.NORMAL: batching.max_age_s,
        Priority.LOW: batching.max_age_low_s,
    }
    return BatcherPolicy(
        signing_domain=terms.signing_domain,
        limits=BatchPolicy(
            max_orders=batching.max_orders,
            max_bytes=batching.max_bytes,
            max_age_ms={priority: int(age * 1000) for priority, age in ages_s.items()},
            reserve_ms=int(batching.min_deadline_reserve_s * 1000),
            fee_multiple_bps=batching.fee_multiple_bps,
            min_orders_for_fees=batching.min_orders_for_fees,
        ),
        tolerance_bps=batching.tolerance_bps,
        valid_for_s=int(batching.valid_for_s),
    )


def priority_rules(settings: Settings) -> tuple[PriorityRule, ...]:
    """The rules of `batching.priorities`, in their order."""
    return tuple(
        PriorityRule(
            priority=Priority[rule.priority.upper()],
            pool_id=None if rule.pool is None else PoolId(rule.pool),
            owners=frozenset(rule.owners),
            min_sizes=rule.min_size,
            max_lifetime_s=rule.max_lifetime_s,
            min_fee=rule.min_fee,
        )
        for rule in settings.batching.priorities
    )


def waiting_too_long_s(settings: Settings) -> int:
    """How long an order that could be batched may wait while nothing is in flight: more than any age that closes a batch."""
    batching = settings.batching
    return 600 + int(max(batching.max_age_s, batching.max_age_high_s, batching.max_age_low_s))
