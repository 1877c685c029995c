"""Errands that cannot get on: what is said meanwhile, and at the end of the time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from anyio.lowlevel import checkpoint
from structlog.testing import capture_logs

from zk_acts.domain.acts import IntentState, Purpose
from zk_acts.domain.details import Aggregation
from zk_acts.domain.errors import OperatorError
from zk_acts.domain.ids import Hash32
from zk_acts.ports.act import Fees, Prepared
from zk_acts.runtime.fault import NoFaults
from zk_acts.services.paid_act import PaidActs
from zk_acts.services.spend_guard import SpendPolicy
from zk_acts.services.task_runner import NothingSent, NotInTime, Progress, TaskRunner
from zk_devnet.testing.manual_clock import ManualClock
from zk_devnet.testing.memory_store import MemoryStore
from zk_devnet.testing.scripted_zkverify import ScriptedExtrinsics, ScriptedZkVerify
from zk_operator.runtime.health import HealthBoard
from zk_operator.runtime.telemetry import Telemetry
from zkverify_client.adapters.errors import DomainFull, MalformedChainAnswer
from zkverify_client.domain.failures import ZkVerifyUnreachable
from zkverify_client.ports.zkverify import RegisterVk, ZkVerifyRequest
from zkverify_client.services.receipt_wait import NotPublished, published_receipt

KEY = RegisterVk(vk_hash=Hash32(b"\x01" * 32))


class Enough(Exception):
    """Raised by a test that has seen enough."""


@dataclass(slots=True)
class Bench:
    """One account's runner; after `patience` waits the time is over."""

    chain: ScriptedZkVerify = field(default_factory=ScriptedZkVerify)
    clock: ManualClock = field(default_factory=ManualClock)
    seen: list[Progress[Any]] = field(default_factory=list)
    troubles: list[OperatorError] = field(default_factory=list)  # of the next preparations
    mines: bool = True
    patience: int = 1000

    def runner(self, timeout_s: float = 60.0) -> TaskRunner[Any, Any]:
        acts = PaidActs(
            channel=self._channel(),
            store=MemoryStore(clock=self.clock).intents,
            policy=SpendPolicy(caps=(), reserve=0),
            clock=self.clock,
            faults=NoFaults(),
            telemetry=Telemetry(),
            board=HealthBoard(clock=self.clock),
        )
        return TaskRunner(acts=acts, wait=self.wait, timeout_s=timeout_s, report=self.seen.append)

    async def wait(self) -> None:
        self.patience -= 1
        if self.patience < 0:
            raise Enough
        await checkpoint()
        self.clock.advance(6_000)
        if self.mines:
            self.chain.mine()

    def _channel(self) -> ScriptedExtrinsics:
        troubles = self.troubles

        class Troubled(ScriptedExtrinsics):
            async def prepare(
                self, request: ZkVerifyRequest, nonce: int, beat: Fees | None = None
            ) -> Prepared:
                if troubles:
                    raise troubles.pop(0)
                return await super().prepare(request, nonce, beat)

        return Troubled(chain=self.chain, account="us", name="zkverify")


async def _late(bench: Bench) -> OperatorError:
    """What a run ends with whose time is over after a second of real time at most."""
    with pytest.raises((NothingSent, NotInTime)) as ended:
        await bench.runner(timeout_s=0.05).run(
            purpose=Purpose.REGISTER_VK, subject="1", request=KEY
        )
    return ended.value


@pytest.mark.parametrize(
    "trouble", [MalformedChainAnswer("a fee estimate has no fee"), DomainFull(domain_id=3)]
)
async def test_run__nothing_can_be_sent__says_so_with_the_last_cause(
    trouble: OperatorError,
) -> None:
    bench = Bench(troubles=[trouble] * 100_000, patience=10**6)
    ended = await _late(bench)
    assert isinstance(ended, NothingSent)
    assert trouble.code in str(ended)
    assert not await bench.runner()._acts.of(Purpose.REGISTER_VK, "1")


