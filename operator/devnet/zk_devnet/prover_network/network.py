"""The prover network's state and rules, free of transport: programs, requests, balances."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import grpc
import structlog
from eth_utils.crypto import keccak

from zk_devnet.prover_network.admission import check_terms, require
from zk_devnet.prover_network.artifacts import ArtifactStore
from zk_devnet.prover_network.config import ProverNetworkConfig
from zk_devnet.prover_network.errors import CallRefused
from zk_devnet.prover_network.faults import Fault, Faults
from zk_devnet.prover_network.ledger import Ledger
from zk_devnet.prover_network.request import Request, Terms
from zk_devnet.prover_network.signing import request_id
from zk_devnet.prover_network.states import Fulfillment, RequestError

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A registered program."""

    vk_hash: bytes
    vk: bytes
    program_uri: str
    owner: bytes
    created_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedCall:
    """A signed call whose signature has been recovered: who signed which bytes with which nonce."""

    signer: bytes
    body: bytes
    nonce: int

    @property
    def tx_hash(self) -> bytes:
        """32 bytes that name the call."""
        return keccak(b"tx" + self.signer + self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """What GetTransactionDetails shows of a signed call."""

    call: SignedCall
    signature: bytes
    created_at: int
    request_id: bytes | None = None


class ProverNetwork:
    """Accepts, holds and cancels requests; `on_accepted` is called with each new one."""

    def __init__(
        self,
        *,
        config: ProverNetworkConfig,
        artifacts: ArtifactStore,
        faults: Faults,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.config = config
        self.artifacts = artifacts
        self.faults = faults
        self.now = now
        self.ledger = Ledger(
            balances=config.balances,
            default_balance=config.default_balance,
        )
        self.programs: dict[bytes, Program] = {}
        self.requests: dict[bytes, Request] = {}
        self.transactions: dict[bytes, Transaction] = {}
        self.on_accepted: Callable[[Request], None] = _ignore

    def create_program(self, call: SignedCall, program: Program, signature: bytes) -> bytes:
        """Register a program; its transaction hash. Registering one again changes nothing."""
        require(len(program.vk_hash) == 32, "vk_hash must be 32 bytes")
        require(bool(program.vk), "vk is empty")
        self._uploaded(program.program_uri, "program")
        self._use_nonce(call)
        self.programs.setdefault(program.vk_hash, program)
        self._record(call, signature)
        log.info("program.registered", vk_hash=program.vk_hash.hex(), owner=program.owner.hex())
        return call.tx_hash

    def program(self, vk_hash: bytes) -> Program:
        """The program; CallRefused (NotFound) if nobody has registered it."""
        found = self.programs.get(vk_hash)
        if found is None:
            raise CallRefused(grpc.StatusCode.NOT_FOUND, "program not found")
        return found

    def request_proof(self, call: SignedCall, terms: Terms, signature: bytes) -> Request:
        """Accept a request, reserving the most it can cost.

        CallRefused with the network's status for bad terms, an unknown program, a wrong nonce, too low a balance.
        """
        check_terms(terms, config=self.config, now=self.now())
        program = self.programs.get(terms.vk_hash)
        if program is None:
            raise CallRefused(grpc.StatusCode.FAILED_PRECONDITION, "program is not registered")
        self._uploaded(terms.stdin_uri, "stdin")
        self.ledger.require(call.signer, terms.most_it_can_cost)
        self._use_nonce(call)
        self.ledger.reserve(call.signer, terms.most_it_can_cost)
        request = self._open(call, terms, program)
        self._record(call, signature, request.request_id)
        self.on_accepted(request)
        return request

    def request(self, wanted: bytes) -> Request:
        """The request; CallRefused (NotFound) if there is none."""
        found = self.requests.get(wanted)
        if found is None:
            raise CallRefused(grpc.StatusCode.NOT_FOUND, "proof request not found")
        return found

    def cancel(self, call: SignedCall, wanted: bytes, signature: bytes) -> bytes:
        """Cancel one's own request while nobody has taken it; its transaction hash."""
        request = self.request(wanted)
        if request.requester != call.signer:
            raise CallRefused(grpc.StatusCode.PERMISSION_DENIED, "not the requester")
        if request.fulfillment is not Fulfillment.REQUESTED:
            raise CallRefused(
                grpc.StatusCode.FAILED_PRECONDITION, "request can no longer be cancelled"
            )
        self._use_nonce(call)
        if self.faults.take(Fault.CANCEL_IGNORED):
            return call.tx_hash
        request.is_canceled = True
        self.finish(request, Fulfillment.UNFULFILLABLE, cost=0)
        self._record(call, signature, wanted)
        return call.tx_hash

    def forget_requests(self) -> None:
        """As after a restart without a database: nobody knows the requests any more."""
        self.requests.clear()
        log.warning("requests.forgotten")

    def finish(
        self,
        request: Request,
        status: Fulfillment,
        *,
        cost: int,
        error: RequestError = RequestError.UNSPECIFIED,
    ) -> None:
        """End a request: charge `cost` (PROVE wei), return the rest of what was reserved."""
        reserved = request.terms.most_it_can_cost
        request.fulfillment, request.error = status, error
        request.deduction, request.refund = cost, reserved - cost
        request.updated_at = self.now()
        self.ledger.settle(request.requester, reserved=reserved, cost=cost)
        log.info(
            "request.finished",
            request_id=request.request_id.hex(),
            status=status.name.lower(),
            cause=request.cause.name.lower(),
            cost=str(cost),
            canceled=request.is_canceled,
            duration_s=round(request.updated_at - request.created_at, 3),
        )

    def _open(self, call: SignedCall, terms: Terms, program: Program) -> Request:
        request = Request(
            request_id=self._id(call),
            terms=terms,
            requester=call.signer,
            tx_hash=call.tx_hash,
            created_at=self.now(),
            updated_at=self.now(),
            program_uri=program.program_uri,
            faults=self.faults.take_for_request(),
        )
        self.requests[request.request_id] = request
        log.info(
            "request.accepted",
            request_id=request.request_id.hex(),
            requester=call.signer.hex(),
            faults=sorted(request.faults),
        )
        return request

    def _id(self, call: SignedCall) -> bytes:
        return request_id(call.signer, call.body)

    def _use_nonce(self, call: SignedCall) -> None:
        if self.faults.take(Fault.NONCE_ERROR):
            self.ledger.account(call.signer).nonce += 1
        self.ledger.use_nonce(call.signer, call.nonce)

    def _uploaded(self, uri: str, what: str) -> None:
        try:
            content = self.artifacts.find_uri(uri).content
        except KeyError:
            content = None
        require(content is not None, f"no {what} artifact has been uploaded at {uri!r}")

    def _record(self, call: SignedCall, signature: bytes, about: bytes | None = None) -> None:
        self.transactions[call.tx_hash] = Transaction(
            call=call, signature=signature, created_at=int(self.now()), request_id=about
        )


def _ignore(_request: Request) -> None:
    """Nobody works on requests yet."""
