"""The messages in which the two protocols differ: a request's body, and a request's details."""

from dataclasses import dataclass
from typing import Protocol, TypeVar

from google.protobuf.message import DecodeError, Message

from zk_operator.adapters.sp1.errors import ProverAnswerMalformed
from zk_operator.adapters.sp1.network.config import NetworkTree
from zk_operator.proto import auction_pb2 as auction
from zk_operator.proto import base_pb2 as base

MessageT = TypeVar("MessageT", bound=Message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """The auction network's domain, protocol addresses and prices, as it states them; echoed in a request."""

    domain: bytes
    auctioneer: bytes
    executor: bytes
    verifier: bytes
    treasury: bytes
    base_fee: int
    max_price_per_pgu: int  # what is offered, not what is asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestTerms:
    """What is signed. `roles` only on the auction network. Times in unix seconds."""

    nonce: int
    vk_hash: bytes
    version: str
    stdin_uri: str
    deadline_s: int
    cycle_limit: int
    gas_limit: int
    min_auction_period_s: int = 0
    whitelist: tuple[bytes, ...] = ()
    public_values_hash: bytes | None = None
    roles: Roles | None = None
    stdin_private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What a request's details add to its status. Amounts in 1e-18 PROVE, None where not settled."""

    request_id: bytes
    stdin_uri: str
    deduction: int | None
    fail_cause: int
    error: int
    is_canceled: bool


class Tree(Protocol):
    """One protocol."""

    @property
    def name(self) -> NetworkTree: ...

    def body(self, terms: RequestTerms) -> bytes:
        """The canonical encoding of a request's body: what is signed."""
        ...

    def envelope(self, body: bytes, signature: bytes) -> bytes:
        """The RequestProofRequest around it."""
        ...

    def stdin_uri(self, envelope: bytes) -> str:
        """The input that a request names; what tells one's requests apart where the id is the server's."""
        ...

    def details(self, answer: bytes) -> Details | None:
        """Of a GetProofRequestDetailsResponse; None if it is empty."""
        ...

    def found(self, answer: bytes) -> list[Details]:
        """Of a GetFilteredProofRequestsResponse."""
        ...


class AuctionTree:
    """Mainnet: a body with domain, protocol addresses and prices."""

    name = NetworkTree.AUCTION

    def body(self, terms: RequestTerms) -> bytes:
        """The canonical encoding; `terms.roles` is needed here."""
        roles = terms.roles
        if roles is None:
            raise ValueError("an auction request names domain, addresses and prices")
        message = auction.RequestProofRequestBody(
            nonce=terms.nonce,
            vk_hash=terms.vk_hash,
            version=terms.version,
            mode=auction.PROOF_MODE_GROTH16,
            strategy=auction.FULFILLMENT_STRATEGY_AUCTION,
            stdin_uri=terms.stdin_uri,
            deadline=terms.deadline_s,
            cycle_limit=terms.cycle_limit,
            gas_limit=terms.gas_limit,
            min_auction_period=terms.min_auction_period_s,
            whitelist=terms.whitelist,
            domain=roles.domain,
            auctioneer=roles.auctioneer,
            executor=roles.executor,
            verifier=roles.verifier,
            public_values_hash=terms.public_values_hash,
            base_fee=str(roles.base_fee),
            max_price_per_pgu=str(roles.max_price_per_pgu),
            treasury=roles.treasury,
            stdin_private=terms.stdin_private,
        )
        return message.SerializeToString(deterministic=True)

    def envelope(self, body: bytes, signature: bytes) -> bytes:
        """The RequestProofRequest around it."""
        message = auction.RequestProofRequest(
            format=auction.MESSAGE_FORMAT_BINARY,
            signature=signature,
            body=auction.RequestProofRequestBody.FromString(body),
        )
        return message.SerializeToString(deterministic=True)

    def stdin_uri(self, envelope: bytes) -> str:
        """The input that a request names."""
        return auction.RequestProofRequest.FromString(envelope).body.stdin_uri

    def details(self, answer: bytes) -> Details | None:
        """Of a GetProofRequestDetailsResponse; None if it is empty."""
        message = parsed(auction.GetProofRequestDetailsResponse, answer)
        return (
            _details(message.request, message.request.is_canceled)
            if message.HasField("request")
            else None
        )

    def found(self, answer: bytes) -> list[Details]:
        """Of a GetFilteredProofRequestsResponse."""
        message = parsed(auction.GetFilteredProofRequestsResponse, answer)
        return [_details(request, request.is_canceled) for request in message.requests]


class ReservedTree:
    """Capacity network and gateways: no domain, no prices, no cancelling."""

    name = NetworkTree.RESERVED

    def body(self, terms: RequestTerms) -> bytes:
        """The canonical encoding."""
        message = base.RequestProofRequestBody(
            nonce=terms.nonce,
            vk_hash=terms.vk_hash,
            version=terms.version,
            mode=base.PROOF_MODE_GROTH16,
            strategy=base.FULFILLMENT_STRATEGY_RESERVED,
            stdin_uri=terms.stdin_uri,
            deadline=terms.deadline_s,
            cycle_limit=terms.cycle_limit,
            gas_limit=terms.gas_limit,
            min_auction_period=terms.min_auction_period_s,
            whitelist=terms.whitelist,
            stdin_private=terms.stdin_private,
        )
        return message.SerializeToString(deterministic=True)

    def envelope(self, body: bytes, signature: bytes) -> bytes:
        """The RequestProofRequest around it."""
        message = base.RequestProofRequest(
            format=base.MESSAGE_FORMAT_BINARY,
            signature=signature,
            body=base.RequestProofRequestBody.FromString(body),
        )
        return message.SerializeToString(deterministic=True)

    def stdin_uri(self, envelope: bytes) -> str:
        """The input that a request names."""
        return base.RequestProofRequest.FromString(envelope).body.stdin_uri

    def details(self, answer: bytes) -> Details | None:
        """Of a GetProofRequestDetailsResponse; None if it is empty."""
        message = parsed(base.GetProofRequestDetailsResponse, answer)
        return _details(message.request) if message.HasField("request") else None

    def found(self, answer: bytes) -> list[Details]:
        """Of a GetFilteredProofRequestsResponse."""
        message = parsed(base.GetFilteredProofRequestsResponse, answer)
        return [_details(request) for request in message.requests]


TREES: dict[NetworkTree, Tree] = {
    NetworkTree.AUCTION: AuctionTree(),
    NetworkTree.RESERVED: ReservedTree(),
}


def parsed(kind: type[MessageT], answer: bytes) -> MessageT:
    """The message; ProverAnswerMalformed if the bytes are none."""
    try:
        return kind.FromString(answer)
    except DecodeError as error:
        raise ProverAnswerMalformed(message=kind.DESCRIPTOR.name) from error


def amount(text: str, name: str) -> int:
    """A decimal amount; ProverAnswerMalformed for anything else."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 78):
        raise ProverAnswerMalformed("an amount is no decimal number", field=name, text=text[:80])
    return int(text)


def _details(
    request: auction.ProofRequest | base.ProofRequest,
    is_canceled: bool = False,
) -> Details:
    deduction = request.deduction_amount if request.HasField("deduction_amount") else None
    return Details(
        request_id=request.request_id,
        stdin_uri=request.stdin_uri,
        deduction=None if not deduction else amount(deduction, "deduction_amount"),
        fail_cause=request.execute_fail_cause,
        error=request.error,
        is_canceled=is_canceled,
    )
