"""What provers answer: containers in bincode, the network's protobuf, the host's and the GPU server's messages."""

import json
import os
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import grpc
import grpc.aio
from google.protobuf.message import Message

from zk_devnet.groth16_dev.encoding import gnark_vk_bytes
from zk_devnet.groth16_dev.trapdoor import dev_verifying_key
from zk_devnet.testing.fuzz.byte_mutation import mutate_bytes, mutate_words
from zk_devnet.testing.fuzz.json_mutation import mutate_json
from zk_devnet.testing.fuzz.made_here import (
    PROGRAM,
    VALUES,
    network_proof,
    onchain_proof,
    proof_files,
)
from zk_devnet.testing.fuzz.message_mutation import mutate_message
from zk_devnet.testing.fuzz.target import Decoder, Target, finish, require
from zk_operator.adapters.sp1.bincode import decode_network_proof, encode_stdin, single_buffer
from zk_operator.adapters.sp1.gpu import wire as gpu
from zk_operator.adapters.sp1.host import client as host
from zk_operator.adapters.sp1.host.errors import HostAnswerMalformed
from zk_operator.adapters.sp1.host.process import _says_started
from zk_operator.adapters.sp1.host.wire import decode_answer, message_size
from zk_operator.adapters.sp1.inspection import Expectation, inspect_proof
from zk_operator.adapters.sp1.network import refusal
from zk_operator.adapters.sp1.network.client import NetworkClient
from zk_operator.adapters.sp1.network.config import NetworkTree
from zk_operator.adapters.sp1.network.tree import TREES
from zk_operator.adapters.sp1.network.verdict import verdict
from zk_operator.adapters.sp1.network.watch import _causes
from zk_operator.adapters.sp1.saved_proof import decode_saved_proof
from zk_operator.adapters.sp1.shrink_container import decode_shrink
from zk_operator.domain.batch_input import BatchInput
from zk_operator.domain.failures import ProofMalformed
from zk_operator.domain.ids import Address
from zk_operator.domain.public_values import PublicValues
from zk_operator.proto import artifact_pb2, auction_pb2, base_pb2
from zkverify_client.domain.sp1_proof import decode_gnark_vk, decode_sp1_proof

_VECTORS = Path(
    os.environ.get("ZKO_VECTORS", Path(__file__).resolve().parents[5] / "shared" / "vectors")
)
_REAL = (
    "sp1-groth16/v5.0.0-fibonacci-proof.bin",
    "sp1-groth16/v6.0.0-fixture.json",
    "sp1-v6/fibonacci-compressed.bin",
    "zkverify/sp1-shrink-proof.bin",
    "zkverify/groth16-bn254.json",
)


def _with_real(made: Sequence[bytes]) -> list[bytes]:
    """Real proofs too, where a checkout has them beside it."""
    return [
        *made,
        *((_VECTORS / name).read_bytes() for name in _REAL if (_VECTORS / name).is_file()),
    ]


def _containers() -> Decoder:
    def read(raw: bytes) -> None:
        refused = 0
        for decode in (decode_saved_proof, decode_shrink, decode_network_proof):
            try:
                found: Any = decode(raw)
            except ProofMalformed as error:
                str(error).encode()
                refused += 1
                continue
            if hasattr(found, "encode"):
                require(found.encode() == raw, "a proof does not come back as it was")
        if refused == 3:
            raise ProofMalformed

    return Decoder(seeds=list(proof_files().values()), mutate=mutate_bytes, read=read)


def _large_containers() -> Decoder:
    """As real ones: hundreds of kilobytes."""
    return Decoder(
        seeds=_with_real([network_proof()]), mutate=mutate_bytes, read=_containers().read
    )


def _inspection() -> Decoder:
    expected = Expectation(circuit_key=gnark_vk_bytes(dev_verifying_key()))

    def read(raw: bytes) -> None:
        report = inspect_proof(raw, expected)
        if report.verified:
            same = (report.claims.vkey, report.claims.public_values) == (PROGRAM, VALUES)
            require(same, "a proof became true")

    return Decoder(seeds=_with_real(list(proof_files().values())), mutate=mutate_bytes, read=read)


def _stdins() -> Decoder:
    def read(raw: bytes) -> None:
        require(len(single_buffer(raw)) <= len(raw), "more than there is")

    return Decoder(
        seeds=[encode_stdin([b"one"]), encode_stdin([b"a", b"b"])],
        mutate=mutate_bytes,
        read=read,
        refusals=(ValueError,),
    )


