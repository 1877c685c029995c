"""What the dev servers are sent: JSON-RPC with its extrinsics, gRPC messages, SCALE, bincode."""

import json
from collections.abc import Sequence
from random import Random
from typing import Any

from zk_devnet.prover_network.artifacts import ArtifactStore, plain
from zk_devnet.prover_network.bincode import decode_program, decode_stdin
from zk_devnet.prover_network.config import ProverNetworkConfig
from zk_devnet.prover_network.faults import Faults
from zk_devnet.prover_network.network import ProverNetwork
from zk_devnet.prover_network.rpc import RpcSurface, _parsed
from zk_devnet.rpc_proxy.catalogue import FAULTS
from zk_devnet.rpc_proxy.message import Answer, Page, Request, parse_request
from zk_devnet.rpc_proxy.panel import Panel
from zk_devnet.rpc_proxy.upstream import read_replies
from zk_devnet.testing.fuzz.byte_mutation import mutate_bytes
from zk_devnet.testing.fuzz.json_mutation import mutate_json
from zk_devnet.testing.fuzz.message_mutation import mutate_message
from zk_devnet.testing.fuzz.target import Decoder, Target, finish, require
from zk_devnet.zkverify.config import ZkVerifyNodeConfig
from zk_devnet.zkverify.extrinsic import (
    Era,
    decode_extrinsic,
    encode_extrinsic,
    extension_bytes,
    opaque,
)
from zk_devnet.zkverify.node import DevNode
from zk_devnet.zkverify.rpc.server import RpcServer, parsed
from zk_devnet.zkverify.scale import Case, ScaleError, decode, encode
from zk_devnet.zkverify.schema.runtime import RUNTIME_CALL
from zk_operator.domain.batch_input import sp1_stdin
from zk_operator.proto import artifact_pb2, auction_pb2


def _call_bytes() -> list[bytes]:
    remark = Case("System", Case("remark", {"remark": b"hello"}))
    aggregate = Case("Aggregate", Case("aggregate", {"domain_id": 0, "aggregation_id": 7}))
    shrink = {
        "vk_or_hash": Case("Vk", bytes(32)),
        "proof": bytes(100),
        "pubs": b"x",
        "domain_id": 0,
    }
    batch = Case("Utility", Case("batch", {"calls": [remark, remark]}))
    submit = Case("SettlementSp1Pallet", Case("submit_proof", shrink))
    return [encode(RUNTIME_CALL, call) for call in (remark, aggregate, batch, submit)]


def _signed(call: bytes) -> bytes:
    extension = extension_bytes(Era(64, 5), 3, 10)
    return encode_extrinsic(b"\x84\x00" + bytes(32) + b"\x01" + bytes(64) + extension + call)


def _extrinsics() -> Decoder:
    def read(raw: bytes) -> None:
        opaque(raw)
        found = decode_extrinsic(raw)
        require(found.encoded == raw, "an extrinsic is another")

    seeds = [_signed(call) for call in _call_bytes()]
    return Decoder(seeds=seeds, mutate=mutate_bytes, read=read, refusals=(ScaleError,))


def _scale_calls() -> Decoder:
    def read(raw: bytes) -> None:
        require(
            encode(RUNTIME_CALL, decode(RUNTIME_CALL, raw)) == raw,
            "a call does not come back as it was",
        )

    return Decoder(seeds=_call_bytes(), mutate=mutate_bytes, read=read, refusals=(ScaleError,))


class _Connection:
    """A connection that takes subscriptions and forgets them."""

    def __init__(self) -> None:
        self._stops: list[Any] = []

    def subscribe(self, _method: str, start: Any) -> str:
        self._stops.append(start(lambda _result: None))
        return "1"

    def unsubscribe(self, _subscription: str) -> bool:
        return False

    def finish(self, _subscription: str) -> None:
        """Nothing is kept."""

    def close(self) -> None:
        """End what was begun."""
        while self._stops:
            self._stops.pop()()


class _NodeUnderFire:
    """A dev node that is asked anything; what it is told to do wrong is undone after each question."""

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """From genesis."""
        self._node = DevNode(
            config=ZkVerifyNodeConfig(), now=lambda: 1_000_000.0, monotonic=lambda: 1_000.0
        )
        self._server = RpcServer(self._node)
        self._connection = _Connection()

    def read(self, raw: bytes) -> None:
        """Every message of a text has an answer that is JSON."""
        message = parsed(raw.decode())
        try:
            for one in message[:4] if isinstance(message, list) else [message]:
                answer = finish(self._server.answer(one, self._connection))
                json.dumps(answer).encode()
                self._node.faults.clear()
        finally:
            self._connection.close()
            self._node.faults.clear()

    def methods(self) -> list[str]:
        """All that it offers."""
        return sorted(self._server._methods)


