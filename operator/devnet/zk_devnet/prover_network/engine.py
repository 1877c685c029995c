"""Drives accepted requests to their end: execution, auction, proof, expiry."""

import anyio
import structlog
from anyio.abc import TaskGroup
from eth_utils.crypto import keccak

from zk_acts.domain.errors import OperatorError
from zk_devnet.prover_network.artifacts import PROOF_TYPE, plain
from zk_devnet.prover_network.errors import (
    BincodeMalformed,
    ExecutionFailed,
    HostFailed,
    ProgramUnknown,
)
from zk_devnet.prover_network.faults import Fault
from zk_devnet.prover_network.network import ProverNetwork
from zk_devnet.prover_network.prover import Claim, DevProver, values_hash
from zk_devnet.prover_network.request import (
    Auction,
    Execute,
    Expire,
    Prove,
    Request,
    Step,
    Wait,
    best_bid,
    next_step,
)
from zk_devnet.prover_network.states import (
    Execution,
    FailureCause,
    Fulfillment,
    NetworkMode,
    RequestError,
    Settlement,
)

log = structlog.get_logger(__name__)

_LONGEST_SLEEP_S = 1.0  # a cancelled request's task ends at the latest after this


class Engine:
    """One task per request, owned by the task group that it is given."""

    def __init__(self, *, network: ProverNetwork, prover: DevProver, tasks: TaskGroup) -> None:
        self._network = network
        self._prover = prover
        self._tasks = tasks
        self._one_at_a_time = (
            anyio.Lock()
        )  # proving is pure Python: more threads would only slow it
        network.on_accepted = self.start

    def start(self, request: Request) -> None:
        """Begin to work on an accepted request."""
        name = f"request:{request.request_id.hex()[:16]}"
        self._tasks.start_soon(self._drive, request, name=name)

    async def _drive(self, request: Request) -> None:
        no_bids = False
        while not request.is_finished:
            step = next_step(
                request,
                now=self._network.now(),
                timing=self._network.config.timing,
                no_bids=no_bids,
            )
            no_bids = no_bids or (isinstance(step, Auction) and not self._close_auction(request))
            await self._take(step, request)

    async def _take(self, step: Step, request: Request) -> None:
        match step:
            case Wait(until=until):
                pause_s = until - self._network.now()
                await anyio.sleep(max(0.0, min(pause_s, _LONGEST_SLEEP_S)))
            case Execute():
                await self._execute(request)
            case Prove():
                await self._prove(request)
            case Expire():
                self._network.finish(request, Fulfillment.EXPIRED, cost=0)
            case Auction():
                pass  # closed already

    async def _execute(self, request: Request) -> None:
        try:
            await self._run_program(request)
        except ExecutionFailed as failure:
            self._refuse(request, failure.cause, str(failure))
        except (ProgramUnknown, BincodeMalformed, HostFailed) as error:
            self._fail(request, error)

    def _fail(self, request: Request, error: OperatorError) -> None:
        log.warning(
            "request.failed",
            request_id=request.request_id.hex(),
            code=error.code,
            reason=str(error),
        )
        self._give_up(request, RequestError.UNKNOWN_FAILURE)

    async def _run_program(self, request: Request) -> None:
        program, stdin = self._content(request.program_uri), self._content(request.terms.stdin_uri)
        # What hangs in a host is left behind: it ends with the host, and the server must not wait for it.
        key = await anyio.to_thread.run_sync(self._prover.key, program, abandon_on_cancel=True)
        if request.terms.vk_hash not in (key.hash_bytes, key.bytes32):
            self._give_up(request, RequestError.VERIFICATION_KEY_MISMATCH)
            return
        if Fault.UNEXPLAINED in request.faults:
            request.execution = Execution.UNEXECUTABLE
            self._give_up(request, RequestError.UNSPECIFIED)
            return
        if Fault.UNEXECUTABLE in request.faults:
            raise ExecutionFailed(FailureCause.HALT_WITH_NON_ZERO_EXIT_CODE, "injected")
        result = await anyio.to_thread.run_sync(
            self._prover.execute, program, stdin, request.terms, abandon_on_cancel=True
        )
        if request.is_finished:  # cancelled meanwhile
            return
        request.cycles, request.gas_used = result.cycles, result.gas
        request.public_values = result.public_values
        request.public_values_hash = values_hash(result.public_values)
        self._accept_execution(request)

    def _accept_execution(self, request: Request) -> None:
        promised = request.terms.public_values_hash
        if promised is not None and promised != request.public_values_hash:
            request.execution = Execution.VALIDATION_FAILED
            self._give_up(request, RequestError.PUBLIC_VALUES_MISMATCH)
            return
        request.execution = Execution.EXECUTED
        request.updated_at = self._network.now()

    def _refuse(self, request: Request, cause: FailureCause, reason: str) -> None:
        # The requester pays for what it made others execute: the network's punishment, here the maximum.
        if request.is_finished:
            return
        log.warning("request.unexecutable", request_id=request.request_id.hex(), reason=reason)
        request.execution, request.cause = Execution.UNEXECUTABLE, cause
        self._network.finish(
            request,
            Fulfillment.UNFULFILLABLE,
            cost=request.terms.most_it_can_cost,
            error=RequestError.EXECUTION_FAILURE,
        )

    def _give_up(self, request: Request, error: RequestError) -> None:
        if not request.is_finished:
            self._network.finish(request, Fulfillment.UNFULFILLABLE, cost=0, error=error)

    def _close_auction(self, request: Request) -> bool:
        config = self._network.config
        if config.mode is not NetworkMode.MAINNET:
            if Fault.NO_BIDS in request.faults:
                return False
            winner = config.provers[0]
        else:
            found = best_bid(request, config.provers)
            if found is None:
                log.warning("auction.unmet", request_id=request.request_id.hex())
                return False
            winner = found
        request.winner = winner
        request.fulfillment = Fulfillment.ASSIGNED
        request.assigned_at = request.updated_at = self._network.now()
        return True

    async def _prove(self, request: Request) -> None:
        if Fault.UNFULFILLABLE in request.faults:
            self._give_up(request, RequestError.UNKNOWN_FAILURE)
            return
        if Fault.REVERTED in request.faults:
            self._network.finish(request, Fulfillment.REVERTED, cost=0)
            return
        try:
            blob = await self._make_proof(request)
        except (ProgramUnknown, HostFailed) as error:
            self._fail(request, error)
        else:
            self._fulfill(request, blob)

    async def _make_proof(self, request: Request) -> bytes:
        """The download; a real proof first, where those are switched on. Raises ProgramUnknown, HostFailed."""
        program = self._content(request.program_uri)
        key = await anyio.to_thread.run_sync(self._prover.key, program, abandon_on_cancel=True)
        claim = Claim(
            request_id=request.request_id,
            program_vkey=key.bytes32,
            public_values=request.public_values or b"",
        )
        stdin = self._content(request.terms.stdin_uri)
        async with self._one_at_a_time:
            await anyio.to_thread.run_sync(
                self._prover.attest, program, stdin, claim.public_values, abandon_on_cancel=True
            )
            return await anyio.to_thread.run_sync(self._prover.prove, claim, request.faults)

    def _fulfill(self, request: Request, blob: bytes) -> None:
        if Fault.NO_PROOF_URI not in request.faults:
            request.proof_uri = self._network.artifacts.publish(PROOF_TYPE, blob)
        if Fault.MISSING_PROOF in request.faults and request.proof_uri is not None:
            self._network.artifacts.find_uri(request.proof_uri).content = None
        request.fulfilled_at = self._network.now()
        request.fulfill_tx_hash = keccak(b"fulfill" + request.request_id)
        request.settlement = Settlement.SETTLED
        self._network.finish(request, Fulfillment.FULFILLED, cost=self._cost(request))

    def _cost(self, request: Request) -> int:
        if self._network.config.mode is not NetworkMode.MAINNET or request.winner is None:
            return 0
        return request.terms.base_fee + request.winner.price_per_pgu * (request.gas_used or 0)

    def _content(self, uri: str) -> bytes:
        return plain(self._network.artifacts.find_uri(uri).content or b"")
