"""Provers of another proof system: weighed, and passed over with the reason that zkVerify gives."""

import anyio
from anyio.lowlevel import checkpoint
from structlog.testing import capture_logs

from zk_devnet.testing.manual_clock import ManualClock
from zk_operator.domain.routing import Job, Reason, Wait, choose
from zk_operator.services.foreign_provers import ForeignProver, ForeignProvers
from zkverify_client.domain.failures import ZkVerifyUnreachable

ZISK = ForeignProver(name="zisk", system="zisk", assumed_ms=1_000)
UNVERIFIED, UNSETTLED, UNREACHABLE = "ZKO-PRV-062", "ZKO-PRV-063", "ZKO-ZKV-001"


class Chain:
    """Says what it verifies, or that it cannot be reached, or nothing."""

    def __init__(self, *systems: str) -> None:
        self.systems = systems
        self.is_up = True
        self.asked = 0

    async def proof_systems(self) -> frozenset[str]:
        self.asked += 1
        await checkpoint()
        if not self.is_up:
            raise ZkVerifyUnreachable
        return frozenset(self.systems)


async def code(provers: ForeignProvers) -> str:
    return (await provers.refusals())["zisk"].code


async def test_refusals__zkverify_has_no_verifier__its_reason_is_asked_for_once_a_minute() -> None:
    chain, clock = Chain("groth16", "sp1"), ManualClock()
    provers = ForeignProvers(provers=[ZISK], reader=chain, clock=clock)
    with capture_logs() as lines:
        for _ in range(3):
            assert await code(provers) == UNVERIFIED
    assert chain.asked == 1
    assert [line["event"] for line in lines] == ["prover.refused"]
    assert lines[0]["code"] == UNVERIFIED
    chain.systems = ("groth16", "sp1", "zisk")
    clock.advance(60_000)
    assert await code(provers) == UNSETTLED  # still no statement that the contract believes


async def test_refusals__zkverify_cannot_be_reached__refused_for_that_until_it_was_asked() -> None:
    chain, clock = Chain("sp1"), ManualClock()
    provers = ForeignProvers(provers=[ZISK], reader=chain, clock=clock)
    chain.is_up = False
    assert await code(provers) == UNREACHABLE
    chain.is_up = True
    clock.advance(60_000)
    assert await code(provers) == UNVERIFIED
    chain.is_up = False
    clock.advance(60_000)
    assert await code(provers) == UNVERIFIED  # what was said last


async def test_refusals__none_configured__nobody_is_asked() -> None:
    chain = Chain()
    provers = ForeignProvers(provers=[], reader=chain, clock=ManualClock())
    assert await provers.refusals() == {}
    assert provers.candidates() == []
    assert chain.asked == 0


async def test_candidates__cheapest_and_quickest__never_chosen() -> None:
    provers = ForeignProvers(provers=[ZISK], reader=Chain("sp1"), clock=ManualClock())
    await provers.tick()
    (zisk,) = provers.candidates()
    assert (zisk.p50_ms, zisk.p95_ms, zisk.cost, zisk.refusal) == (500, 1_000, 0, UNVERIFIED)
    job = Job(deadline_ms=10**9, reserve_ms=0)
    assert choose(job, [zisk], 0) == Wait(reason=Reason.REFUSED)


async def test_refusals__asked_by_two_at_the_same_time__both_get_the_answer_to_one_question() -> (
    None
):
    chain, found = Chain("sp1"), []
    provers = ForeignProvers(provers=[ZISK], reader=chain, clock=ManualClock())

    async def ask() -> None:
        found.append(await code(provers))

    async with anyio.create_task_group() as group:
        group.start_soon(ask)
        group.start_soon(ask)
    assert found == [UNVERIFIED, UNVERIFIED]
    assert chain.asked == 1


async def test_refusals__zkverify_hangs__told_in_bounded_time_and_the_router_never_waits() -> None:
    class Silent:
        async def proof_systems(self) -> frozenset[str]:
            await anyio.sleep_forever()
            raise AssertionError

    provers = ForeignProvers(provers=[ZISK], reader=Silent(), clock=ManualClock(), timeout_s=0.001)
    (zisk,) = provers.candidates()
    assert zisk.refusal == UNREACHABLE
    assert await code(provers) == UNREACHABLE
