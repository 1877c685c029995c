"""Errands, account pools, key registration and publishing, over zkVerify in memory."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import anyio
import pytest

from zk_acts.domain.acts import Intent, IntentState, Purpose
from zk_acts.domain.details import Aggregation
from zk_acts.domain.failures import AttemptsExhausted
from zk_acts.domain.ids import AccountId, Hash32, Statement
from zk_acts.runtime.fault import NoFaults
from zk_acts.services.act_pool import ActPool
from zk_acts.services.paid_act import PaidActs
from zk_acts.services.spend_guard import SpendPolicy
from zk_acts.services.task_runner import ActFailed, TaskRunner
from zk_devnet.groth16_dev.encoding import gnark_vk_bytes
from zk_devnet.groth16_dev.trapdoor import dev_verifying_key
from zk_devnet.testing.manual_clock import ManualClock
from zk_devnet.testing.memory_store import MemoryStore
from zk_devnet.testing.scripted_zkverify import ScriptedZkVerify
from zk_devnet.testing.store_builders import an_intent
from zk_devnet.testing.tools import some_tools
from zk_operator.domain.publishing import PublishWhen
from zk_operator.runtime.health import HealthBoard
from zk_operator.runtime.telemetry import Telemetry
from zk_operator.services.publisher import (
    Publisher,
    PublishPolicy,
    is_due,
)
from zkverify_client.adapters.verdicts import VkNotRegistered
from zkverify_client.domain.groth16 import Groth16Vk
from zkverify_client.domain.sp1_proof import decode_gnark_vk
from zkverify_client.domain.statement import groth16_vk_hash
from zkverify_client.domain.verifier import VerifierPallet
from zkverify_client.ports.zkverify import (
    DomainInfo,
    OpenAggregation,
    Publish,
    RegisterVk,
    SubmitProof,
    VkHolding,
)
from zkverify_client.services.vk_registrar import Registration, VkRegistrar

US, OTHER = AccountId(b"\x01" * 32), AccountId(b"\x02" * 32)
VK = decode_gnark_vk(gnark_vk_bytes(dev_verifying_key()))


@dataclass(slots=True)
class Bench:
    """Zkverify in memory, and acts of as many accounts as a test wants."""

    chain: ScriptedZkVerify
    pool: ActPool[Any, Any]
    runner: TaskRunner[Any, Any]
    clock: ManualClock


@pytest.fixture
def bench() -> Callable[[int], Bench]:
    def build(accounts: int = 1) -> Bench:
        chain, clock = ScriptedZkVerify(), ManualClock()
        store = MemoryStore(clock=clock)
        members = [
            PaidActs(
                channel=chain.channel(f"account-{number}"),
                store=store.intents,
                policy=SpendPolicy(caps=(), reserve=0),
                clock=clock,
                faults=NoFaults(),
                telemetry=Telemetry(),
                board=HealthBoard(clock=clock),
            )
            for number in range(accounts)
        ]

        async def wait() -> None:
            clock.advance(6_000)
            chain.mine()

        pool = ActPool(members)
        return Bench(chain=chain, pool=pool, runner=TaskRunner(acts=pool, wait=wait), clock=clock)

    return build


def proof(seed: int) -> SubmitProof:
    return SubmitProof(
        onchain_proof=b"",
        public_inputs=(),
        statement=Statement(seed.to_bytes(32)),
        domain_id=0,
    )


async def test_task__proof__is_carried_to_its_final_aggregation(
    bench: Callable[[int], Bench],
) -> None:
    b = bench(1)
    await b.runner.run(
        purpose=Purpose.REGISTER_VK, subject="k", request=RegisterVk(vk_hash=Hash32(b""))
    )
    outcome = await b.runner.run(purpose=Purpose.VERIFY, subject="1", request=proof(1))
    assert isinstance(outcome.detail, Aggregation)
    assert outcome.final
    again = await b.runner.run(purpose=Purpose.VERIFY, subject="1", request=proof(1))
    assert again == outcome
    assert len(b.chain.sent) == 2


async def test_task__failure__is_told_and_another_run_tries_again(
    bench: Callable[[int], Bench],
) -> None:
    b = bench(1)
    with pytest.raises(ActFailed) as failed:
        await b.runner.run(purpose=Purpose.VERIFY, subject="1", request=proof(1))
    assert failed.value.context["cause"] == "ZKO-ZKV-035"
    assert failed.value.message == f"paid for, but in vain: {VkNotRegistered().message}"
    await b.runner.run(
        purpose=Purpose.REGISTER_VK, subject="k", request=RegisterVk(vk_hash=Hash32(b""))
    )
    await b.runner.run(purpose=Purpose.VERIFY, subject="1", request=proof(1))
    states = [row.state for row in await b.pool.of(Purpose.VERIFY, "1")]
    assert states == [IntentState.FAILED, IntentState.FINAL]


async def test_pool__acts_side_by_side__spread_over_the_accounts(
    bench: Callable[[int], Bench],
) -> None:
    b = bench(3)
    async with anyio.create_task_group() as group:
        for seed in range(6):

            async def issue(number: int = seed) -> None:
                await b.pool.issue(
                    purpose=Purpose.VERIFY, subject=str(number), request=proof(number)
                )

            group.start_soon(issue)
    used = [row.account for n in range(6) for row in await b.pool.of(Purpose.VERIFY, str(n))]
    assert sorted(used) == sorted([f"account-{n}" for n in range(3)] * 2)


async def test_pool__act_of_an_account__goes_back_to_it(bench: Callable[[int], Bench]) -> None:
    b = bench(2)
    first = await b.pool.issue(purpose=Purpose.VERIFY, subject="1", request=proof(1))
    await b.pool.issue(purpose=Purpose.VERIFY, subject="2", request=proof(2))
    again = await b.pool.issue(purpose=Purpose.VERIFY, subject="1", request=proof(1))
    assert again.account == first.account
    b.chain.mine(4)
    await b.pool.keep()
    assert [row.state for row in await b.pool.of(Purpose.VERIFY, "2")] == [IntentState.FAILED]


@dataclass(slots=True)
class Registry:
    """A registry that follows the scripted chain, plus keys of others."""

    chain: ScriptedZkVerify
    of_others: frozenset[Hash32] = frozenset()
    known_domain: DomainInfo | None = None

    async def vk_holding(
        self, vk_hash: Hash32, account: AccountId, pallet: VerifierPallet = VerifierPallet.GROTH16
    ) -> VkHolding:
        ours = await self.chain.vk_registered(vk_hash)
        deposit = 5 if ours and account == US else None
        holders = int(ours) + int(vk_hash in self.of_others)
        return VkHolding(vk_hash=vk_hash, pallet=pallet, holders=holders, deposit=deposit)

    async def domain(self, domain_id: int) -> DomainInfo | None:
        return self.known_domain


def keys(count: int) -> list[Groth16Vk]:
    """Keys that differ in how many inputs they take."""
    return [replace(VK, k=VK.k[: number + 2]) for number in range(count)]


async def test_registrar__many_keys_named_twice__are_each_registered_once(
    bench: Callable[[int], Bench],
) -> None:
    b = bench(2)
    registry = Registry(chain=b.chain)
    registrar = VkRegistrar(runner=b.runner, registry=registry, accounts=(US, OTHER))
    done = await registrar.register([*keys(4), *keys(4)])
    assert [key.how for key in done] == [Registration.NEW] * 4
    assert {key.deposit for key in done} == {5}
    assert len(b.chain.sent) == 4
    again = await registrar.register(keys(4))
    assert [key.how for key in again] == [Registration.OURS] * 4
    assert len(b.chain.sent) == 4


async def test_registrar__registered_by_another__is_enough_unless_ours_is_wanted(
    bench: Callable[[int], Bench],
) -> None:
    b = bench(1)
    vk_hash = groth16_vk_hash(VK)
    registry = Registry(chain=b.chain, of_others=frozenset({vk_hash}))
    registrar = VkRegistrar(runner=b.runner, registry=registry, accounts=(US,))
    assert [key.how for key in await registrar.register([VK])] == [Registration.OTHERS]
    assert b.chain.sent == []
    assert [key.how for key in await registrar.register([VK], own=True)] == [Registration.NEW]


def aggregation(number: int, *, complete: bool, ours: bool = True) -> OpenAggregation:
    return OpenAggregation(
        domain_id=0,
        aggregation_id=number,
        size=1,
        capacity=2,
        reward=10,
        complete=complete,
        submitters=frozenset({US if ours else OTHER}),
    )


def domain_with(aggregations: Sequence[OpenAggregation], rules: str = "Untrusted") -> DomainInfo:
    return DomainInfo(
        domain_id=0,
        owner=OTHER,
        state="Ready",
        size=2,
        queue=16,
        aggregate_rules=rules,
        proof_rules="Untrusted",
        delivery_owner=OTHER,
        delivery_fee=0,
        owner_tip=0,
        aggregations=tuple(aggregations),
    )


@pytest.mark.parametrize(
    ("when", "complete", "age_ms", "due"),
    [
        (PublishWhen.NEVER, True, 10**9, False),
        (PublishWhen.COMPLETE, True, 0, True),
        (PublishWhen.COMPLETE, False, 10**9, False),
        (PublishWhen.AGE, True, 0, True),
        (PublishWhen.AGE, False, 59_999, False),
        (PublishWhen.AGE, False, 60_000, True),
    ],
)
def test_is_due__by_policy(when: PublishWhen, complete: bool, age_ms: int, due: bool) -> None:
    policy = PublishPolicy(domain_id=0, when=when)
    assert is_due(aggregation(1, complete=complete), policy, age_ms) is due


@pytest.mark.parametrize(
    ("rules", "account", "complete", "entitled"),
    [
        ("Untrusted", US, False, True),
        ("OnlyOwner", US, True, False),
        ("OnlyOwner", OTHER, False, True),
        ("OnlyOwnerUncompleted", US, True, True),
        ("OnlyOwnerUncompleted", US, False, False),
    ],
)
def test_may_publish__by_the_domains_rules(
    rules: str, account: AccountId, complete: bool, entitled: bool
) -> None:
    assert domain_with((), rules).may_publish(account, complete=complete) is entitled


async def test_publisher__due_aggregations__are_published_once(
    bench: Callable[[int], Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    b = bench(1)
    issued: list[Publish] = []
    [acts] = b.pool.members

    async def issue(*, purpose: str, subject: str, request: Publish) -> None:
        issued.append(request)

    monkeypatch.setattr(acts, "issue", issue)
    ours, theirs = aggregation(1, complete=True), aggregation(2, complete=True, ours=False)
    registry = Registry(chain=b.chain, known_domain=domain_with([ours, theirs]))
    publisher = Publisher(
        some_tools(MemoryStore(clock=b.clock), b.clock),
        acts=acts,
        account=US,
        registry=registry,
        policy=PublishPolicy(domain_id=0, when=PublishWhen.COMPLETE),
    )
    await publisher.tick()
    assert issued == [Publish(domain_id=0, aggregation_id=1)]
    registry.known_domain = None
    await publisher.tick()
    assert len(issued) == 1


async def test_publisher__paid_for_in_vain_as_often_as_it_may__stops_and_says_so(
    bench: Callable[[int], Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    b = bench(1)
    [acts] = b.pool.members
    rows = [an_intent(f"p{at}", nonce=at, state=IntentState.FAILED) for at in range(3)]

    async def of(purpose: str, subject: str) -> list[Intent]:
        assert (purpose, subject) == ("publish", "0/1")
        return rows

    monkeypatch.setattr(acts, "of", of)
    publisher = Publisher(
        some_tools(MemoryStore(clock=b.clock), b.clock),
        acts=acts,
        account=US,
        registry=Registry(chain=b.chain, known_domain=domain_with([aggregation(1, complete=True)])),
        policy=PublishPolicy(domain_id=0, when=PublishWhen.COMPLETE),
    )

    with pytest.raises(AttemptsExhausted, match="0/1"):
        await publisher.tick()
