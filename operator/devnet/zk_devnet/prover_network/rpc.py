"""The gRPC surface: `network.ProverNetwork` in either tree, and `artifact.ArtifactStore`."""

from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any

import anyio
import grpc
import structlog
from google.protobuf.message import DecodeError

from zk_devnet.prover_network import listing, translate
from zk_devnet.prover_network.admission import require
from zk_devnet.prover_network.errors import CallRefused
from zk_devnet.prover_network.faults import Fault
from zk_devnet.prover_network.network import Program, ProverNetwork, SignedCall
from zk_devnet.prover_network.signing import (
    CREATE_ARTIFACT_MESSAGE,
    domain_separator,
    recover_signer,
)
from zk_devnet.prover_network.states import NetworkMode
from zk_operator.proto import artifact_pb2, auction_pb2, base_pb2

log = structlog.get_logger(__name__)

NETWORK_SERVICE = "network.ProverNetwork"
ARTIFACT_SERVICE = "artifact.ArtifactStore"
_BINARY = 1
_LOOKS = frozenset({"GetProofRequestStatus", "GetFilteredProofRequests"})
_STDIN_LINK_LIFE_S = 3600

# Messages are generated classes of either tree, chosen at run time: hence Any.
Method = Callable[[Any], Any]


class RpcSurface:
    """Every RPC that the SDK's client calls; any other is answered with Unimplemented by gRPC itself."""

    def __init__(self, network: ProverNetwork) -> None:
        self._network = network
        self._mode = network.config.mode
        self._tree: ModuleType = auction_pb2 if self._mode is NetworkMode.MAINNET else base_pb2

    def handlers(self) -> tuple[grpc.GenericRpcHandler, ...]:
        """The two services' handlers."""
        methods = {name: self._unary(self._tree, name, call) for name, call in self._calls()}
        artifact = self._unary(artifact_pb2, "CreateArtifact", self._create_artifact)
        return (
            grpc.method_handlers_generic_handler(NETWORK_SERVICE, methods),
            grpc.method_handlers_generic_handler(ARTIFACT_SERVICE, {"CreateArtifact": artifact}),
        )

    def _calls(self) -> list[tuple[str, Method]]:
        both: list[tuple[str, Method]] = [
            ("GetNonce", self._get_nonce),
            ("GetBalance", self._get_balance),
            ("GetProgram", self._get_program),
            ("CreateProgram", self._create_program),
            ("RequestProof", self._request_proof),
            ("GetProofRequestStatus", self._get_status),
            ("GetProofRequestDetails", self._get_details),
            ("GetFilteredProofRequests", self._get_filtered),
            ("GetTransactionDetails", self._get_transaction),
            ("GetStdinUri", self._get_stdin_uri),
        ]
        reserved: list[tuple[str, Method]] = [
            ("GetTEEWhitelistStatus", self._get_tee_admission),
        ]
        auction: list[tuple[str, Method]] = [
            ("GetProofRequestParams", self._get_params),
            ("GetProversByUptime", self._get_provers),
            ("GetMarketPricePerPgu", self._get_market_price),
            ("GetPriceInfo", self._get_price_info),
            ("GetProvePrice", self._get_prove_price),
            ("CancelRequest", self._cancel),
        ]
        return both + (auction if self._mode is NetworkMode.MAINNET else reserved)

    def _unary(
        self, tree: ModuleType, name: str, method: Method
    ) -> "grpc.RpcMethodHandler[Any, Any]":
        request_type = getattr(tree, f"{name}Request")

        async def call(data: bytes, context: Any) -> Any:
            await anyio.sleep(self._network.faults.delay_s(Fault.FAR))
            try:
                self._strike_before(name)
                answer = method(_parsed(request_type, data))
                self._strike_after(name)
            except CallRefused as refused:
                log.info(
                    "call.refused", rpc=name, status=refused.status.name, reason=refused.message
                )
                await _abort(context, refused)
            return answer

        return grpc.unary_unary_rpc_method_handler(
            call, response_serializer=lambda message: message.SerializeToString()
        )

    def _strike_before(self, name: str) -> None:
        faults = self._network.faults
        if faults.take(Fault.FORGOTTEN):
            self._network.forget_requests()
        if faults.take(Fault.RESTARTED):
            self._network.ledger.forget_nonces()
        if faults.take(Fault.LOST_ARTIFACTS):
            self._network.artifacts.lose()
        if faults.take(Fault.DOWN):
            raise CallRefused(grpc.StatusCode.UNAVAILABLE, "injected: the network is down")
        if name == "RequestProof" and faults.take(Fault.LOST_REQUEST):
            raise CallRefused(grpc.StatusCode.UNAVAILABLE, "injected: the request was lost")
        if name == "GetProofRequestStatus" and faults.take(Fault.STATUS_ERROR):
            raise CallRefused(grpc.StatusCode.INTERNAL, "injected: internal error")
        if name in _LOOKS and faults.take(Fault.UNKNOWN_REQUEST):
            raise CallRefused(grpc.StatusCode.NOT_FOUND, "injected: proof request not found")

    def _strike_after(self, name: str) -> None:
        if name == "RequestProof" and self._network.faults.take(Fault.LOST_ANSWER):
            raise CallRefused(grpc.StatusCode.UNAVAILABLE, "injected: the answer was lost")

    # Signed calls

    def _signed(self, envelope: Any) -> SignedCall:
        require(envelope.HasField("body"), "missing body")
        require(envelope.format == _BINARY, "only the binary message format is supported")
        # As prost does: what this tree does not know is dropped before the signature is checked.
        envelope.body.DiscardUnknownFields()
        body = envelope.body.SerializeToString(deterministic=True)
        signer = recover_signer(body, envelope.signature)
        return SignedCall(signer=signer, body=body, nonce=envelope.body.nonce)

    def _create_program(self, message: Any) -> Any:
        call = self._signed(message)
        program = Program(
            vk_hash=message.body.vk_hash,
            vk=message.body.vk,
            program_uri=message.body.program_uri,
            owner=call.signer,
            created_at=int(self._network.now()),
        )
        tx_hash = self._network.create_program(call, program, message.signature)
        return self._tree.CreateProgramResponse(
            tx_hash=tx_hash, body=self._tree.CreateProgramResponseBody()
        )

    def _request_proof(self, message: Any) -> Any:
        call = self._signed(message)
        terms = translate.terms_of(message.body, self._mode)
        request = self._network.request_proof(call, terms, message.signature)
        return self._tree.RequestProofResponse(
            tx_hash=request.tx_hash,
            body=self._tree.RequestProofResponseBody(request_id=request.request_id),
        )

    def _cancel(self, message: Any) -> Any:
        call = self._signed(message)
        tx_hash = self._network.cancel(call, message.body.request_id, message.signature)
        return self._tree.CancelRequestResponse(
            tx_hash=tx_hash, body=self._tree.CancelRequestResponseBody()
        )

    def _get_stdin_uri(self, message: Any) -> Any:
        call = self._signed(message)
        request = self._network.request(message.body.request_id)
        if call.signer != request.requester:
            raise CallRefused(grpc.StatusCode.PERMISSION_DENIED, "not the requester")
        self._network.ledger.use_nonce(call.signer, call.nonce)
        return self._tree.GetStdinUriResponse(
            stdin_uri=self._network.artifacts.presigned(request.terms.stdin_uri),
            expires_at=int(self._network.now()) + _STDIN_LINK_LIFE_S,
        )

    def _create_artifact(self, message: artifact_pb2.CreateArtifactRequest) -> Any:
        recover_signer(CREATE_ARTIFACT_MESSAGE, message.signature)
        try:
            uri, upload = self._network.artifacts.create(message.artifact_type)
        except KeyError:
            raise CallRefused(
                grpc.StatusCode.INVALID_ARGUMENT, "artifact type is not stored"
            ) from None
        return artifact_pb2.CreateArtifactResponse(artifact_uri=uri, artifact_presigned_url=upload)

    # Open calls

    def _get_nonce(self, message: Any) -> Any:
        account = self._network.ledger.account(message.address)
        return self._tree.GetNonceResponse(nonce=account.nonce)

    def _get_balance(self, message: Any) -> Any:
        account = self._network.ledger.account(message.address)
        return self._tree.GetBalanceResponse(amount=str(account.balance - account.reserved))

    def _get_tee_admission(self, message: Any) -> Any:
        admitted = message.address not in self._network.config.barred_from_tee
        return self._tree.GetTEEWhitelistStatusResponse(is_whitelisted=admitted)

    def _get_program(self, message: Any) -> Any:
        program = self._network.program(message.vk_hash)
        return self._tree.GetProgramResponse(program=translate.program_message(self._tree, program))

    def _get_status(self, message: Any) -> Any:
        return translate.status_message(self._tree, self._network.request(message.request_id))

    def _get_details(self, message: Any) -> Any:
        request = self._network.request(message.request_id)
        return self._tree.GetProofRequestDetailsResponse(
            request=translate.request_message(self._tree, request, self._mode)
        )

    def _get_filtered(self, message: Any) -> Any:
        found = listing.select(self._network.requests.values(), message)
        return self._tree.GetFilteredProofRequestsResponse(
            requests=[translate.request_message(self._tree, one, self._mode) for one in found]
        )

    def _get_transaction(self, message: Any) -> Any:
        found = self._network.transactions.get(message.tx_hash)
        if found is None:
            raise CallRefused(grpc.StatusCode.NOT_FOUND, "transaction not found")
        return self._tree.GetTransactionDetailsResponse(
            transaction=translate.transaction_message(self._tree, found)
        )

    def _get_params(self, _message: Any) -> Any:
        config = self._network.config
        return self._tree.GetProofRequestParamsResponse(
            domain=domain_separator(config.chain_id),
            auctioneer=config.roles.auctioneer,
            executor=config.roles.executor,
            verifier=config.roles.verifier,
            treasury=config.roles.treasury,
            max_price_per_pgu=str(config.prices.max_price_per_pgu),
            base_fee=str(config.prices.base_fee),
            tick_size=config.prices.tick_size,
        )

    def _get_provers(self, message: Any) -> Any:
        wanted = [
            prover.address
            for prover in self._network.config.provers
            if prover.high_availability or not message.high_availability_only
        ]
        return self._tree.GetProversByUptimeResponse(provers=wanted)

    def _get_market_price(self, _message: Any) -> Any:
        bids = self._bids()
        return self._tree.GetMarketPricePerPguResponse(
            price=str(bids[len(bids) // 2]), as_of=int(self._network.now())
        )

    def _get_price_info(self, _message: Any) -> Any:
        bids, fee = self._bids(), str(self._network.config.prices.base_fee)
        return self._tree.GetPriceInfoResponse(
            base_fee_core=fee,
            base_fee_compressed=fee,
            base_fee_plonk=fee,
            base_fee_groth16=fee,
            min_price_per_pgu=str(bids[0]),
            avg_price_per_pgu=str(sum(bids) // len(bids)),
            max_price_per_pgu=str(self._network.config.prices.max_price_per_pgu),
            sample_count=len(bids),
            time_window_seconds=_STDIN_LINK_LIFE_S,
        )

    def _get_prove_price(self, _message: Any) -> Any:
        return self._tree.GetProvePriceResponse(
            price="1", last_updated=int(self._network.now()), percent_change_24h="0"
        )

    def _bids(self) -> list[int]:
        return sorted(prover.price_per_pgu for prover in self._network.config.provers)


def _parsed(request_type: Any, data: bytes) -> Any:
    try:
        return request_type.FromString(data)
    except DecodeError as error:  # the status that tonic gives
        raise CallRefused(
            grpc.StatusCode.INTERNAL, f"failed to decode Protobuf message: {error}"
        ) from error


async def _abort(context: Any, refused: CallRefused) -> None:
    abort: Callable[[grpc.StatusCode, str], Awaitable[None]] = context.abort
    await abort(refused.status, refused.message)
