"""Kurier's API as a scripted HTTP server, and the paid channel that submits through it."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import pytest
from aiohttp import web

from zk_devnet.testing.act_rows import act_row
from zk_devnet.testing.manual_clock import ManualClock
from zk_operator.adapters.kurier.channel import KurierChannel
from zk_operator.adapters.kurier.client import JobState, KurierClient, KurierConfig
from zk_operator.adapters.kurier.errors import (
    KurierBusy,
    KurierKeyRefused,
    KurierMalformed,
    KurierRefused,
    KurierUnreachable,
)
from zk_operator.adapters.kurier.job_book import JobBook
from zk_operator.adapters.zkverify.errors import StatePruned
from zk_operator.adapters.zkverify.verdicts import OutcomeUnreadable
from zk_operator.domain.failures import AmbiguousOutcome
from zk_operator.domain.ids import Hash32, Statement
from zk_operator.domain.records import Aggregation, Intent
from zk_operator.domain.statement import sp1_statement
from zk_operator.ports.act import Failed, Included, Lapsed, Pending, Prepared
from zk_operator.ports.zkverify import RegisterVk, SubmitShrink

pytestmark = pytest.mark.devnet
API_KEY = "secret-key"
VK = Hash32(b"\x11" * 32)
REQUEST = SubmitShrink(
    vk=VK,
    proof=b"proof",
    public_values=b"values",
    statement=sp1_statement(VK, b"values"),
    domain_id=2,
)


@dataclass(slots=True)
class Kurier:
    """What the server does next, and what it was asked."""

    answers: list[tuple[int, Any]] = field(default_factory=list)
    submissions: list[dict[str, Any]] = field(default_factory=list)
    states: dict[str, str] = field(default_factory=dict)
    silent: bool = False
    url: str = ""

    async def submit(self, request: web.Request) -> web.Response:
        assert request.match_info["key"] == API_KEY
        self.submissions.append(await request.json())
        job_id = f"job-{len(self.submissions)}"
        self.states[job_id] = "Queued"
        if self.silent:
            await anyio.sleep(5)
        ready = (200, {"jobId": job_id, "optimisticVerify": "success"})
        status, body = self.answers.pop(0) if self.answers else ready
        return web.json_response(body, status=status)

    async def status(self, request: web.Request) -> web.Response:
        job_id = request.match_info["job"]
        return web.json_response({"jobId": job_id, "status": self.states[job_id]})

    async def updates(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        wanted = json.loads((await socket.receive()).data)
        await socket.send_json({"type": "job-status-update", "jobId": wanted["jobId"]})
        await socket.receive()
        return socket


@dataclass(slots=True)
class Chain:
    """A StatementFinder whose findings a test decides."""

    head: int = 100
    found: Aggregation | None = None
    pruned: bool = False

    async def find(
        self, statement: Statement, domain_id: int, first_block: int
    ) -> Aggregation | None:
        if self.pruned:
            raise StatePruned
        return self.found

    async def finalized_head(self) -> int:
        return self.head


@asynccontextmanager
async def running(timeout_s: float = 1.0) -> AsyncIterator[tuple[Kurier, KurierClient]]:
    kurier = Kurier()
    app = web.Application()
    app.router.add_post("/api/v1/submit-proof/{key}", kurier.submit)
    app.router.add_get("/api/v1/job-status/{key}/{job}", kurier.status)
    app.router.add_get("/api/v1/ws", kurier.updates)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        kurier.url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/v1"
        config = KurierConfig(base_url=kurier.url, api_key=API_KEY, timeout_s=timeout_s)
        async with KurierClient(config) as client:
            yield kurier, client
    finally:
        await runner.cleanup()


def channel_of(client: KurierClient, chain: Chain, folder: Path) -> KurierChannel:
    return KurierChannel(
        client=client,
        finder=chain,
        jobs=JobBook(folder / "jobs"),
        clock=ManualClock(),
        api_key=API_KEY,
        chain_id=84532,
    )


def intent_of(channel: KurierChannel, prepared: Prepared) -> Intent:
    return act_row(channel, prepared, "verify")


def aggregation() -> Aggregation:
    return Aggregation(
        statement=REQUEST.statement,
        domain_id=2,
        aggregation_id=7,
        block_number=104,
        block_hash=Hash32(bytes(32)),
    )


async def test_channel__job_made_and_statement_on_chain__is_included(tmp_path: Path) -> None:
    async with running() as (kurier, client):
        chain = Chain()
        channel = channel_of(client, chain, tmp_path)
        intent = intent_of(channel, await channel.prepare(REQUEST, await channel.next_nonce()))
        await channel.send(intent)
        assert await channel.outcome(intent) == Pending()
        kurier.states["job-1"] = "Finalized"  # what Kurier says is not believed
        assert await channel.outcome(intent) == Pending()
        chain.found = aggregation()
        outcome = await channel.outcome(intent)
        assert outcome == Included(detail=aggregation(), final=True, paid=0, block_number=104)
        [body] = kurier.submissions
        assert (body["proofType"], body["chainId"]) == ("sp1", 84532)
        assert body["proofData"]["vk"] == "0x" + "11" * 32


async def test_channel__restarted__knows_its_job_and_makes_no_other(tmp_path: Path) -> None:
    async with running() as (kurier, client):
        channel = channel_of(client, Chain(), tmp_path)
        intent = intent_of(channel, await channel.prepare(REQUEST, 1))
        await channel.send(intent)
        again = channel_of(client, Chain(), tmp_path)
        await again.send(intent)
        assert len(kurier.submissions) == 1
        kurier.states["job-1"] = "Failed"
        assert await again.outcome(intent) == Failed(
            code="ZKO-KUR-006", detail="job-1", final=True, paid=0
        )


async def test_channel__answer_lost__is_ambiguous_until_the_window_is_over(tmp_path: Path) -> None:
    async with running(timeout_s=0.3) as (kurier, client):
        chain = Chain()
        channel = channel_of(client, chain, tmp_path)
        intent = intent_of(channel, await channel.prepare(REQUEST, 1))
        kurier.silent = True
        with pytest.raises(AmbiguousOutcome):
            await channel.send(intent)
        assert await channel.outcome(intent) == Pending()
        chain.head = intent.expires
        assert await channel.outcome(intent) == Lapsed()


async def test_channel__blocks_of_its_window_are_gone__is_given_up_when_it_is_over(
    tmp_path: Path,
) -> None:
    async with running() as (_kurier, client):
        chain = Chain(pruned=True)
        channel = channel_of(client, chain, tmp_path)
        intent = intent_of(channel, await channel.prepare(REQUEST, 1))
        await channel.send(intent)
        assert await channel.outcome(intent) == Pending()
        chain.head = intent.expires
        outcome = await channel.outcome(intent)
        assert isinstance(outcome, Failed)
        assert (outcome.code, outcome.paid) == (OutcomeUnreadable.code, 0)


async def test_channel__no_proof__is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    async with running() as (kurier, client):
        channel = channel_of(client, Chain(), tmp_path)
        with pytest.raises(Exception, match="Kurier only takes proofs"):
            await channel.prepare(RegisterVk(vk_hash=VK), 1)
        assert kurier.submissions == []


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, {"message": "bad"}, KurierRefused),
        (401, {}, KurierKeyRefused),
        (429, {}, KurierBusy),
        (503, {}, KurierUnreachable),
        (200, {"optimisticVerify": "failed"}, KurierRefused),
        (200, {"optimisticVerify": "success"}, KurierMalformed),
        (200, [], KurierMalformed),
    ],
)
async def test_submit__answer__is_an_error_of_ours_without_the_key(
    status: int, body: object, error: type[Exception]
) -> None:
    async with running() as (kurier, client):
        kurier.answers.append((status, body))
        with pytest.raises(error) as raised:
            await client.submit({})
        assert API_KEY not in str(raised.value)


async def test_wait_for_update__message_of_the_job__returns_early() -> None:
    async with running() as (_kurier, client):
        with anyio.fail_after(5):
            await client.wait_for_update("job-1", patience_s=60)


async def test_state__unknown_status__is_malformed() -> None:
    async with running() as (kurier, client):
        kurier.states["job-1"] = "Sleeping"
        with pytest.raises(KurierMalformed):
            await client.state("job-1")
        kurier.states["job-1"] = "Aggregated"
        assert await client.state("job-1") is JobState.AGGREGATED


async def test_client__nobody_listens__is_unreachable() -> None:
    config = KurierConfig(base_url="http://127.0.0.1:1/api/v1", api_key=API_KEY, timeout_s=1)
    async with KurierClient(config) as client:
        with pytest.raises(KurierUnreachable) as raised:
            await client.state("job-1")
        assert API_KEY not in str(raised.value)
        assert API_KEY not in repr(config)
