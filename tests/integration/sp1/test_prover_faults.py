"""The named faults of proving by a network: whatever happens, the batch is proved once and paid once.

A test's `judge` looks at the server's side: what it charged, what is left in the account, how many requests it fulfilled.
"""

from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from zk_acts.domain.failures import BudgetExceeded
from zk_devnet.prover_network.config import Timing
from zk_devnet.prover_network.faults import ALWAYS, Fault
from zk_devnet.testing.proving_stage import NETWORK, proving_stage
from zk_devnet.testing.world import Crash, CrashAt
from zk_operator.domain.records import BatchState

pytestmark = pytest.mark.devnet


@pytest.mark.parametrize(
    "label", ["prove.before_row", "prove.after_row", "prove.after_send", "prove.after_answer"]
)
async def test_crash__before_and_after_the_request_was_sent__proved_and_paid_once(
    label: str, tmp_path: Path
) -> None:
    async with proving_stage(tmp_path) as made:
        # The second hit: the first act registers the program.
        made.start(CrashAt(label=label, count=2))
        with pytest.raises(Crash):
            await made.until_proved()
        made.start()
        await made.until_proved()
        await made.judge(by="network")


async def test_answer_lost__found_by_its_id__proved_and_paid_once(tmp_path: Path) -> None:
    async with proving_stage(tmp_path) as made:
        made.faults.arm(Fault.LOST_ANSWER)
        await made.until_proved()
        await made.judge(by="network")
        assert len(await made.rows()) == 1


async def test_request_lost__sent_again_with_the_same_bytes__proved_and_paid_once(
    tmp_path: Path,
) -> None:
    async with proving_stage(tmp_path) as made:
        made.faults.arm(Fault.LOST_REQUEST)
        await made.until_proved()
        await made.judge(by="network")
        assert len(await made.rows()) == 1


async def test_nonce_race__another_client_of_the_key__proved_and_paid_once(tmp_path: Path) -> None:
    async with proving_stage(tmp_path) as made:
        # The registration's too: the pass that registers the program makes the request as well.
        made.faults.arm(Fault.NONCE_ERROR, count=2)
        await made.until_proved()
        assert Fault.NONCE_ERROR not in made.faults.as_dict()  # both have struck
        await made.judge(by="network")


async def test_no_bids__cancelled_and_offered_more__proved_and_paid_once(tmp_path: Path) -> None:
    async with proving_stage(tmp_path) as made:
        made.faults.arm(Fault.NO_BIDS)
        await made.until_proved()
        await made.judge(by="network")
        first, second = await made.rows()
        assert (first.error_code, first.paid) == ("ZKO-PRV-045", 0)
        assert second.quoted > first.quoted


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.UNFULFILLABLE, "ZKO-PRV-042"),
        (Fault.REVERTED, "ZKO-PRV-043"),
        (Fault.EXPIRED, "ZKO-PRV-044"),
    ],
)
async def test_given_up_by_the_network__asked_again__proved_and_paid_once(
    fault: Fault, code: str, tmp_path: Path
) -> None:
    async with proving_stage(tmp_path) as made:
        made.faults.arm(fault)
        await made.until_proved()
        await made.judge(by="network")
        assert [row.error_code for row in await made.rows()] == [code, None]


async def test_late_proof__fulfilled_after_its_deadline__is_taken(tmp_path: Path) -> None:
    config = replace(NETWORK, proof_timeout_s=3.0, overdue_grace_s=10.0)
    async with proving_stage(tmp_path, config=config) as made:
        await made.until_accepted()
        await anyio.sleep(4.1)  # past the deadline; nobody looked
        await made.until_proved()
        await made.judge(by="network")
        assert len(await made.rows()) == 1


async def test_artifact_store_failing__uploads_and_downloads__proved_and_paid_once(
    tmp_path: Path,
) -> None:
    async with proving_stage(tmp_path) as made:
        made.faults.arm(Fault.UPLOAD_REFUSED, count=6)
        made.faults.arm(Fault.DOWNLOAD_REFUSED, count=6)
        await made.until_proved()
        await made.judge(by="network")
        assert len(await made.rows()) == 1


async def test_budget_exhausted__stops_with_an_alert__resumes_when_raised(tmp_path: Path) -> None:
    async with proving_stage(tmp_path) as made:
        made.cap = 1
        made.start()
        troubles = [await made.tick() for _ in range(5)]
        assert isinstance(troubles[-1], BudgetExceeded)
        assert list(made.board.alerts) == ["spending.PROVE.budget"]
        assert await made.server() == []
        made.cap = 10**30
        made.start()
        await made.until_proved()
        await made.judge(by="network")
        assert made.board.alerts == {}


async def test_artifact_store_down_for_a_while__the_request_is_made_when_it_is_back(
    tmp_path: Path,
) -> None:
    async with proving_stage(tmp_path, config=replace(NETWORK, transfer_timeout_s=0.3)) as made:
        made.faults.arm(Fault.UPLOAD_REFUSED, count=ALWAYS)
        for _ in range(3):
            assert await made.tick() is not None
        made.faults.clear()
        await made.until_accepted()
        made.faults.arm(Fault.DOWNLOAD_REFUSED, count=ALWAYS)
        await anyio.sleep(0.3)
        for _ in range(3):
            assert await made.tick() is not None
        made.faults.clear()
        await made.until_proved()
        await made.judge(by="network")
        assert len(await made.rows()) == 1


async def test_unexecutable__charged_by_the_network__is_not_asked_again(tmp_path: Path) -> None:
    async with proving_stage(tmp_path) as made:
        made.faults.arm(Fault.UNEXECUTABLE, count=ALWAYS)
        batch = await made.until_ended()
        assert (batch.state, batch.error_code) == (BatchState.ABANDONED, "ZKO-PRV-041")
        (row,) = await made.rows()
        assert row.paid == row.quoted
        await made.settle_up(paid=0)


async def test_network_silent__comes_back__proved_and_paid_once(tmp_path: Path) -> None:
    config = replace(NETWORK, request_timeout_s=0.5)
    async with proving_stage(tmp_path, config=config) as made:
        while not await made.network.program_registered():
            await made.tick()
        made.gate.fall_silent()
        for _ in range(2):
            assert await made.tick() is not None
        made.gate.resume()
        await made.until_proved()
        await made.judge(by="network")


async def test_crash__while_the_network_is_at_work__proved_and_paid_once(tmp_path: Path) -> None:
    slow = Timing(execution_s=0.02, auction_s=0.02, proving_s=1.0)
    async with proving_stage(tmp_path, timing=slow) as made:
        await made.until_accepted()
        for _ in range(3):
            made.start()
            await made.tick()
        await made.until_proved()
        await made.judge(by="network")
        assert len(await made.rows()) == 1