def _small_formats() -> Decoder:
    """A batch's input, public values, SP1's proof and key as they stand in files and rows."""
    decoders: tuple[Callable[[bytes], object], ...] = (
        BatchInput.decode,
        PublicValues.decode,
        decode_sp1_proof,
        decode_gnark_vk,
    )

    def read(raw: bytes) -> None:
        decoders[raw[0] % len(decoders) if raw else 0](raw[1:])

    manager = Address(bytes(20))
    batch = BatchInput(chain_id=1, manager=manager, valid_until=2, sections=(), orders=())
    public = PublicValues(
        chain_id=1,
        manager=manager,
        orders_root=PROGRAM,
        settlement_hash=PROGRAM,
        valid_until=2,
    )
    key = gnark_vk_bytes(dev_verifying_key())
    seeds = [
        b"\x00" + batch.encode(),
        b"\x01" + public.encode(),
        b"\x02" + onchain_proof(),
        b"\x03" + key,
    ]
    return Decoder(seeds=seeds, mutate=mutate_words, read=read)


class _Answers:
    """A network that gives one answer to everything."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer

    async def call(self, _path: str, _request: bytes) -> bytes:
        return self._answer


_Ask = Callable[[NetworkClient], Coroutine[Any, Any, Any]]


async def _status(client: NetworkClient) -> None:
    found = await client.status(b"")
    if found is not None:
        verdict(found, is_over=False)


async def _details(client: NetworkClient) -> None:
    found = await client.details(b"")
    if found is not None:
        " ".join(_causes(found)).encode()
        require(
            found.deduction is None or 0 <= found.deduction < 2**260, "a deduction is no amount"
        )


_CALLS: tuple[tuple[type[Message], _Ask], ...] = (
    (base_pb2.GetNonceResponse, lambda client: client.nonce(bytes(20))),
    (base_pb2.GetBalanceResponse, lambda client: client.balance(bytes(20))),
    (base_pb2.GetTEEWhitelistStatusResponse, lambda client: client.tee_admitted(bytes(20))),
    (auction_pb2.GetProofRequestParamsResponse, lambda client: client.params()),
    (auction_pb2.GetMarketPricePerPguResponse, lambda client: client.market_price()),
    (auction_pb2.GetProversByUptimeResponse, lambda client: client.provers_up()),
    (base_pb2.GetProofRequestStatusResponse, _status),
    (auction_pb2.GetProofRequestDetailsResponse, _details),
    (auction_pb2.GetFilteredProofRequestsResponse, lambda client: client.search(bytes(20), "x", 1)),
    (
        artifact_pb2.CreateArtifactResponse,
        lambda client: client.create_artifact(artifact_pb2.ARTIFACT_TYPE_STDIN, b""),
    ),
    (base_pb2.RequestProofResponse, lambda client: client.send_request(b"")),
)


def _network(tree: NetworkTree) -> Decoder:
    def read(raw: bytes) -> None:
        _, ask = _CALLS[raw[0] % len(_CALLS) if raw else 0]
        finish(ask(NetworkClient(rpc=_Answers(raw[1:]), tree=TREES[tree])))

    def mutate(dice: Random, seeds: Sequence[bytes]) -> bytes:
        place = dice.randrange(len(_CALLS))
        return bytes([place]) + mutate_message(
            _CALLS[place][0], dice, [seed[1:] for seed in seeds if seed[0] == place]
        )

    filled = [_filled(kind) for kind, _ in _CALLS]
    return Decoder(
        seeds=[bytes([place]) + raw for place, raw in enumerate(filled)], mutate=mutate, read=read
    )


def _filled(kind: type[Message]) -> bytes:
    """A message with some fields set, the same ones each time."""
    dice = Random(kind.DESCRIPTOR.full_name)
    raw = b""
    for _ in range(12):
        raw = mutate_message(kind, dice, [raw])
    return raw


def _grpc_errors() -> Decoder:
    codes = list(grpc.StatusCode)

    def read(raw: bytes) -> None:
        code = codes[raw[0] % len(codes) if raw else 0]
        text = raw[1:].decode("utf-8", "replace")
        error = grpc.aio.AioRpcError(code, grpc.aio.Metadata(), grpc.aio.Metadata(), details=text)
        str(refusal.of_send(error, "RequestProof")).encode()
        str(refusal.of_query(error, "GetNonce")).encode()

    texts = (
        "unsupported prover version",
        "insufficient balance",
        "Invalid nonce: expected 4, got 5",
        "program is not registered",
        "Stream removed",
        "Received RST_STREAM with code 2",
    )
    return Decoder(
        seeds=[bytes([3]) + text.encode() for text in texts], mutate=mutate_bytes, read=read
    )


_HOST_KINDS: tuple[type, ...] = (
    *(
        host.HostVersion,
        host.HostResources,
        host.Execution,
        host.HostProof,
        host.Verification,
        host.HostJob,
        host._Verdicts,
    ),
)


def _host() -> Decoder:
    def read(raw: bytes) -> None:
        message_size(len(raw).to_bytes(4, "little"))
        answer = decode_answer(raw)
        refused = 0
        for kind in _HOST_KINDS:
            made = {"public_values": b"", "proof": b"", "vk": b"", "vkey": bytes(32)}
            try:
                found: object = host._read(kind, {**answer.fields, **_for(kind, made)})
            except HostAnswerMalformed as error:
                str(error).encode()
                refused += 1
                continue
            _require_bounded(found)
        if refused == len(_HOST_KINDS):
            host._vkey(answer)
            host._parts(answer, 1)

    fields: tuple[dict[str, object], ...] = (
        {"protocol": 1, "host": "0.1", "sdk": "6.1.0", "circuit": "v6.1.0", "mode": "light"},
        {"cores": 2, "memory_total": 1, "memory_available": 1, "memory_used": 1, "memory_peak": 1},
        {"exit_code": 0, "cycles": 20_000, "gas": 25_000, "seconds": 0.5, "vkey": "0x" + "21" * 32},
        {
            "valid": True,
            "reason": None,
            "mode": "groth16",
            "sp1_version": "v6.1.0",
            "seconds": 1.5,
            "memory_peak": 5,
        },
        {"verdicts": ["valid", "pairing"], "stage": "waiting", "seconds": 0.1},
    )
    headers: list[dict[str, object]] = [{"id": 1, "answer": one, "parts": [4]} for one in fields]
    headers.append({"id": 1, "error": {"code": "busy", "message": "later"}})
    return Decoder(
        seeds=[_framed(json.dumps(h).encode(), b"part") for h in headers],
        mutate=_other_header,
        read=read,
    )


def _for(kind: type, made: dict[str, bytes]) -> dict[str, bytes]:
    names = getattr(kind, "__dataclass_fields__", {})
    return {name: value for name, value in made.items() if name in names}


def _require_bounded(found: object) -> None:
    """Numbers go into rows and metrics."""
    for name in getattr(found, "__dataclass_fields__", {}):
        value = getattr(found, name)
        if isinstance(value, int):
            require(-(2**63) <= value < 2**63, f"a number that no row holds: {name}")


def _framed(header: bytes, parts: bytes) -> bytes:
    return len(header).to_bytes(4, "little") + header + parts


def _other_header(dice: Random, seeds: Sequence[bytes]) -> bytes:
    if dice.random() < 0.2:
        return mutate_bytes(dice, seeds)
    headers = [seed[4 : 4 + int.from_bytes(seed[:4], "little")] for seed in seeds]
    return _framed(mutate_json(dice, headers), b"part" * dice.choice((0, 1, 1, 1, 1, 2)))


def _started_lines() -> Decoder:
    seeds = [b'{"event":"host.started","mode":"light"}', b'{"event":"x"}', b"thread panicked"]
    return Decoder(seeds=seeds[:2], mutate=mutate_json, read=_says_started)


def _gpu() -> Decoder:
    def read(raw: bytes) -> None:
        gpu.message_size(raw[:4])
        gpu.parse(raw[4:])

    tags = [tag.to_bytes(4, "little") for tag in range(7)]
    bodies = (
        b"",
        bytes(32 + 104),
        network_proof(),
        (4).to_bytes(8, "little") + b"oops",
        (2).to_bytes(8, "little") + b"no",
        b"",
        b"",
    )
    seeds = [gpu.framed(tag + body) for tag, body in zip(tags, bodies, strict=True)]
    return Decoder(seeds=seeds, mutate=mutate_bytes, read=read)


TARGETS = (
    Target(name="sp1-containers", build=_containers),
    Target(name="sp1-large-containers", build=_large_containers, most_cpu_s=3.0, share=0.02),
    Target(
        name="sp1-inspection", build=_inspection, most_cpu_s=3.0, most_bytes=120 << 20, share=0.01
    ),
    Target(name="sp1-stdin", build=_stdins),
    Target(name="sp1-small-formats", build=_small_formats),
    Target(name="sp1-network-auction", build=partial(_network, NetworkTree.AUCTION)),
    Target(name="sp1-network-reserved", build=partial(_network, NetworkTree.RESERVED)),
    Target(name="sp1-grpc-errors", build=_grpc_errors),
    Target(name="sp1-host", build=_host),
    Target(name="sp1-host-started", build=_started_lines),
    Target(name="sp1-gpu", build=_gpu),
)
