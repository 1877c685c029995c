"""The named failures of sp1-cluster and its gateway: one proof is used, nothing is paid, nobody waits for ever.

After its own catalogue (coordinator restarts, API outages, dead workers, retries used up, lost artifacts, cancellations)
and what its source shows of the gateway. A cluster's request costs nothing, so one that is made twice loses time only; how
many were made is stated all the same. With another prover beside it, that one is asked before the reserve is touched.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from structlog.testing import capture_logs

from zk_acts.domain.acts import LIVE_STATES
from zk_devnet.prover_network.config import Timing
from zk_devnet.prover_network.faults import ALWAYS, Fault
from zk_devnet.prover_network.states import NetworkMode
from zk_devnet.testing.proving_stage import (
    CLUSTER,
    FAST,
    RESERVE_MS,
    VKEY,
    Stage,
    proving_stage,
)
from zk_operator.adapters.sp1.network import NetworkConfig

pytestmark = pytest.mark.devnet
SLOW = Timing(execution_s=0.3, auction_s=0.02, proving_s=0.6)
IMPATIENT = replace(CLUSTER, proof_timeout_s=2.0, overdue_grace_s=0.5)


@asynccontextmanager
async def cluster(
    folder: Path,
    *,
    config: NetworkConfig = CLUSTER,
    timing: Timing = FAST,
    local: bool = False,
    valid_for_s: int = 600,
) -> AsyncIterator[Stage]:
    """A gateway, and a batch to prove. `local`: there is a slower prover as well."""
    async with proving_stage(
        folder,
        mode=NetworkMode.GATEWAY,
        config=config,
        timing=timing,
        local=local,
        valid_for_s=valid_for_s,
    ) as made:
        yield made


async def codes(made: Stage) -> Sequence[str | None]:
    """What became of each request to the cluster."""
    return [row.error_code for row in await made.rows("cluster")]


async def judge(made: Stage, *, by: str = "cluster", requests: int | None = None) -> None:
    """Proved by that prover, with so many requests made of the cluster, all over, and nothing paid."""
    await made.until_proved()
    proof = await made.store.proofs.find(VKEY, (await made.batch()).public_values)
    assert proof is not None
    assert proof.backend == by
    made.faults.clear()
    with anyio.fail_after(15):
        while any(row.state in LIVE_STATES for row in await made.rows()):
            await made.tick()
            await anyio.sleep(0.05)
    assert {row.paid or 0 for row in await made.rows()} == {0}
    assert requests in (None, len(await made.rows("cluster")))


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        pytest.param(Fault.UNFULFILLABLE, "ZKO-PRV-042", id="retries-used-up"),
        pytest.param(Fault.UNEXPLAINED, "ZKO-PRV-042", id="workers-out-of-memory"),
        pytest.param(Fault.NO_BIDS, "ZKO-PRV-044", id="api-up-and-workers-gone"),
        pytest.param(Fault.STUCK, "ZKO-PRV-044", id="at-work-for-ever"),
        pytest.param(Fault.EXPIRED, "ZKO-PRV-044", id="clock-ahead-and-never-claimed"),
    ],
)
async def test_cluster__a_request_that_fails__is_made_again(
    fault: Fault, code: str, tmp_path: Path
) -> None:
    async with cluster(tmp_path, config=IMPATIENT) as made:
        made.faults.arm(fault)
        await judge(made, requests=2)
        assert await codes(made) == [code, None]


@pytest.mark.parametrize(
    "fault",
    [
        Fault.TRUNCATED_PROOF,
        Fault.WRONG_PUBLIC_VALUES,
        Fault.INVALID_PROOF,
        Fault.OLD_PROGRAM,
        Fault.OLD_CIRCUIT,
    ],
)
async def test_cluster__a_proof_that_is_none__is_refused_and_said_and_asked_for_again(
    fault: Fault, tmp_path: Path
) -> None:
    async with cluster(tmp_path) as made:
        made.faults.arm(fault)
        with capture_logs() as logs:
            await judge(made, requests=2)
        refused = [line for line in logs if line["event"] == "proof.refused"]
        assert [line["log_level"] for line in refused] == ["error"] * 3


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param({Fault.LOST_ANSWER: 1}, id="answer-lost"),
        pytest.param({Fault.LOST_ANSWER: 1, Fault.CROWDED: ALWAYS}, id="answer-lost-long-list"),
        pytest.param({Fault.LOST_ANSWER: 2}, id="answer-lost-twice"),
        pytest.param({Fault.STATUS_ERROR: 5}, id="cluster-api-down-behind-the-gateway"),
        pytest.param({Fault.DOWN: 8}, id="gateway-down"),
        pytest.param({Fault.UPLOAD_REFUSED: 6, Fault.DOWNLOAD_REFUSED: 6}, id="store-failing"),
    ],
)
async def test_cluster__trouble_on_the_way__one_request_is_made(
    faults: dict[Fault, int], tmp_path: Path
) -> None:
    async with cluster(tmp_path) as made:
        for fault, count in faults.items():
            made.faults.arm(fault, count=count)
        await judge(made, requests=1)
        assert len(await made.server()) == 1


async def test_cluster__a_request_never_arrived__is_signed_anew(tmp_path: Path) -> None:
    async with cluster(tmp_path) as made:
        made.faults.arm(Fault.LOST_REQUEST)
        await judge(
            made, requests=2
        )  # nonces that move by themselves say that the first one lapsed
        assert len(await made.server()) == 1


async def test_cluster__another_clusters_gateway_answers_in_between__the_request_is_kept(
    tmp_path: Path,
) -> None:
    async with cluster(tmp_path, timing=SLOW) as made:
        await made.until_accepted()
        made.faults.arm(Fault.UNKNOWN_REQUEST, count=2)  # by its id, and in the list
        await judge(made, requests=1)


@pytest.mark.parametrize(
    ("faults", "requests"),
    [
        pytest.param({Fault.RESTARTED}, 1, id="gateway-starts-again"),
        pytest.param({Fault.FORGOTTEN}, 2, id="requests-forgotten"),
        pytest.param({Fault.LOST_ARTIFACTS}, 2, id="inputs-lost"),
        pytest.param({Fault.FORGOTTEN, Fault.LOST_ARTIFACTS}, 2, id="requests-and-inputs-lost"),
        # How far the nonces have come says whether the same bytes are sent again, or new ones.
        pytest.param({Fault.FORGOTTEN, Fault.RESTARTED}, None, id="forgotten-at-a-new-start"),
        pytest.param(
            {Fault.FORGOTTEN, Fault.RESTARTED, Fault.LOST_ARTIFACTS}, None, id="everything-lost"
        ),
    ],
)
async def test_cluster__loses_its_memory_at_work__is_asked_anew(
    faults: set[Fault], requests: int | None, tmp_path: Path
) -> None:
    async with cluster(tmp_path, timing=SLOW) as made:
        await made.until_accepted()
        for fault in faults:
            made.faults.arm(fault)
        await judge(made, requests=requests)


@pytest.mark.parametrize(
    "fault",
    [
        Fault.NO_BIDS,
        Fault.STUCK,
        Fault.UNFULFILLABLE,
        Fault.UNEXPLAINED,
        Fault.MISSING_PROOF,
        Fault.TRUNCATED_PROOF,
        Fault.OLD_PROGRAM,
    ],
)
async def test_cluster__fails_every_time__the_other_prover_is_asked_in_time(
    fault: Fault, tmp_path: Path
) -> None:
    async with cluster(tmp_path, config=IMPATIENT, local=True, valid_for_s=20) as made:
        made.faults.arm(fault, count=ALWAYS)
        batch = await made.until_proved(timeout_s=20)
        assert batch.proved_at is not None
        assert batch.proved_at <= batch.valid_until_s * 1000 - RESERVE_MS
        await judge(made, by="cpu")


@pytest.mark.parametrize("fault", [Fault.DOWN, Fault.STATUS_ERROR, Fault.UNKNOWN_REQUEST])
async def test_cluster__gone_while_it_is_at_work__the_other_prover_is_asked_in_time(
    fault: Fault, tmp_path: Path
) -> None:
    timing = Timing(execution_s=0.02, auction_s=0.02, proving_s=30.0)
    async with cluster(
        tmp_path, config=IMPATIENT, timing=timing, local=True, valid_for_s=20
    ) as made:
        await made.until_accepted()
        made.faults.arm(fault, count=ALWAYS)
        await made.until_proved(timeout_s=20)
        await judge(made, by="cpu")


async def test_cluster__a_store_that_never_answers__the_other_prover_is_asked_in_time(
    tmp_path: Path,
) -> None:
    config = replace(IMPATIENT, transfer_timeout_s=60.0)
    async with cluster(tmp_path, config=config, local=True, valid_for_s=12) as made:
        made.local_assumed_ms = 4_000
        made.start()
        made.faults.arm(Fault.SLOW_ARTIFACTS, count=ALWAYS, delay_s=60.0)
        await judge(made, by="cpu", requests=0)


async def test_network__a_cancelled_request_is_fulfilled_all_the_same__its_charge_is_recorded(
    tmp_path: Path,
) -> None:
    timing = Timing(execution_s=0.02, auction_s=4.0, proving_s=0.02)
    async with proving_stage(tmp_path, local=True, timing=timing) as made:
        made.local_assumed_ms, made.network_cost = 3_000, 0  # the network is the first choice
        made.start()
        made.faults.arm(Fault.CANCEL_IGNORED, count=ALWAYS)
        await made.until_proved()
        await made.judge(by="cpu", paid=1)
