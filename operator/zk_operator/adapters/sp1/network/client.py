"""The network's calls with their messages: what is the same in both protocols."""

from dataclasses import dataclass

import grpc.aio
from google.protobuf.message import Message

from zk_acts.domain.failures import AmbiguousOutcome
from zk_operator.adapters.sp1.errors import CallNotOffered, ProverAnswerMalformed
from zk_operator.adapters.sp1.network import refusal
from zk_operator.adapters.sp1.network.rpc import ARTIFACTS, NETWORK, Rpc
from zk_operator.adapters.sp1.network.tree import Details, Roles, Tree, amount, parsed
from zk_operator.proto import artifact_pb2 as artifact
from zk_operator.proto import auction_pb2 as auction
from zk_operator.proto import base_pb2 as base

SEARCH_LIMIT = 100  # the most that gateways give
MOST_URI, MOST_ID, MOST_PROVERS = 2_048, 256, 10_000
MOST_NONCE = 2**62  # the wire has 64 bits; a row's number has a sign


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A request as the network sees it; numbers of the wire, unknown ones included."""

    fulfillment: int
    execution: int
    proof_uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """What the auction network wants to see in requests; `roles.max_price_per_pgu` is what it asks for."""

    roles: Roles
    tick: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """Where to upload an artifact, and what to call it in a request."""

    uri: str
    upload_url: str


class NetworkClient:
    """Queries raise ProverUnreachable or a refusal; `send_*` raise AmbiguousOutcome or a refusal."""

    def __init__(self, *, rpc: Rpc, tree: Tree) -> None:
        self._rpc = rpc
        self.tree = tree

    async def nonce(self, address: bytes) -> int:
        """The account's next nonce."""
        request = base.GetNonceRequest(address=address)
        nonce = parsed(base.GetNonceResponse, await self._ask("GetNonce", request)).nonce
        if nonce > MOST_NONCE:
            raise ProverAnswerMalformed("an account's nonce is out of range", nonce=nonce)
        return nonce

    async def balance(self, address: bytes) -> int:
        """In 1e-18 PROVE."""
        request = base.GetBalanceRequest(address=address)
        answer = parsed(base.GetBalanceResponse, await self._ask("GetBalance", request))
        return amount(answer.amount or "0", "amount")

    async def tee_admitted(self, address: bytes) -> bool | None:
        """Whether the account may prove privately (TEE); None where the network does not offer the call."""
        request = base.GetTEEWhitelistStatusRequest(address=address)
        try:
            raw = await self._ask("GetTEEWhitelistStatus", request)
        except CallNotOffered:
            return None
        return parsed(base.GetTEEWhitelistStatusResponse, raw).is_whitelisted

    async def has_program(self, vk_hash: bytes) -> bool:
        """Any answer but NotFound, even an empty one, means that it is registered."""
        return await self._find("GetProgram", base.GetProgramRequest(vk_hash=vk_hash)) is not None

    async def params(self) -> Params:
        """The auction network's terms for Groth16 proofs."""
        request = auction.GetProofRequestParamsRequest(mode=auction.PROOF_MODE_GROTH16)
        raw = await self._ask("GetProofRequestParams", request)
        return _params(parsed(auction.GetProofRequestParamsResponse, raw))

    async def market_price(self) -> int | None:
        """In 1e-18 PROVE per PGU; None where the network does not offer the call."""
        request = auction.GetMarketPricePerPguRequest()
        try:
            raw = await self._ask("GetMarketPricePerPgu", request)
        except CallNotOffered:
            return None
        return amount(parsed(auction.GetMarketPricePerPguResponse, raw).price or "0", "price")

    async def provers_up(self, *, high_availability: bool = False) -> tuple[bytes, ...]:
        """The provers that the network lists as up, or of those the ones that hardly ever fail."""
        request = auction.GetProversByUptimeRequest(high_availability_only=high_availability)
        raw = await self._ask("GetProversByUptime", request)
        provers = tuple(parsed(auction.GetProversByUptimeResponse, raw).provers)
        if len(provers) > MOST_PROVERS or any(len(prover) != 20 for prover in provers):
            raise ProverAnswerMalformed("the list of provers is none", provers=len(provers))
        return provers

    async def status(self, request_id: bytes) -> Status | None:
        """None if the network does not know the request."""
        request = base.GetProofRequestStatusRequest(request_id=request_id)
        raw = await self._find("GetProofRequestStatus", request)
        if raw is None:
            return None
        answer = parsed(base.GetProofRequestStatusResponse, raw)
        return Status(
            fulfillment=answer.fulfillment_status,
            execution=answer.execution_status,
            proof_uri=answer.proof_uri,
        )

    async def details(self, request_id: bytes) -> Details | None:
        """None where the network does not know the request, or does not offer details."""
        request = base.GetProofRequestDetailsRequest(request_id=request_id)
        try:
            raw = await self._find("GetProofRequestDetails", request)
        except CallNotOffered:
            return None
        return None if raw is None else self.tree.details(raw)

    async def search(self, requester: bytes, stdin_uri: str, deadline_s: int) -> bytes | None:
        """The id of the requester's request with that input; None if there is none, or no search.

        A cluster's list has everybody's, the oldest first: what ended before its deadline would hide a new one.
        """
        request = base.GetFilteredProofRequestsRequest(
            requester=requester, minimum_deadline=deadline_s, limit=SEARCH_LIMIT
        )
        try:
            raw = await self._find("GetFilteredProofRequests", request)
        except CallNotOffered:
            return None
        found = [] if raw is None else self.tree.found(raw)
        return next((item.request_id for item in found if item.stdin_uri == stdin_uri), None)

    async def create_artifact(self, kind: artifact.ArtifactType, signature: bytes) -> Slot:
        """A place for an artifact; costs nothing."""
        request = artifact.CreateArtifactRequest(signature=signature, artifact_type=kind)
        raw = await self._ask("CreateArtifact", request, service=ARTIFACTS)
        answer = parsed(artifact.CreateArtifactResponse, raw)
        if not answer.artifact_uri or not answer.artifact_presigned_url:
            raise ProverAnswerMalformed("an artifact's address is missing")
        if len(answer.artifact_uri) > MOST_URI:  # it is signed, and stays in a row
            raise ProverAnswerMalformed("an artifact's address is too long")
        return Slot(uri=answer.artifact_uri, upload_url=answer.artifact_presigned_url)

    async def send_request(self, envelope: bytes) -> bytes:
        """RequestProof with exactly these bytes; the request id of the answer."""
        raw = await self._send("RequestProof", envelope)
        try:
            request_id = parsed(base.RequestProofResponse, raw).body.request_id
        except ProverAnswerMalformed as error:  # it was accepted, or so it seems
            raise AmbiguousOutcome(method="RequestProof", details=str(error)) from error
        # It may go into a row. One without end is no id; the request was accepted all the same.
        return request_id if len(request_id) <= MOST_ID else b""

    async def send_program(self, envelope: bytes) -> None:
        """CreateProgram with exactly these bytes."""
        await self._send("CreateProgram", envelope)

    async def cancel(self, envelope: bytes) -> None:
        """CancelRequest; a query by its errors: it costs nothing, and can be asked for again."""
        await self._query("CancelRequest", envelope)

    async def _send(self, method: str, message: bytes) -> bytes:
        try:
            return await self._rpc.call(NETWORK + method, message)
        except grpc.aio.AioRpcError as error:
            raise refusal.of_send(error, method) from error

    async def _ask(self, method: str, request: Message, service: str = NETWORK) -> bytes:
        return await self._query(method, request.SerializeToString(), service)

    async def _query(self, method: str, message: bytes, service: str = NETWORK) -> bytes:
        try:
            return await self._rpc.call(service + method, message)
        except grpc.aio.AioRpcError as error:
            raise refusal.of_query(error, method) from error

    async def _find(self, method: str, request: Message) -> bytes | None:
        """As `_ask`, and None for NotFound."""
        try:
            return await self._rpc.call(NETWORK + method, request.SerializeToString())
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.NOT_FOUND:
                return None
            raise refusal.of_query(error, method) from error


def _params(answer: auction.GetProofRequestParamsResponse) -> Params:
    addresses = (answer.auctioneer, answer.executor, answer.verifier, answer.treasury)
    if len(answer.domain) != 32 or any(len(address) != 20 for address in addresses):
        raise ProverAnswerMalformed("the request parameters have wrong sizes")
    roles = Roles(
        domain=answer.domain,
        auctioneer=answer.auctioneer,
        executor=answer.executor,
        verifier=answer.verifier,
        treasury=answer.treasury,
        base_fee=amount(answer.base_fee, "base_fee"),
        max_price_per_pgu=amount(answer.max_price_per_pgu, "max_price_per_pgu"),
    )
    return Params(roles=roles, tick=answer.tick_size)
