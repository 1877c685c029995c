"""Kurier's API as a scripted HTTP server, and the paid channel that submits through it."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import anyio
import pytest
from aiohttp import web

from zk_acts.domain.acts import Intent, Purpose
from zk_acts.domain.details import Aggregation
from zk_acts.domain.failures import AmbiguousOutcome
from zk_acts.domain.ids import Hash32, Statement
from zk_acts.ports.act import Failed, Included, Lapsed, Pending, Prepared
from zk_devnet.groth16_dev.encoding import gnark_vk_bytes
from zk_devnet.groth16_dev.prove import PublicInputs, onchain_bytes, prove
from zk_devnet.groth16_dev.trapdoor import dev_verifying_key
from zk_devnet.testing.act_rows import act_row
from zk_devnet.testing.manual_clock import ManualClock
from zkverify_client.adapters.errors import StatePruned
from zkverify_client.adapters.groth16_json import foreign_key, proof_of
from zkverify_client.adapters.verdicts import OutcomeUnreadable
from zkverify_client.domain.failures import ZkVerifyUnreachable
from zkverify_client.domain.sp1_proof import decode_gnark_vk, decode_sp1_proof
from zkverify_client.domain.statement import (
    groth16_statement,
    groth16_vk_hash,
    scalar_to_le,
    sp1_statement,
)
from zkverify_client.kurier.channel import KurierChannel
from zkverify_client.kurier.client import JobState, KurierClient, KurierConfig
from zkverify_client.kurier.errors import (
    KurierBusy,
    KurierKeyRefused,
    KurierMalformed,
    KurierRefused,
    KurierUnreachable,
)
from zkverify_client.ports.zkverify import RegisterVk, SubmitProof, SubmitShrink

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


@dataclass(slots=True)
class Chain:
    """A StatementFinder whose findings a test decides."""

    head: int = 100
    found: Aggregation | None = None
    pruned: bool = False
    is_down: bool = False

    async def find(
        self, statement: Statement, domain_id: int, first_block: int
    ) -> Aggregation | None:
        if self.pruned:
            raise StatePruned
        return self.found

    async def finalized_head(self) -> int:
        if self.is_down:
            raise ZkVerifyUnreachable
        return self.head


@asynccontextmanager
async def running(timeout_s: float = 1.0) -> AsyncIterator[tuple[Kurier, KurierClient]]:
    kurier = Kurier()
    app = web.Application()
    app.router.add_post("/api/v1/submit-proof/{key}", kurier.submit)
    app.router.add_get("/api/v1/job-status/{key}/{job}", kurier.status)
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


def channel_of(
    client: KurierClient, chain: Chain, clock: ManualClock | None = None
) -> KurierChannel:
    return KurierChannel(
        jobs=client,
        finder=chain,
        clock=clock or ManualClock(),
        api_key=API_KEY,
        chain_id=84532,
    )


def intent_of(channel: KurierChannel, prepared: Prepared) -> Intent:
    return act_row(channel, prepared, Purpose.VERIFY)


def aggregation() -> Aggregation:
    return Aggregation(
        statement=REQUEST.statement,
        domain_id=2,
        aggregation_id=7,
        block_number=104,
        block_hash=Hash32(bytes(32)),
    )


async def test_channel__job_made_and_statement_on_chain__is_included() -> None:
    async with running() as (kurier, client):
        chain = Chain()
        channel = channel_of(client, chain)
        intent = intent_of(channel, await channel.prepare(REQUEST, await channel.unused_nonce()))
        assert await channel.send(intent) == b"job-1"
        assert await channel.outcome(intent) == Pending()
        kurier.states["job-1"] = "Finalized"  # what Kurier says is not believed
        assert await channel.outcome(intent) == Pending()
        chain.found = aggregation()
        outcome = await channel.outcome(intent)
        assert outcome == Included(detail=aggregation(), final=True, paid=10**18, block_number=104)
        [body] = kurier.submissions
        assert (body["proofType"], body["chainId"]) == ("sp1", 84532)
        assert body["proofData"]["vk"] == "0x" + "11" * 32


async def test_channel__job_failed__is_failed_and_counted_by_the_row_alone() -> None:
    async with running() as (kurier, client):
        channel = channel_of(client, Chain())
        intent = intent_of(channel, await channel.prepare(REQUEST, 1))
        intent = replace(intent, known_as=await channel.send(intent))
        kurier.states["job-1"] = "Failed"
        again = channel_of(client, Chain())  # after a restart: the row has the job
        assert await again.outcome(intent) == Failed(
            code="ZKO-KUR-006", detail="job-1", final=True, paid=10**18
        )


async def test_channel__job_not_on_the_chain_when_the_window_is_over__is_failed_unasked() -> None:
    async with running() as (kurier, client):
        chain = Chain()
        channel = channel_of(client, chain)
        intent = intent_of(channel, await channel.prepare(REQUEST, 1))
        intent = replace(intent, known_as=await channel.send(intent))
        kurier.states.clear()  # Kurier does not know it any more, and is not asked
        chain.head = intent.expires
        outcome = await channel.outcome(intent)
        assert isinstance(outcome, Failed)
        assert (outcome.code, outcome.paid) == ("ZKO-KUR-007", 10**18)


async def test_channel__chain_unreachable__window_is_counted_from_the_head_of_now() -> None:
    async with running() as (_kurier, client):
        chain, clock = Chain(), ManualClock()
        channel = channel_of(client, chain, clock)
        with_chain = await channel.prepare(REQUEST, 1)
        clock.advance(3_600_000)
        chain.is_down = True
        without = await channel.prepare(REQUEST, 2)
        assert without.born_block == with_chain.born_block
        assert without.expires == with_chain.expires + 600
        with pytest.raises(ZkVerifyUnreachable):
            await channel_of(client, chain).prepare(REQUEST, 3)  # it never saw the chain


async def test_channel__answer_lost__is_ambiguous_until_the_window_is_over() -> None:
    async with running(timeout_s=0.3) as (kurier, client):
        chain = Chain()
        channel = channel_of(client, chain)
        intent = intent_of(channel, await channel.prepare(REQUEST, 1))
        kurier.silent = True
        with pytest.raises(AmbiguousOutcome):
            await channel.send(intent)
        assert await channel.outcome(intent) == Pending()
        chain.head = intent.expires
        assert await channel.outcome(intent) == Lapsed()


async def test_channel__blocks_of_its_window_are_gone__is_given_up_when_it_is_over() -> None:
    async with running() as (_kurier, client):
        chain = Chain(pruned=True)
        channel = channel_of(client, chain)
        intent = intent_of(channel, await channel.prepare(REQUEST, 1))
        await channel.send(intent)
        assert await channel.outcome(intent) == Pending()
        chain.head = intent.expires
        outcome = await channel.outcome(intent)
        assert isinstance(outcome, Failed)
        assert (outcome.code, outcome.paid) == (OutcomeUnreadable.code, 10**18)


async def test_channel__no_proof__is_refused_before_anything_is_sent() -> None:
    async with running() as (kurier, client):
        channel = channel_of(client, Chain())
        with pytest.raises(Exception, match="Kurier only takes proofs"):
            await channel.prepare(RegisterVk(vk_hash=VK), 1)
        assert kurier.submissions == []


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, {"message": "bad"}, KurierRefused),
        (401, {}, KurierKeyRefused),
        (429, {}, KurierBusy),
        (408, {}, KurierUnreachable),
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


async def test_channel__the_circuits_proof__goes_with_its_whole_key() -> None:
    """Kurier takes a hash only for a key that was registered through it."""
    async with running() as (kurier, client):
        vk = decode_gnark_vk(gnark_vk_bytes(dev_verifying_key()))
        inputs = PublicInputs(
            program_vkey=1, values_digest=2, exit_code=0, recursion_root=3, nonce=4
        )
        onchain = onchain_bytes(prove(inputs, random.Random(1).randrange), inputs)
        scalars = tuple(scalar_to_le(value) for value in inputs.as_tuple())
        channel = KurierChannel(
            jobs=client,
            finder=Chain(),
            clock=ManualClock(),
            api_key=API_KEY,
            chain_id=None,
            vk=vk,
        )
        request = SubmitProof(
            onchain_proof=onchain,
            public_inputs=scalars,
            statement=groth16_statement(groth16_vk_hash(vk), scalars),
            domain_id=2,
        )
        await channel.send(intent_of(channel, await channel.prepare(request, 1)))
        [body] = kurier.submissions
        assert "chainId" not in body
        assert body["vkRegistered"] is False
        assert groth16_vk_hash(foreign_key(body["proofData"]["vk"])) == groth16_vk_hash(vk)
        assert proof_of(body["proofData"]["proof"]) == decode_sp1_proof(onchain).proof
