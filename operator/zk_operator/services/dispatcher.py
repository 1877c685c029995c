"""Dispatcher: has each closed batch proved once, and checks the proof before it is believed.

The proof is looked up by what it proves first, so that a repeated batch costs nothing. Whom to ask is the router's
decision (`domain.routing`); a second prover that was asked is told when the first one's proof is there.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import anyio
import structlog

from zk_acts.domain.acts import Intent, Purpose
from zk_acts.domain.errors import Disposition, OperatorError
from zk_acts.domain.failures import AttemptsExhausted
from zk_acts.domain.ids import Hash32
from zk_acts.ports.clock import Clock
from zk_acts.runtime.wake_up import WakeUp
from zk_acts.services.attempt import current_attempt, may_try, since_success, spent
from zk_acts.services.work_pass import Pass
from zk_operator.domain.batch_input import BatchInput
from zk_operator.domain.failures import ProverUnreachable, RequestUnexecutable
from zk_operator.domain.order import SigningDomain
from zk_operator.domain.records import Batch, BatchState, OrderStatus, StoredProof
from zk_operator.domain.routing import Assign, GiveUp, Hedge, Reason
from zk_operator.ports.prover import ProofChecker, ProveRequest, RegisterProgram
from zk_operator.ports.store import BatchStore, OrderStore, ProofStore
from zk_operator.services.batch_pass import each_batch
from zk_operator.services.look_times import LookTimes
from zk_operator.services.proof_collector import ProofCollector
from zk_operator.services.prover_lanes import ProverLane, ProverLanes
from zk_operator.services.purchase_gate import Purchase
from zk_operator.services.request_cancellation import RequestCancellation
from zk_operator.services.settleability import is_over
from zk_operator.services.spend_check import Standings
from zk_operator.services.stage_errors import (
    BatchEnded,
    BatchExpired,
    BatchOrphaned,
    ProgramGone,
)
from zk_operator.services.standing import Standing, reason_of
from zk_operator.services.transitions import BatchTransitions

log = structlog.get_logger("dispatcher")
LEAST_ASKING_S = 5.0
VISIBLE_AFTER_MS = 60_000  # until when a prover shows what it has registered


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchPolicy:
    """What is proved and how often it is tried."""

    program_vkey: Hash32
    recursion_root: Hash32
    signing_domain: SigningDomain
    max_fetches: int = 5  # half a minute in all
    retry_after_ms: int = 5_000
    poll_ms: int = 2_000  # pause between looks at a request, where nothing better is known


class Dispatcher:
    """CLOSED to PROVED."""

    name = "dispatcher"
    description = "Has batches proved and checks the proofs"

    def __init__(
        self,
        *,
        lanes: ProverLanes,
        checker: ProofChecker,
        batches: BatchStore,
        orders: OrderStore,
        proofs: ProofStore,
        transitions: BatchTransitions,
        spend: Standings,
        policy: DispatchPolicy,
        clock: Clock,
        wake_up: WakeUp,
        downstream: WakeUp,
    ) -> None:
        self._lanes = lanes
        self._batches = batches
        self._orders = orders
        self._proofs = proofs
        self._transitions = transitions
        self._spend = spend
        self._policy = policy
        self._clock = clock
        self._wake_up = wake_up
        self._downstream = downstream
        self._cancellation = RequestCancellation(lanes=lanes, batches=batches, clock=clock)
        self._collector = ProofCollector(
            lanes=lanes,
            checker=checker,
            proofs=proofs,
            program_vkey=policy.program_vkey,
            recursion_root=policy.recursion_root,
            max_fetches=policy.max_fetches,
            looks=LookTimes(lanes=lanes, poll_ms=policy.poll_ms, clock=clock),
            clock=clock,
        )

    async def wake(self) -> None:
        """Wait until a batch was closed, a prover on this machine has ended, or a look at another one is due."""
        with anyio.move_on_after(self.rest_s()):
            await self._wake_up.wait()

    def rest_s(self) -> float:
        """How long until a request is due to be looked at; infinite where the interval alone says when."""
        return self._collector.rest_s()

    async def tick(self) -> None:
        """Move every closed batch one step. One batch's or prover's trouble does not hold up the others.

        Trouble with one prover of several is no failure of this service: the router turns to another one.
        """
        turn, beside = Pass(), Pass()
        batches = await self._batches.in_state(BatchState.CLOSED)
        urgent_ms = await self._urgent_ms(batches)
        await self._collector.look(batches, beside, urgent_ms)
        await each_batch(turn, batches, self._step)
        await self._cancellation.repeat()
        if not self._lanes.has_other():
            turn.troubles += beside.troubles
        turn.finish()

    async def _step(self, batch: Batch) -> None:
        stored = await self._proofs.find(self._policy.program_vkey, batch.public_values)
        attempts = await self._lanes.attempts(batch)
        promising = self._collector.promising(attempts)
        if stored is not None:
            await self._proved(batch, stored)
            await self._cancellation.cancel(promising)
            return
        reason = await self._reason_to_give_up(batch, attempts, promising)
        if reason is not None:
            await self._give_up(batch, reason, promising)
        else:
            await self._route(batch, attempts, promising)

    async def _urgent_ms(self, batches: Sequence[Batch]) -> int | None:
        """When the first of them may need another prover; None if that will not be."""
        moments = []
        for batch in batches:
            attempts = await self._lanes.attempts(batch)
            promising = self._collector.promising(attempts)
            time = await self._time(batch)
            moments.append(await self._lanes.next_moment(batch, attempts, promising, time))
        return min((moment for moment in moments if moment is not None), default=None)

    async def _time(self, batch: Batch) -> int:
        """When the batch's time is over, by this machine's clock: what is left of it is told by the chain's."""
        left_s = batch.valid_until_s - await self._spend.now_s()
        return self._clock.now_ms() + left_s * 1000

    async def _proved(self, batch: Batch, stored: StoredProof) -> None:
        await self._transitions.proved(batch, stored.nonce, stored.backend)
        self._lanes.forget(batch)
        self._downstream.notify()

    async def _give_up(
        self, batch: Batch, reason: OperatorError, promising: Sequence[Intent]
    ) -> None:
        """Free the orders, then tell the provers that a proof is not needed any more."""
        await self._transitions.abandoned(batch, reason)
        self._lanes.forget(batch)
        await self._cancellation.cancel(promising)

    async def _reason_to_give_up(
        self, batch: Batch, attempts: Sequence[Intent], promising: Sequence[Intent]
    ) -> OperatorError | None:
        """Why there is no point in this batch (any more). What is paid for is waited for while it can be of use."""
        now_s = await self._spend.now_s()
        if now_s > batch.valid_until_s:
            return BatchExpired(batch_id=batch.batch_id)
        if self._lanes.is_unprovable(attempts):
            return RequestUnexecutable(batch_id=batch.batch_id)
        if promising:
            return None
        rows = await self._orders.get(batch.order_ids)
        if any(row.status is OrderStatus.ORPHANED for row in rows):
            return BatchOrphaned(batch_id=batch.batch_id)
        # Also by what is only above the depth at which money is spent: no settlement would take it.
        if any(is_over(row, batch) for row in rows):
            return BatchEnded(batch_id=batch.batch_id)
        return None

    async def _route(
        self, batch: Batch, attempts: Sequence[Intent], promising: Sequence[Intent]
    ) -> None:
        """Do what the router decides."""
        time = await self._time(batch)
        decision = await self._lanes.decide(batch, attempts, promising, time)
        match decision:
            case GiveUp(reason=reason):
                await self._give_up(batch, _hopeless(batch, reason, attempts), promising)
            case Assign(backend=name) | Hedge(backend=name):
                lane = self._lanes[name]
                mine = [row for row in attempts if self._lanes.of(row) is lane]
                rested = may_try(mine, self._clock.now_ms(), self._policy.retry_after_ms)
                if rested and await self._is_open(batch, promising):
                    moment = await self._lanes.next_moment(
                        batch, attempts, promising, time, asked=lane
                    )
                    await self._ask(lane, batch, spent(mine) + 1, moment)

    async def _is_open(self, batch: Batch, promising: Sequence[Intent]) -> bool:
        """Whether the contract says so where money is spent.

        A batch of which a section could not be settled now is given up, as long as that costs nothing.
        """
        standing = await self._spend.standing(batch, Purchase.PROVE)
        if standing not in {Standing.OPEN, Standing.UNKNOWN} and not promising:
            await self._give_up(batch, reason_of(standing, batch.batch_id), promising)
        return standing is Standing.OPEN

    async def _ask(
        self, lane: ProverLane, batch: Batch, attempt: int, moment_ms: int | None
    ) -> None:
        """Ask one prover; not for longer than until the next one has to be asked, if there is one."""
        left_s = math.inf
        if moment_ms is not None:
            left_s = max((moment_ms - self._clock.now_ms()) / 1000, LEAST_ASKING_S)
        try:
            with anyio.move_on_after(left_s) as scope:
                await self._request(lane, batch, attempt)
            if scope.cancelled_caught:
                raise ProverUnreachable("a prover took too long to be asked", backend=lane.name)
        except OperatorError as error:
            self._lanes.failed(lane, error, asking=True)
            if error.disposition is Disposition.FATAL or not self._lanes.has_other():
                raise
            log.warning(
                "work.delayed",
                batch_id=batch.batch_id,
                backend=lane.name,
                code=error.code,
                error=str(error),
            )

    async def _request(self, lane: ProverLane, batch: Batch, attempt: int) -> None:
        if await self._registered(lane):
            request = await self._work(batch, attempt)
            await lane.acts.issue(purpose=Purpose.PROVE, subject=batch.batch_id, request=request)
            self._lanes.asked(lane)

    async def _work(self, batch: Batch, attempt: int) -> ProveRequest:
        rows = await self._orders.get(batch.order_ids)
        batch_input = BatchInput(
            chain_id=self._policy.signing_domain.chain_id,
            manager=self._policy.signing_domain.manager,
            valid_until=batch.valid_until_s,
            sections=batch.sections,
            orders=tuple(row.order for row in rows),
        )
        return ProveRequest(
            program_vkey=self._policy.program_vkey,
            stdin=batch_input.stdin(),
            public_values=batch.public_values,
            deadline_s=batch.valid_until_s,
            attempt=attempt,
        )

    async def _registered(self, lane: ProverLane) -> bool:
        """Whether the backend knows the program; asks it to, once, where it does not."""
        if await lane.backend.program_registered():
            return True
        subject = self._policy.program_vkey.hex()
        rows = await lane.acts.of(Purpose.REGISTER_PROGRAM, subject)
        done, attempts = since_success([row for row in rows if self._lanes.of(row) is lane])
        if done is not None and self._clock.now_ms() - done.updated_at < VISIBLE_AFTER_MS:
            return False  # done, and not visible everywhere yet
        if current_attempt(attempts) is not None:
            return False  # under way
        if done is not None and not attempts:
            log.error("program.forgotten", code=ProgramGone.code, backend=lane.name)
        if may_try(attempts, self._clock.now_ms(), self._policy.retry_after_ms):
            request = RegisterProgram(program_vkey=self._policy.program_vkey)
            await lane.acts.issue(
                purpose=Purpose.REGISTER_PROGRAM, subject=subject, request=request
            )
        return await lane.backend.program_registered()


def _hopeless(batch: Batch, reason: Reason, attempts: Sequence[Intent]) -> OperatorError:
    if reason is Reason.TOO_LATE:
        return BatchExpired(
            "no prover can finish before the batch expires", batch_id=batch.batch_id
        )
    last = next((row.error_code for row in reversed(attempts) if row.error_code), None)
    if last == RequestUnexecutable.code:
        return RequestUnexecutable(batch_id=batch.batch_id)
    return AttemptsExhausted(batch_id=batch.batch_id, stage=Purpose.PROVE, last=last)
