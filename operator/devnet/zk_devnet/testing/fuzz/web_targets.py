"""HTTP: the operator's own API, Kurier's answers, and the dev servers' requests, as bytes on a connection."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from aiohttp import web

from zk_devnet.prover_network.artifacts import ArtifactStore
from zk_devnet.prover_network.config import ProverNetworkConfig
from zk_devnet.prover_network.faults import Faults
from zk_devnet.prover_network.network import ProverNetwork
from zk_devnet.prover_network.web import WebSurface
from zk_devnet.testing.fuzz.json_mutation import mutate_json
from zk_devnet.testing.fuzz.target import Decoder, Target, require
from zk_devnet.testing.fuzz.text_mutation import mutate_text
from zk_devnet.testing.manual_clock import ManualClock
from zk_devnet.zkverify.config import ZkVerifyNodeConfig
from zk_devnet.zkverify.node import DevNode
from zk_devnet.zkverify.rpc.server import RpcServer
from zk_operator.adapters.web.server import NodeApi, WebConfig
from zk_operator.runtime.health import HealthBoard
from zk_operator.runtime.telemetry import Telemetry
from zkverify_client.kurier.client import decode_answer, job_of, state_of

_MOST_STEPS = 40
_TOKENS = (
    *(
        b"GET",
        b"POST",
        b"PUT",
        b"HEAD",
        b"DELETE",
        b"CONNECT",
        b"\x00",
        b"/",
        b"//",
        b"/..",
        b"/%2e%2e/",
        b"/%00",
        b"/%ff",
        b"%",
    ),
    *(
        b"?version=v0.0.1",
        b"?version=",
        b"?version=%ff&version=x",
        b"?" + b"a=1&" * 500,
        b"/" + b"a" * 9_000,
        b"/eigen/node/services/",
    ),
    *(
        b"HTTP/1.1",
        b"HTTP/1.0",
        b"HTTP/9.9",
        b"HTTP/2.0",
        b"PRI * HTTP/2.0",
        b"*",
        b"http://[::1",
        b"http://[",
        b"/eigen/node/services/x/health",
    ),
    *(
        b"Host: x\r",
        b"Content-Length: 99999999999999\r",
        b"Content-Length: -1\r",
        b"Content-Length: 5\r",
        b"Transfer-Encoding: chunked\r",
    ),
    *(
        b"Expect: 100-continue\r",
        b"Connection: Upgrade\r",
        b"Upgrade: websocket\r",
        b"X: " + b"y" * 9_000 + b"\r",
        b": \r",
        b"Range: bytes=0-\r",
    ),
    *(
        b"Content-Type: application/json; charset=nonsense\r",
        b"Content-Encoding: gzip\r",
        b"Content-Encoding: br\r",
        b"Cookie: a=\xff\r",
    ),
    *(
        b'{"fault":"far","count":1e999}',
        b'{"fault":"far","delay_s":"nan"}',
        b"[" * 5_000,
        b'{"address":"\\ud800","amount":1}',
        b"ffffffff\r",
    ),
    *(
        b'{"address":"0x' + b"11" * 20 + b'","amount":' + b"9" * 5_000 + b"}",
        b"5\r",
        b"0\r",
        b"\r",
        b"-1\r",
    ),
)


class _Wire(asyncio.Transport):
    """A connection whose other side is this process."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.closed = False

    def write(self, data: Any) -> None:
        """What the server says."""
        self.written += data

    def writelines(self, pieces: Any) -> None:
        """As `write`."""
        self.written += b"".join(pieces)

    def close(self) -> None:
        """The server hangs up."""
        self.closed = True

    def abort(self) -> None:
        """As `close`."""
        self.closed = True

    def is_closing(self) -> bool:
        """Whether it is over."""
        return self.closed

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Nothing is known of the other side."""
        return ("127.0.0.1", 1) if name == "peername" else default

    def get_write_buffer_size(self) -> int:
        """All is written at once."""
        return 0

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Nothing waits."""

    def pause_reading(self) -> None:
        """Everything was read."""

    def resume_reading(self) -> None:
        """As `pause_reading`."""


