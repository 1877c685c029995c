"""A prover network in memory, behind the transport of the network adapter: real messages, no sockets.

It checks signatures and nonces as the real one does. Tests change requests and arm failures through its attributes.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import grpc
import grpc.aio
import zstandard
from coincurve import PublicKey
from eth_utils.crypto import keccak

from zk_operator.adapters.sp1.errors import ArtifactUnavailable
from zk_operator.domain.failures import ProofMalformed
from zk_operator.proto import artifact_pb2 as artifact
from zk_operator.proto import auction_pb2 as auction
from zk_operator.proto import base_pb2 as base

REQUESTED, ASSIGNED, FULFILLED, UNFULFILLABLE, REVERTED, EXPIRED = range(1, 7)
UNEXECUTED, EXECUTED, UNEXECUTABLE = range(1, 4)
CREATE_ARTIFACT = b"create_artifact"
Body = auction.RequestProofRequestBody | base.RequestProofRequestBody


@dataclass(slots=True, kw_only=True)
class ScriptedRequest:
    """A request; tests set its fields to say how far it has come."""

    request_id: bytes
    requester: bytes
    body: Body
    fulfillment: int = REQUESTED
    execution: int = UNEXECUTED
    proof_uri: str = ""
    deduction: str | None = None
    fail_cause: int = 0
    error: int = 0
    is_canceled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedFailure:
    """A call that fails; `after`: it has taken effect, and only the answer is lost."""

    method: str
    status: grpc.StatusCode
    details: str = ""
    after: bool = False


@dataclass(slots=True, kw_only=True)
class ScriptedNetwork:
    """An Rpc and an ArtifactTransfer of the network adapter."""

    auction: bool = True
    nonce: int = 0
    balance: str = "1000000000000000000000"
    base_fee: str = "200000000000000000"
    max_price: str = "1000000000"
    tick: int = 1_000_000
    server_ids: bool = False  # ids of its own, as gateways give
    id_bytes: int = 32  # ... of this length
    unimplemented: set[str] = field(default_factory=set)
    failures: deque[ScriptedFailure] = field(default_factory=deque)
    programs: dict[bytes, base.CreateProgramRequestBody] = field(default_factory=dict)
    requests: dict[bytes, ScriptedRequest] = field(default_factory=dict)
    artifacts: dict[str, bytes] = field(default_factory=dict)
    provers: tuple[bytes, ...] = (b"\xb1" * 20, b"\xb2" * 20)
    reliable: tuple[bytes, ...] = (b"\xb2" * 20,)
    market_price: str = "690000000"
    calls: list[str] = field(default_factory=list)

    async def call(self, path: str, request: bytes) -> bytes:
        """Answer a call. Raises grpc.aio.AioRpcError, as gRPC does."""
        method = path.rpartition("/")[2]
        self.calls.append(method)
        handler = self._handlers().get(method)
        if handler is None or method in self.unimplemented:
            raise failed(grpc.StatusCode.UNIMPLEMENTED, f"unknown method {method}")
        armed = self._take_failure(method)
        if armed and not armed.after:
            raise failed(armed.status, armed.details)
        answer = handler(request)
        if armed:
            raise failed(armed.status, armed.details)
        return answer

    async def put(self, url: str, body: bytes) -> None:
        """Keep an upload, decompressed."""
        if url not in self.artifacts:
            raise ArtifactUnavailable(status=404)
        self.artifacts[url] = zstandard.ZstdDecompressor().decompress(body)

    async def get(self, url: str, max_bytes: int) -> bytes:
        """Give a download."""
        if url not in self.artifacts:
            raise ArtifactUnavailable(status=404)
        if len(self.artifacts[url]) > max_bytes:
            raise ProofMalformed("the download is too large", limit=max_bytes)
        return self.artifacts[url]

    @property
    def only(self) -> ScriptedRequest:
        """The one request that was made."""
        (request,) = self.requests.values()
        return request

    def _handlers(self) -> dict[str, Callable[[bytes], bytes]]:
        return {
            "GetNonce": self._on_get_nonce,
            "GetBalance": self._on_get_balance,
            "GetProgram": self._on_get_program,
            "CreateProgram": self._on_create_program,
            "GetProofRequestParams": self._on_get_proof_request_params,
            "GetProversByUptime": self._on_get_provers_by_uptime,
            "GetMarketPricePerPgu": self._on_get_market_price,
            "CreateArtifact": self._on_create_artifact,
            "RequestProof": self._on_request_proof,
            "GetProofRequestStatus": self._on_get_proof_request_status,
            "GetProofRequestDetails": self._on_get_proof_request_details,
            "GetFilteredProofRequests": self._on_get_filtered_proof_requests,
            "CancelRequest": self._on_cancel_request,
        }

    def _take_failure(self, method: str) -> ScriptedFailure | None:
        if self.failures and self.failures[0].method == method:
            return self.failures.popleft()
        return None

    def _use_nonce(self, nonce: int) -> None:
        if nonce != self.nonce:
            raise failed(
                grpc.StatusCode.UNAVAILABLE,
                "failed nonce verification: invalid nonce for sender 0xaa "
                f"expected {self.nonce}, got {nonce}",
            )
        self.nonce += 1

    def _on_get_nonce(self, request: bytes) -> bytes:
        base.GetNonceRequest.FromString(request)
        return base.GetNonceResponse(nonce=self.nonce).SerializeToString()

    def _on_get_balance(self, request: bytes) -> bytes:
        base.GetBalanceRequest.FromString(request)
        return base.GetBalanceResponse(amount=self.balance).SerializeToString()

    def _on_get_program(self, request: bytes) -> bytes:
        if base.GetProgramRequest.FromString(request).vk_hash not in self.programs:
            raise failed(grpc.StatusCode.NOT_FOUND, "program not found")
        return b""

    def _on_create_program(self, request: bytes) -> bytes:
        message = base.CreateProgramRequest.FromString(request)
        recover(message.signature, message.body.SerializeToString(deterministic=True))
        self._use_nonce(message.body.nonce)
        self.programs[message.body.vk_hash] = message.body
        return b""

    def _on_get_proof_request_params(self, request: bytes) -> bytes:
        if not self.auction:
            raise failed(grpc.StatusCode.UNIMPLEMENTED, "unknown method")
        auction.GetProofRequestParamsRequest.FromString(request)
        return auction.GetProofRequestParamsResponse(
            domain=b"\xd0" * 32,
            auctioneer=b"\xa1" * 20,
            executor=b"\xa2" * 20,
            verifier=b"\xa3" * 20,
            treasury=b"\xa4" * 20,
            base_fee=self.base_fee,
            max_price_per_pgu=self.max_price,
            tick_size=self.tick,
        ).SerializeToString()

    def _on_get_provers_by_uptime(self, request: bytes) -> bytes:
        message = auction.GetProversByUptimeRequest.FromString(request)
        provers = self.reliable if message.high_availability_only else self.provers
        return auction.GetProversByUptimeResponse(provers=provers).SerializeToString()

    def _on_get_market_price(self, request: bytes) -> bytes:
        auction.GetMarketPricePerPguRequest.FromString(request)
        return auction.GetMarketPricePerPguResponse(price=self.market_price).SerializeToString()

    def _on_create_artifact(self, request: bytes) -> bytes:
        message = artifact.CreateArtifactRequest.FromString(request)
        recover(message.signature, CREATE_ARTIFACT)
        uri = f"artifact://{message.artifact_type}/{len(self.artifacts)}"
        url = f"http://artifacts.test/{len(self.artifacts)}"
        self.artifacts[url] = b""
        return artifact.CreateArtifactResponse(
            artifact_uri=uri, artifact_presigned_url=url
        ).SerializeToString()

    def _on_request_proof(self, request: bytes) -> bytes:
        kind = auction.RequestProofRequest if self.auction else base.RequestProofRequest
        message = kind.FromString(request)
        body = message.body.SerializeToString(deterministic=True)
        requester = recover(message.signature, body)
        if message.body.vk_hash not in self.programs:
            raise failed(grpc.StatusCode.FAILED_PRECONDITION, "program is not registered")
        self._use_nonce(message.body.nonce)
        request_id = keccak(requester + body)
        if self.server_ids:
            request_id = f"req_{len(self.requests)}".encode().ljust(self.id_bytes, b"\0")
        self.requests[request_id] = ScriptedRequest(
            request_id=request_id, requester=requester, body=message.body
        )
        inner = base.RequestProofResponseBody(request_id=request_id)
        return base.RequestProofResponse(tx_hash=bytes(32), body=inner).SerializeToString()

    def _on_get_proof_request_status(self, request: bytes) -> bytes:
        found = self._request(base.GetProofRequestStatusRequest.FromString(request).request_id)
        answer = base.GetProofRequestStatusResponse(deadline=found.body.deadline)
        answer.MergeFromString(_varints(1, found.fulfillment, 2, found.execution))
        if found.proof_uri:
            answer.proof_uri = found.proof_uri
        return answer.SerializeToString()

    def _on_get_proof_request_details(self, request: bytes) -> bytes:
        wanted = base.GetProofRequestDetailsRequest.FromString(request).request_id
        details = self._details(self._request(wanted))
        return b"\x0a" + _varint(len(details)) + details

    def _on_get_filtered_proof_requests(self, request: bytes) -> bytes:
        wanted = base.GetFilteredProofRequestsRequest.FromString(request).requester
        found = [self._details(item) for item in self.requests.values() if item.requester == wanted]
        return b"".join(b"\x0a" + _varint(len(item)) + item for item in found)

    def _on_cancel_request(self, request: bytes) -> bytes:
        if not self.auction:
            raise failed(grpc.StatusCode.UNIMPLEMENTED, "unknown method")
        message = auction.CancelRequestRequest.FromString(request)
        recover(message.signature, message.body.SerializeToString(deterministic=True))
        found = self._request(message.body.request_id)
        if found.fulfillment != REQUESTED:
            raise failed(grpc.StatusCode.FAILED_PRECONDITION, "request can no longer be cancelled")
        self._use_nonce(message.body.nonce)
        found.fulfillment, found.is_canceled = UNFULFILLABLE, True
        return b""

    def _request(self, request_id: bytes) -> ScriptedRequest:
        if request_id not in self.requests:
            raise failed(grpc.StatusCode.NOT_FOUND, "proof request not found")
        return self.requests[request_id]

    def _details(self, item: ScriptedRequest) -> bytes:
        kind = auction.ProofRequest if self.auction else base.ProofRequest
        message = kind(
            request_id=item.request_id,
            stdin_uri=item.body.stdin_uri,
            requester=item.requester,
            deduction_amount=item.deduction,
        )
        if isinstance(message, auction.ProofRequest):
            message.is_canceled = item.is_canceled
        raw = message.SerializeToString()
        raw += _varints(11, item.fulfillment, 12, item.execution)
        return raw + _tagged(28, item.fail_cause) + _tagged(36 if self.auction else 34, item.error)


def failed(status: grpc.StatusCode, details: str) -> grpc.aio.AioRpcError:
    """The error of a call with that status."""
    return grpc.aio.AioRpcError(status, grpc.aio.Metadata(), grpc.aio.Metadata(), details=details)


def recover(signature: bytes, message: bytes) -> bytes:
    """The address that signed the message (EIP-191, v 27 or 28). ValueError for anything else."""
    if len(signature) != 65 or signature[64] not in (27, 28):
        raise ValueError("not a signature with v 27 or 28")
    digest = keccak(b"\x19Ethereum Signed Message:\n" + str(len(message)).encode() + message)
    key = PublicKey.from_signature_and_message(
        signature[:64] + bytes([signature[64] - 27]), digest, hasher=None
    )
    return keccak(key.format(compressed=False)[1:])[12:]


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _tagged(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value) if value else b""


def _varints(number: int, value: int, other: int, second: int) -> bytes:
    """Two enum fields by number: values that the schema does not know can be scripted too."""
    return _tagged(number, value) + _tagged(other, second)
