"""Publisher: publishes the aggregations that hold our statements, by policy. zkVerify has no timer that would.

The publisher gets what the submitters reserved for it, and pays a fee of about a twentieth of a small domain's reserve.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from zk_acts.domain.acts import Purpose
from zk_acts.domain.failures import AttemptsExhausted
from zk_acts.domain.ids import AccountId
from zk_acts.services.attempt import current_attempt, may_try, spent
from zk_acts.services.paid_act import PaidActs
from zk_acts.services.work_pass import Pass
from zk_operator.domain.publishing import PublishWhen
from zk_operator.services.tools import Tools
from zkverify_client.ports.zkverify import (
    DomainInfo,
    OpenAggregation,
    Publish,
    RegistryReader,
    ZkVerifyDetail,
    ZkVerifyRequest,
)

log = structlog.get_logger("publisher")


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishPolicy:
    """The domain, and when. Aggregations are as old as this process knows them."""

    domain_id: int
    when: PublishWhen
    age_ms: int = 60_000
    max_attempts: int = 3
    retry_after_ms: int = 10_000


def is_due(aggregation: OpenAggregation, policy: PublishPolicy, age_ms: int) -> bool:
    """Whether the policy wants it published now."""
    if policy.when is PublishWhen.NEVER:
        return False
    return aggregation.complete or (policy.when is PublishWhen.AGE and age_ms >= policy.age_ms)


class Publisher:
    """One domain's publisher, with the account that also submits."""

    name = "publisher"
    description = "Publishes aggregations on zkVerify"

    def __init__(
        self,
        tools: Tools,
        *,
        acts: PaidActs[ZkVerifyRequest, ZkVerifyDetail],
        account: AccountId,
        registry: RegistryReader,
        policy: PublishPolicy,
    ) -> None:
        self._acts = acts
        self._account = account
        self._registry = registry
        self._policy = policy
        self._clock = tools.clock
        self._wake_up = tools.wake_ups.publisher
        self._first_seen: dict[int, int] = {}

    async def wake(self) -> None:
        """Wait for the next head."""
        await self._wake_up.wait()

    async def tick(self) -> None:
        """Publish what is due. Losing a race to another publisher costs a small fee and is no trouble.

        Who submits with the account keeps its acts; here only their rows are read.
        """
        turn = Pass()
        domain = await self._registry.domain(self._policy.domain_id)
        if domain is not None:
            for aggregation in self._due(domain):
                with turn.item(aggregation_id=aggregation.aggregation_id):
                    await self._publish(aggregation)
        turn.finish()

    def _due(self, domain: DomainInfo) -> Sequence[OpenAggregation]:
        """Ours, due, and allowed to us."""
        now = self._clock.now_ms()
        # Others publish theirs; a race for one costs a fee (ADR 0075).
        ours = [a for a in domain.aggregations if self._account in a.submitters]
        seen = self._first_seen
        # The chain has no clock for it; a restart delays by the limit at most (ADR 0075).
        self._first_seen = {a.aggregation_id: seen.get(a.aggregation_id, now) for a in ours}
        return [
            a
            for a in ours
            if is_due(a, self._policy, now - self._first_seen[a.aggregation_id])
            and domain.may_publish(self._account, complete=a.complete)
        ]

    async def _publish(self, aggregation: OpenAggregation) -> None:
        subject = f"{aggregation.domain_id}/{aggregation.aggregation_id}"
        attempts = await self._acts.of(Purpose.PUBLISH, subject)
        if current_attempt(attempts) is not None:
            return
        if spent(attempts) >= self._policy.max_attempts:
            raise AttemptsExhausted(
                stage=Purpose.PUBLISH, subject=subject, last=attempts[-1].error_code
            )
        if not may_try(attempts, self._clock.now_ms(), self._policy.retry_after_ms):
            return
        request = Publish(
            domain_id=aggregation.domain_id, aggregation_id=aggregation.aggregation_id
        )
        await self._acts.issue(purpose=Purpose.PUBLISH, subject=subject, request=request)
        log.info(
            "aggregation.publishing",
            domain_id=aggregation.domain_id,
            aggregation_id=aggregation.aggregation_id,
            size=aggregation.size,
            reward=str(aggregation.reward),
        )