class _Server:
    """An aiohttp application that is given bytes, in a loop of its own."""

    def __init__(self, build: Callable[[], web.Application]) -> None:
        self._loop = asyncio.new_event_loop()
        self._build = build
        self.renew()

    def renew(self) -> None:
        """With a state in which nothing has happened."""
        self._runner = web.AppRunner(self._build(), access_log=None, handle_signals=False)
        self._loop.run_until_complete(self._runner.setup())

    def read(self, raw: bytes) -> None:
        """One connection. Error: Contradiction where the server says that it failed."""
        said = self._loop.run_until_complete(self._exchange(raw))
        require(
            b"HTTP/1.1 500 " not in said and b"HTTP/1.0 500 " not in said,
            "the server failed inside",
        )

    async def _exchange(self, raw: bytes) -> bytes:
        assert self._runner.server is not None
        wire, protocol = _Wire(), self._runner.server()
        protocol.connection_made(wire)
        protocol.data_received(raw)
        for _ in range(_MOST_STEPS):
            await asyncio.sleep(0)
            if wire.closed:
                break
        protocol.connection_lost(None)
        await asyncio.sleep(0)
        return bytes(wire.written)


def _request(verb: str, path: str, body: bytes = b"") -> bytes:
    head = f"{verb} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def _status() -> dict[str, object]:
    return {"orders": {"open": 1}}


def _node_api() -> Decoder:
    def build() -> web.Application:
        config = WebConfig(host="x", port=0, node_name="fuzzed")
        board = HealthBoard(clock=ManualClock())
        board.register("intake", "reads orders")
        return NodeApi(
            config=config, board=board, telemetry=Telemetry(), status=_status
        ).application()

    paths = (
        "/",
        "/healthz",
        "/readyz",
        "/metrics",
        "/status",
        "/eigen/node",
        "/eigen/node/health",
        "/eigen/node/services",
    )
    seeds = [
        _request("GET", path)
        for path in (*paths, "/eigen/node/services/intake/health?version=v0.0.1")
    ]
    server = _Server(build)
    return Decoder(
        seeds=seeds,
        mutate=mutate_text(_TOKENS),
        read=server.read,
        renew=server.renew,
        renew_every=50_000,
    )


def _prover_network() -> Decoder:
    def build() -> web.Application:
        faults, artifacts = Faults(), ArtifactStore()
        network = ProverNetwork(config=ProverNetworkConfig(), artifacts=artifacts, faults=faults)
        return WebSurface(network).application()

    bodies = (
        {"fault": "down", "count": 2, "delay_s": 0.5},
        {"fault": "far"},
        {"fault": "no_bids", "count": -1},
    )
    seeds = [_request("POST", "/dev/faults", json.dumps(body).encode()) for body in bodies]
    balance = {"address": "0x" + "11" * 20, "amount": "5"}
    seeds += [
        _request("POST", "/dev/balance", json.dumps(balance).encode()),
        _request("DELETE", "/dev/faults"),
    ]
    seeds += [
        _request("GET", "/dev/faults"),
        _request("GET", "/dev/status"),
        _request("GET", "/artifacts/proofs/x?X-Signature=y"),
    ]
    seeds += [_request("PUT", "/artifacts/stdins/x", b"body")]
    server = _Server(build)
    return Decoder(
        seeds=seeds,
        mutate=mutate_text(_TOKENS),
        read=server.read,
        renew=server.renew,
        renew_every=500,
    )


def _node() -> Decoder:
    def build() -> web.Application:
        return RpcServer(DevNode(config=ZkVerifyNodeConfig())).application()

    methods = ("chain_getHeader", "system_health", "dev_status", "state_getRuntimeVersion")
    calls = [{"jsonrpc": "2.0", "id": 1, "method": name, "params": []} for name in methods]
    seeds = [_request("POST", "/", json.dumps(call).encode()) for call in [*calls, calls]]
    upgrade = b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    key = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    server = _Server(build)
    return Decoder(
        seeds=[*seeds, upgrade + key],
        mutate=mutate_text(_TOKENS),
        read=server.read,
        renew=server.renew,
        renew_every=2_000,
    )


def _kurier() -> Decoder:
    def read(raw: bytes) -> None:
        answer = decode_answer(raw)
        if "status" in answer:
            state_of(answer)
        job = job_of(answer)
        require(len(job) <= 200 and job.isprintable() and " " not in job, "a job's id is no word")

    answers = (
        {"optimisticVerify": "success", "jobId": "23382e04-3d6a-11ef"},
        {"jobId": "x", "status": "Aggregated"},
    )
    return Decoder(
        seeds=[json.dumps(answer).encode() for answer in answers], mutate=mutate_json, read=read
    )


TARGETS = (
    Target(name="web-node-api", build=_node_api),
    Target(name="devnet-prover-web", build=_prover_network),
    Target(name="devnet-node-web", build=_node),
    Target(name="kurier-answers", build=_kurier),
)
