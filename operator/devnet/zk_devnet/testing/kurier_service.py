"""Kurier's REST API on the devnet: takes Groth16 proofs for one API key and submits them from an account of its own.

Paths, fields and statuses are those that the adapter reads (https://docs.kurier.xyz). Whether a proof is good is left to the
node: there is no optimistic verification.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
import structlog
from aiohttp import web

from zk_devnet.http_edge import expecting, refuse_broken_requests
from zk_devnet.zkverify.client import NodeClient
from zk_devnet.zkverify.scale import Case
from zk_devnet.zkverify.signature import KeyPair, key_pair
from zkverify_client.adapters.groth16_json import foreign_key, inputs_of, proof_of
from zkverify_client.domain.groth16 import Groth16Proof, Groth16Vk, g1_to_le, g2_to_le
from zkverify_client.domain.proof_errors import ProofError

log = structlog.get_logger("devnet.kurier")
MOST_BODY = 1 << 20


@dataclass(slots=True)
class KurierFaults:
    """What goes wrong on purpose: how many of the next answers are lost after the job was made, how many submissions are
    refused; whether jobs are held back, and whether they fail."""

    lost_answers: int = 0
    refusals: int = 0
    holds: bool = False
    fails: bool = False


@dataclass(slots=True, kw_only=True)
class Job:
    """One proof that was taken."""

    call: Case
    status: str = "Queued"


@dataclass(slots=True, kw_only=True)
class KurierStandIn:
    """A server in front of one node. `domain_id` is the domain of every chain that is asked for."""

    node: str
    api_key: str
    domain_id: int
    account: KeyPair = field(default_factory=lambda: key_pair("//Eve"))
    faults: KurierFaults = field(default_factory=KurierFaults)
    jobs: dict[str, Job] = field(default_factory=dict)
    url: str = ""

    @asynccontextmanager
    async def running(self) -> AsyncIterator["KurierStandIn"]:
        """Serve until the block ends."""
        application = web.Application(
            client_max_size=MOST_BODY, middlewares=[refuse_broken_requests]
        )
        application.add_routes(
            expecting(
                web.post("/api/v1/submit-proof/{key}", self._submit),
                web.get("/api/v1/job-status/{key}/{job}", self._status),
            )
        )
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/v1"
            yield self
        finally:
            with anyio.CancelScope(shield=True):
                await runner.cleanup()

    async def release(self) -> None:
        """Submit what was held back."""
        self.faults.holds = False
        for job in self.jobs.values():
            if job.status == "Queued":
                await self._bring(job)

    async def _submit(self, request: web.Request) -> web.Response:
        self._require_key(request)
        if self.faults.refusals:
            self.faults.refusals -= 1
            return web.json_response({"message": "refused on purpose"}, status=400)
        try:
            job = Job(call=self._call(await request.json()))
        except (ProofError, KeyError, TypeError, ValueError) as error:
            return web.json_response({"message": str(error)}, status=400)
        job_id = f"job-{len(self.jobs) + 1}"
        self.jobs[job_id] = job
        if self.faults.fails:
            job.status = "Failed"
        elif not self.faults.holds:
            await self._bring(job)
        log.info("kurier.job_made", job_id=job_id, status=job.status)
        if self.faults.lost_answers:
            self.faults.lost_answers -= 1
            return web.json_response({}, status=504)  # as a gateway in front of it would
        return web.json_response({"jobId": job_id, "optimisticVerify": "success"})

    async def _status(self, request: web.Request) -> web.Response:
        self._require_key(request)
        job_id = request.match_info["job"]
        if job_id not in self.jobs:
            return web.json_response({"message": "no such job"}, status=404)
        return web.json_response({"jobId": job_id, "status": self.jobs[job_id].status})

    def _require_key(self, request: web.Request) -> None:
        if request.match_info["key"] != self.api_key:
            raise web.HTTPUnauthorized

    async def _bring(self, job: Job) -> None:
        async with NodeClient(self.node) as node:
            await node.submit(self.account, job.call)
        job.status = "Submitted"

    def _call(self, body: dict[str, Any]) -> Case:
        data = body["proofData"]
        if body["proofType"] != "groth16" or body["vkRegistered"]:
            raise ValueError("only Groth16 proofs with their key are taken here")
        arguments = {
            "vk_or_hash": Case("Vk", _key_fields(foreign_key(data["vk"]))),
            "proof": _proof_fields(proof_of(data["proof"])),
            "pubs": list(inputs_of(data["publicSignals"], data["proof"])),
            "domain_id": self.domain_id,
        }
        return Case("SettlementGroth16Pallet", Case("submit_proof", arguments))


def _key_fields(vk: Groth16Vk) -> dict[str, Any]:
    return {
        "curve": Case("Bn254"),
        "alpha_g1": g1_to_le(vk.alpha),
        "beta_g2": g2_to_le(vk.beta),
        "gamma_g2": g2_to_le(vk.gamma),
        "delta_g2": g2_to_le(vk.delta),
        "gamma_abc_g1": [g1_to_le(point) for point in vk.k],
    }


def _proof_fields(proof: Groth16Proof) -> dict[str, Any]:
    points = {"a": g1_to_le(proof.a), "b": g2_to_le(proof.b), "c": g1_to_le(proof.c)}
    return {"curve": Case("Bn254"), "proof": points}