_PARAMETERS: dict[str, list[object]] = {
    "dev_setFaults": [
        {"productionPaused": True, "rpcDelayS": 0.5, "methodDelaysS": {"x": 1}, "silenced": ["x"]}
    ],
    "dev_refuseNext": [1010, "Invalid Transaction", "data"],
    "dev_fateOfNext": ["dropped"],
    "dev_authorBlock": [1],
    "dev_setAggregator": [{"holdRelay": True, "relayDelayS": 1.5}],
    "dev_setDomainQueue": [0, 1],
    "dev_upgradeRuntime": [1_007_000],
    "dev_retractBlocks": [1, False],
    "dev_prune": [5],
    "state_getKeysPaged": ["0x26aa", 10, None],
    "state_call": ["Core_version", "0x"],
    "chain_getBlockHash": [[0, "0x1", 2]],
    "system_accountNextIndex": ["5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"],
    "vk_hash_groth16": [
        {
            "curve": "Bn254",
            "alphaG1": "0x00",
            "betaG2": "0x",
            "gammaG2": "0x",
            "deltaG2": "0x",
            "gammaAbcG1": ["0x"],
        }
    ],
    "aggregate_statementPath": ["0x" + "00" * 32, 0, 7, "0x" + "00" * 32],
}


def _node_rpc() -> Decoder:
    node = _NodeUnderFire()
    extrinsic = "0x" + _signed(_call_bytes()[0]).hex()
    defaults: list[object] = [extrinsic]
    calls = [
        {"jsonrpc": "2.0", "id": 1, "method": name, "params": _PARAMETERS.get(name, defaults)}
        for name in node.methods()
    ]
    seeds = [json.dumps(call).encode() for call in calls]
    # The server answers ValueError as a parse error.
    return Decoder(
        seeds=seeds,
        mutate=mutate_json,
        read=node.read,
        refusals=(ValueError,),
        renew=node.renew,
        renew_every=400,
    )


class _NetworkUnderFire:
    """The prover network's gRPC methods, each by its number."""

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Without programs, requests and accounts."""
        network = ProverNetwork(
            config=ProverNetworkConfig(),
            artifacts=ArtifactStore(),
            faults=Faults(),
            now=lambda: 1_000_000.0,
        )
        surface = RpcSurface(network)
        self.calls = [
            *(
                (getattr(auction_pb2, f"{name}Request"), method)
                for name, method in surface._calls()
            ),
            (artifact_pb2.CreateArtifactRequest, surface._create_artifact),
        ]

    def read(self, raw: bytes) -> None:
        """The method that the first byte names."""
        kind, method = self.calls[raw[0] % len(self.calls) if raw else 0]
        method(_parsed(kind, raw[1:])).SerializeToString()


def _network_calls() -> Decoder:
    network = _NetworkUnderFire()

    def mutate(dice: Random, seeds: Sequence[bytes]) -> bytes:
        place = dice.randrange(len(network.calls))
        return bytes([place]) + mutate_message(network.calls[place][0], dice, [seeds[place][1:]])

    seeds = [
        bytes([place]) + _filled_request(kind) for place, (kind, _) in enumerate(network.calls)
    ]
    return Decoder(seeds=seeds, mutate=mutate, read=network.read, renew=network.renew)


def _filled_request(kind: Any) -> bytes:
    dice, raw = Random(kind.DESCRIPTOR.full_name), b""
    for _ in range(12):
        raw = mutate_message(kind, dice, [raw])
    return raw


def _bincode() -> Decoder:
    decoders = (decode_program, decode_stdin, plain)

    def read(raw: bytes) -> None:
        decoders[raw[0] % len(decoders) if raw else 0](raw[1:])

    import zstandard

    frame = zstandard.ZstdCompressor().compress(b"content" * 50)
    program = (4).to_bytes(8, "little") + b"\x7fELF"
    seeds = [b"\x00" + program, b"\x01" + sp1_stdin([b"one", b"two"]), b"\x02" + frame]
    return Decoder(seeds=seeds, mutate=mutate_bytes, read=read)


def _proxy() -> Decoder:
    """What the RPC proxy is asked, what it is answered, and how its faults are named."""
    panel = Panel()

    def read(raw: bytes) -> None:
        request = parse_request(raw)
        calls = request.calls if isinstance(request, Request) else ()
        for reply in read_replies(calls, Page(text=raw.decode("utf-8", "replace"), status=200)):
            if isinstance(reply, Answer):
                json.dumps(reply.as_json()).encode()
        for call in calls:
            if call.method == "fault":
                panel.arm(str(call.params[0] if call.params else ""))
        panel.clear()

    call = {"jsonrpc": "2.0", "id": 0, "method": "eth_getLogs", "params": [{"fromBlock": "0x1"}]}
    reply = {"jsonrpc": "2.0", "id": 0, "method": "x", "result": [], "error": {"code": 3}}
    faults = ({"method": "fault", "params": [f"{name}:share=0.5"]} for name in FAULTS)
    seeds = [json.dumps(one).encode() for one in (call, [call, reply], reply, *faults)]
    return Decoder(seeds=seeds, mutate=mutate_json, read=read)


TARGETS = (
    Target(name="devnet-rpc-proxy", build=_proxy),
    Target(name="devnet-extrinsic", build=_extrinsics),
    Target(name="devnet-scale-call", build=_scale_calls),
    Target(name="devnet-node-rpc", build=_node_rpc),
    Target(name="devnet-prover-grpc", build=_network_calls),
    Target(name="devnet-bincode", build=_bincode),
)
