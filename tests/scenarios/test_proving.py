"""Faults of the prover network with the whole operator: orders are settled, and each batch is proved and paid once."""

import json
from pathlib import Path

import aiohttp
import pytest

from zk_devnet.prover_network.faults import Fault
from zk_devnet.testing.scenario import Effects, Stage, open_stage, require_sound, until
from zk_devnet.traffic.post import Posted
from zk_devnet.up import Devnet

pytestmark = [pytest.mark.devnet, pytest.mark.scenario]
ONCE = [Fault.LOST_ANSWER, Fault.NO_BIDS, Fault.UNFULFILLABLE, Fault.NONCE_ERROR]


async def arm(stage: Stage, fault: Fault, count: int = 1) -> None:
    url = f"{stage.devnet.prover.http_url}/dev/faults"
    body = {"fault": fault.value, "count": count}
    async with aiohttp.ClientSession() as session, session.post(url, json=body) as reply:
        assert reply.status == 200


async def struck(stage: Stage, fault: Fault) -> None:
    """Until the fault has struck."""
    url = f"{stage.devnet.prover.http_url}/dev/faults"

    async def look() -> bool:
        async with aiohttp.ClientSession() as session, session.get(url) as reply:
            return fault.value not in json.loads(await reply.text())["armed"]

    await until(look, f"{fault} has struck", timeout_s=30)


async def fulfilled(stage: Stage) -> dict[str, int]:
    """What the network was paid, by the requests that it fulfilled."""
    url = f"{stage.devnet.prover.http_url}/dev/status"
    async with aiohttp.ClientSession() as session, session.get(url) as reply:
        requests = (await reply.json())["requests"]
    return {
        one["request_id"]: int(one["cost"]) for one in requests if one["fulfillment"] == "fulfilled"
    }


async def test_prover_network__one_fault_after_the_other__each_batch_is_proved_and_paid_once(
    devnet: Devnet, folder: Path, seed: int
) -> None:
    """Pins: answer lost, no bids, unfulfillable, nonce race, through the daemon. Budget 80 s."""
    settings = {"prover.network.auction_timeout_s": "2"}
    async with (
        open_stage(devnet, folder, settings) as stage,
        stage.operator() as operator,
    ):
        before, paid_before = await Effects.read(stage), await fulfilled(stage)
        await operator.start()
        posted: list[Posted] = []
        for index, fault in enumerate(ONCE):
            await arm(stage, fault)
            posted += await stage.place(2, seed=seed + index)
            await struck(stage, fault)
            await stage.until_settled(posted)
        await stage.until_quiet()
        assert await operator.stop() == 0
        await require_sound(stage, posted, before)
        paid = {
            key: cost for key, cost in (await fulfilled(stage)).items() if key not in paid_before
        }
        batches = [batch for batch in stage.rows().batches if batch.state == "done"]
        assert len(paid) == len(batches)