async def test_run__sent_and_no_block_comes__names_the_rows_state() -> None:
    ended = await _late(Bench(mines=False, patience=10**6))
    assert isinstance(ended, NotInTime)
    assert ended.context["state"] == IntentState.SENT.value
    assert str(ended.context["extrinsic"]).startswith("0x")


async def test_run__the_same_trouble_again_and_again__is_logged_at_powers_of_ten() -> None:
    bench = Bench(troubles=[MalformedChainAnswer("nonsense")] * 1000, patience=120)
    with capture_logs() as logs, pytest.raises(Enough):
        await bench.runner().run(purpose=Purpose.REGISTER_VK, subject="1", request=KEY)
    said = [(line["log_level"], line["times"]) for line in logs if "delayed" in line["event"]]
    assert said == [("warning", 1), ("warning", 10), ("warning", 100)]
    assert {progress.trouble.code for progress in bench.seen if progress.trouble} == {
        MalformedChainAnswer.code
    }


async def test_looks__an_act_from_sending_to_finality__shows_each_state() -> None:
    bench = Bench(troubles=[ZkVerifyUnreachable()])
    looks = [
        look
        async for look in bench.runner().looks(
            purpose=Purpose.REGISTER_VK, subject="1", request=KEY
        )
    ]
    states = [look.act.state if look.act else None for look in looks]
    assert states == [
        None,
        IntentState.SENT,
        IntentState.INCLUDED,
        IntentState.INCLUDED,
        IntentState.FINAL,
    ]
    assert isinstance(looks[0].trouble, ZkVerifyUnreachable)
    assert looks[-1].outcome is not None
    assert not looks[-1].was_done_before


async def test_looks__done_by_an_earlier_run__says_that_nothing_was_sent() -> None:
    bench = Bench()
    runner = bench.runner()
    await runner.run(purpose=Purpose.REGISTER_VK, subject="1", request=KEY)
    [look] = [
        look async for look in runner.looks(purpose=Purpose.REGISTER_VK, subject="1", request=KEY)
    ]
    assert look.was_done_before
    assert len(bench.chain.sent) == 1


@dataclass(slots=True)
class Reader:
    """A reader of receipts that answers with what the test gives, the last of it for ever."""

    answers: list[Callable[[], Any]]
    asked: int = 0

    async def receipt(self, aggregation: Aggregation) -> Any:
        self.asked += 1
        return self.answers[min(self.asked, len(self.answers)) - 1]()


def _raise(error: OperatorError) -> Callable[[], Any]:
    def answer() -> None:
        raise error

    return answer


AGGREGATION = Aggregation(
    statement=Hash32(bytes(32)),  # type: ignore[arg-type]
    domain_id=0,
    aggregation_id=7,
    block_number=1,
    block_hash=Hash32(bytes(32)),
)


async def test_published_receipt__passing_trouble__is_waited_out_and_told() -> None:
    bench = Bench()
    reader: Any = Reader([_raise(MalformedChainAnswer("x")), lambda: None, lambda: "receipt"])
    told: list[OperatorError | None] = []
    found = await published_receipt(AGGREGATION, reader=reader, wait=bench.wait, report=told.append)
    assert found == "receipt"  # type: ignore[comparison-overlap]
    assert [type(trouble).__name__ for trouble in told] == ["MalformedChainAnswer", "NoneType"]


async def test_published_receipt__never__ends_with_what_is_known_and_the_cause() -> None:
    bench = Bench(patience=10**6)
    reader: Any = Reader([_raise(MalformedChainAnswer("no path"))])
    with pytest.raises(NotPublished) as ended:
        await published_receipt(AGGREGATION, reader=reader, wait=bench.wait, timeout_s=0.05)
    assert ended.value.context["aggregation_id"] == 7
    assert ended.value.context["block"] == 1
    assert "no path" in str(ended.value)
