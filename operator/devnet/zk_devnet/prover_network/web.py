"""The HTTP side: artifact uploads and downloads, and the dev controls under /dev."""

from http import HTTPStatus
from typing import Any, TypeVar

import anyio
from aiohttp import web

from zk_acts.domain.json_text import JsonInvalid, parse_json
from zk_devnet.groth16_dev.key import GNARK_VK_SHA256, RECURSION_ROOT, ZKVERIFY_VK_HASH
from zk_devnet.http_edge import expecting, refuse_broken_requests
from zk_devnet.prover_network.artifacts import (
    MAX_CONTENT_BYTES,
    PRIVATE_FOLDER,
    Artifact,
    plain,
)
from zk_devnet.prover_network.config import ProverNetworkConfig
from zk_devnet.prover_network.errors import BincodeMalformed
from zk_devnet.prover_network.faults import Fault
from zk_devnet.prover_network.network import ProverNetwork
from zk_devnet.prover_network.program import batch_key
from zk_devnet.prover_network.request import Request

_Number = TypeVar("_Number", int, float)
_ADDRESS_BYTES = 20
_MOST_DELAY_S, _MOST_TIMES = 86_400.0, 2**31
NOTICE = "dev server: proves under a Groth16 key whose trapdoor is public; bids, provers and settlement are simulated"


def execution(config: ProverNetworkConfig) -> str:
    """What runs where the simulated network would execute a program."""
    if config.prover_host is None:
        return "the batch rule natively, in place of a zkVM: no prover host"
    if config.compressed_proofs:
        return "SP1's executor; a real compressed proof is made and verified first"
    return "SP1's executor"


class WebSurface:
    """Routes of the artifact store and of the dev controls."""

    def __init__(self, network: ProverNetwork) -> None:
        self._network = network

    def application(self) -> web.Application:
        """The aiohttp application."""
        application = web.Application(
            client_max_size=MAX_CONTENT_BYTES, middlewares=[refuse_broken_requests]
        )
        application.add_routes(
            expecting(
                web.put("/artifacts/{folder}/{name}", self._upload),
                web.get("/artifacts/{folder}/{name}", self._download),
                web.get("/dev/status", self._status),
                web.get("/dev/faults", self._list_faults),
                web.post("/dev/faults", self._arm),
                web.delete("/dev/faults", self._disarm),
                web.post("/dev/balance", self._set_balance),
            )
        )
        return application

    async def _upload(self, http: web.Request) -> web.Response:
        await self._strike(Fault.UPLOAD_REFUSED)
        artifact = self._artifact(http)
        _require_presigned(http, artifact)
        content = await http.read()
        try:
            plain(content)
        except BincodeMalformed as error:
            raise web.HTTPBadRequest(text=error.message) from error
        artifact.content = content
        return web.Response()

    async def _download(self, http: web.Request) -> web.Response:
        await self._strike(Fault.DOWNLOAD_REFUSED)
        artifact = self._artifact(http)
        if artifact.folder == PRIVATE_FOLDER:
            _require_presigned(http, artifact)
        if artifact.content is None:
            raise web.HTTPNotFound(text="nothing has been uploaded here")
        return web.Response(body=plain(artifact.content), content_type="application/octet-stream")

    def _artifact(self, http: web.Request) -> Artifact:
        folder, name = http.match_info["folder"], http.match_info["name"]
        try:
            return self._network.artifacts.find(folder, name)
        except KeyError:
            raise web.HTTPNotFound(text="no such artifact") from None

    async def _strike(self, refusal: Fault) -> None:
        faults = self._network.faults
        await anyio.sleep(faults.delay_s(Fault.FAR) + faults.delay_s(Fault.SLOW_ARTIFACTS))
        if faults.take(Fault.DOWN):
            raise web.HTTPServiceUnavailable(text="injected: the network is down")
        if faults.take(refusal):
            raise web.HTTPInternalServerError(text="injected: the artifact store failed")

    async def _status(self, _http: web.Request) -> web.Response:
        network = self._network
        return web.json_response(
            {
                "notice": NOTICE,
                "execution": execution(network.config),
                "mode": network.config.mode.value,
                "versions": list(network.config.versions),
                "groth16_vk_sha256": "0x" + GNARK_VK_SHA256.hex(),
                "zkverify_vk_hash": "0x" + ZKVERIFY_VK_HASH.hex(),
                "recursion_root": "0x" + RECURSION_ROOT.hex(),
                "batch_program_vkey": "0x" + batch_key().bytes32.hex(),
                "batch_program_vk_hash": "0x" + batch_key().hash_bytes.hex(),
                "faults": network.faults.as_dict(),
                "accounts": network.ledger.as_dict(),
                "programs": ["0x" + vk_hash.hex() for vk_hash in network.programs],
                "requests": [_request_json(request) for request in network.requests.values()],
            }
        )

    async def _list_faults(self, _http: web.Request) -> web.Response:
        return web.json_response(
            {"armed": self._network.faults.as_dict(), "known": [fault.value for fault in Fault]}
        )

    async def _arm(self, http: web.Request) -> web.Response:
        body = await _json_object(http)
        try:
            fault = Fault(body["fault"])
            count = _within(int(body.get("count", 1)), -1, _MOST_TIMES)
            delay_s = _within(float(body.get("delay_s", 0)), 0.0, _MOST_DELAY_S)
        except (KeyError, OverflowError, TypeError, ValueError) as error:
            raise web.HTTPBadRequest(text=f"fault, count or delay_s: {error}") from error
        self._network.faults.arm(fault, count=count, delay_s=delay_s)
        return web.json_response(self._network.faults.as_dict())

    async def _disarm(self, _http: web.Request) -> web.Response:
        self._network.faults.clear()
        return web.json_response({})

    async def _set_balance(self, http: web.Request) -> web.Response:
        body = await _json_object(http)
        try:
            address = bytes.fromhex(body["address"].removeprefix("0x"))
            amount = _within(int(body["amount"]), 0, (1 << 256) - 1)
            _within(len(address), _ADDRESS_BYTES, _ADDRESS_BYTES)
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
            raise web.HTTPBadRequest(text=f"address or amount: {error}") from error
        self._network.ledger.set_balance(address, amount)
        return web.Response(status=HTTPStatus.NO_CONTENT)


def _require_presigned(http: web.Request, artifact: Artifact) -> None:
    if http.query.get("X-Signature") != artifact.token:
        raise web.HTTPForbidden(text="the URL is not presigned for this artifact")


def _within(value: _Number, least: _Number, most: _Number) -> _Number:
    """The value; ValueError for one that is out of range, or no number."""
    if not least <= value <= most:
        raise ValueError("out of range")
    return value


async def _json_object(http: web.Request) -> dict[str, Any]:
    try:
        body = parse_json(await http.read())
    except JsonInvalid as error:
        raise web.HTTPBadRequest(text="the body is not JSON") from error
    if not isinstance(body, dict):
        raise web.HTTPBadRequest(text="the body is not a JSON object")
    return body


def _request_json(request: Request) -> dict[str, object]:
    return {
        "request_id": "0x" + request.request_id.hex(),
        "requester": "0x" + request.requester.hex(),
        "fulfillment": request.fulfillment.name.lower(),
        "execution": request.execution.name.lower(),
        "cause": request.cause.name.lower(),
        "error": request.error.name.lower(),
        "canceled": request.is_canceled,
        "created_at": request.created_at,
        "updated_at": request.updated_at,
        "cost": None if request.deduction is None else str(request.deduction),
        "faults": sorted(request.faults),
    }
