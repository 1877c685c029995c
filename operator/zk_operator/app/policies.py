"""The settings as the services take them: one policy each."""

from collections.abc import Mapping, Sequence

from zk_acts.domain.acts import Resource
from zk_acts.ports.store import SpendCap
from zk_acts.services.spend_guard import SpendPolicy
from zk_operator.domain.batching import BatchPolicy
from zk_operator.domain.circuit import CircuitFacts
from zk_operator.domain.ids import PoolId
from zk_operator.domain.priority import Priority, PriorityRule
from zk_operator.ports.chain import ContractTerms
from zk_operator.services.balance_monitor import BalanceMonitor
from zk_operator.services.batcher import BatcherPolicy
from zk_operator.services.clock_watch import ClockWatch
from zk_operator.services.depth import DepthWatch
from zk_operator.services.dispatcher import Dispatcher, DispatchPolicy
from zk_operator.services.foreign_provers import REFRESH_MS, ForeignProvers
from zk_operator.services.head_watch import PATIENCE_S, HeadWatch
from zk_operator.services.intake import Intake, IntakePolicy
from zk_operator.services.prover_lanes import LanePolicy
from zk_operator.services.publisher import Publisher, PublishPolicy
from zk_operator.services.reaper import Reaper, ReapPolicy
from zk_operator.services.settler import SettlePolicy, Settler
from zk_operator.services.submitter import SubmitPolicy, Submitter
from zk_operator.services.terms_watch import TermsWatch
from zk_operator.settings import Settings

HOUR_S, DAY_S = 3_600, 86_400


def intervals(settings: Settings) -> Mapping[str, float]:
    """Longest pause of each service, in seconds."""
    timing = settings.timing
    return {
        Intake.name: settings.evm.poll_interval_s,
        Settler.name: settings.evm.poll_interval_s,
        Dispatcher.name: settings.prover.network.poll_interval_s,
        Submitter.name: settings.zkverify.poll_interval_s,
        Publisher.name: settings.zkverify.poll_interval_s,
        HeadWatch.name: 1.5 * PATIENCE_S,
        Reaper.name: timing.refund_interval_s,
        BalanceMonitor.name: timing.balance_interval_s,
        ClockWatch.name: timing.balance_interval_s,
        TermsWatch.name: timing.terms_interval_s,
        DepthWatch.name: timing.balance_interval_s,
        ForeignProvers.name: REFRESH_MS / 1000,
    }


def spend_policy(settings: Settings, resource: Resource) -> SpendPolicy:
    """What may be spent of it, and what always stays in the account: nothing of Kurier's jobs, which are paid afterwards."""
    reserve = 0 if resource is Resource.KURIER else minimum(settings, resource)
    return SpendPolicy(caps=caps(settings, resource), reserve=reserve)


def caps(settings: Settings, resource: Resource) -> Sequence[SpendCap]:
    """The resource's caps per hour and per day."""
    name = resource.value.lower()
    return [
        SpendCap(
            resource=resource, window_s=window, limit=getattr(settings.limits, f"{name}_per_{span}")
        )
        for span, window in (("hour", HOUR_S), ("day", DAY_S))
    ]


def minimum(settings: Settings, resource: Resource) -> int:
    """What always stays in the account."""
    least: int = getattr(settings.limits, f"min_{resource.value.lower()}_balance")
    return least


def intake_policy(settings: Settings) -> IntakePolicy:
    """Where the scan begins, and at which depth it sees."""
    return IntakePolicy(start_block=settings.evm.start_block, see_at=settings.evm.see_at)


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
        priorities=priority_rules(settings),
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


def dispatch_policy(
    settings: Settings, terms: ContractTerms, facts: CircuitFacts
) -> DispatchPolicy:
    """What is proved."""
    return DispatchPolicy(
        program_vkey=settings.prover.program_vkey,
        recursion_root=facts.recursion_root,
        signing_domain=terms.signing_domain,
        poll_ms=int(settings.prover.network.poll_interval_s * 1000),
    )


def lane_policy(settings: Settings) -> LanePolicy:
    """When a prover is left alone."""
    prover = settings.prover
    return LanePolicy(
        assumed_reserve_ms=int(prover.reserve_s * 1000), rest_ms=int(prover.rest_s * 1000)
    )


def submit_policy(settings: Settings, facts: CircuitFacts) -> SubmitPolicy:
    """What is verified, and where."""
    return SubmitPolicy(
        program_vkey=settings.prover.program_vkey,
        recursion_root=facts.recursion_root,
        vk_hash=facts.zkverify_vk_hash,
        domain_id=settings.zkverify.domain_id,
        reorg_grace_ms=int(settings.evm.reorg_patience_s * 1000),
    )


def settle_policy(settings: Settings, terms: ContractTerms) -> SettlePolicy:
    """When a settlement counts as stuck, and when it is done."""
    evm = settings.evm
    return SettlePolicy(
        signing_domain=terms.signing_domain,
        done_at=evm.done_at,
        replace_after_ms=int(evm.replace_after_s * 1000),
        max_replacements=evm.max_replacements,
        reorg_grace_ms=int(evm.reorg_patience_s * 1000),
    )


def reap_policy(settings: Settings) -> ReapPolicy:
    """When a refund counts as stuck."""
    return ReapPolicy(
        replace_after_ms=int(settings.evm.replace_after_s * 1000),
        max_replacements=settings.evm.max_replacements,
    )


def publish_policy(settings: Settings) -> PublishPolicy:
    """Which aggregations are published."""
    zkverify = settings.zkverify
    return PublishPolicy(
        domain_id=zkverify.domain_id,
        when=zkverify.publish,
        age_ms=int(zkverify.publish_after_s * 1000),
    )
