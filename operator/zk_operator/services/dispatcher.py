"""Dispatcher: has each closed batch proved once, and checks the proof before it is believed.

The proof is looked up by what it proves first, so that a repeated batch costs nothing. Whom to ask is the router's
decision (`domain.routing`); a second prover that was asked is told when the first one's proof is there.
"""

import math
from dataclasses import dataclass

import anyio
import structlog

from zk_acts.domain.acts import Purpose
from zk_acts.domain.errors import Disposition, OperatorError
from zk_acts.domain.failures import AttemptsExhausted
from zk_acts.services.attempt import current_attempt, may_try, since_success, spent
from zk_acts.services.work_pass import Pass
from zk_operator.domain.batch_input import BatchInput
from zk_operator.domain.failures import ProverUnreachable, RequestUnexecutable
from zk_operator.domain.order import SigningDomain
from zk_operator.domain.records import Batch, BatchState, OrderStatus
from zk_operator.domain.routing import Assign, GiveUp, Hedge, Reason
from zk_operator.ports.prover import ProofChecker, ProveRequest, RegisterProgram
from zk_operator.services.look_times import LookTimes
from zk_operator.services.proof_collector import CollectPolicy, ProofCollector
from zk_operator.services.prover_lanes import ProverLane, ProverLanes, Proving
from zk_operator.services.purchase_gate import Purchase
from zk_operator.services.request_cancellation import RequestCancellation
from zk_operator.services.settleability import is_over
from zk_operator.services.spend_check import Standings
from zk_operator.services.stage import Stage
from zk_operator.services.stage_errors import (
    BatchEnded,
    BatchExpired,
    BatchOrphaned,
    ProgramGone,
)
from zk_operator.services.standing import Standing, reason_of
from zk_operator.services.tools import Tools

log = structlog.get_logger("dispatcher")
LEAST_ASKING_S = 5.0
VISIBLE_AFTER_MS = 60_000  # until when a prover shows what it has registered


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchPolicy(CollectPolicy):
    """What is proved and how often it is tried."""

    signing_domain: SigningDomain
    retry_after_ms: int = 5_000
    poll_ms: int = 2_000  # pause between looks at a request, where nothing better is known


class Dispatcher(Stage):
    """CLOSED to PROVED."""

    name = "dispatcher"
    description = "Has batches proved and checks the proofs"
    takes = (BatchState.CLOSED,)
    writes = (BatchState.PROVED, BatchState.ABANDONED)

    def __init__(
        self,
        tools: Tools,
        *,
        lanes: ProverLanes,
        checker: ProofChecker,
        spend: Standings,
        policy: DispatchPolicy,
    ) -> None:
        wake_ups = tools.wake_ups
        super().__init__(tools, wake_up=wake_ups.dispatcher, downstream=wake_ups.submitter)
        self._lanes = lanes
        self._spend = spend
        self._policy = policy
        self._cancellation = RequestCancellation(tools, lanes=lanes)
        self._collector = ProofCollector(
            tools,
            lanes=lanes,
            checker=checker,
            policy=policy,
            looks=LookTimes(lanes=lanes, poll_ms=policy.poll_ms, clock=tools.clock),
        )

    async def wake(self) -> None:
        """Wait until a batch was closed, a prover on this machine has ended, or a look at another one is due."""
        with anyio.move_on_after(self.rest_s()):
            await super().wake()

    def rest_s(self) -> float:
        """How long until a request is due to be looked at; infinite where the interval alone says when."""
        return self._collector.rest_s()

    async def keep(self, turn: Pass) -> None:
        """Ask the provers what has become of their requests, and fetch what they have made.

        Trouble with one prover of several is no failure of this service: the router turns to another one.
        """
        beside = Pass()
        works = [await self._look(batch) for batch in await self.batches()]
        moments = [await self._lanes.next_moment(work) for work in works]
        urgent_ms = min((moment for moment in moments if moment is not None), default=None)
        await self._collector.look([work.batch for work in works], beside, urgent_ms)
        # Alone, its trouble is the service's: the supervisor waits between passes (ADR 0165).
        if not self._lanes.has_other():
            turn.troubles += beside.troubles

    async def step(self, batch: Batch) -> None:
        """With its proof, it is proved; without hope for one, given up; else whoever the router names is asked for it."""
        work = await self._look(batch)
        # By what it proves: the same batch after a reorg costs nothing (ADR 0168).
        proof = await self._store.proofs.find(self._policy.program_vkey, batch.public_values)
        if proof is not None:
            await self._transitions.proved(batch, proof.nonce, proof.backend)
            self._downstream.notify()
            await self._let_go(work)
        elif (reason := await self._reason_to_give_up(work)) is not None:
            await self._abandon(work, reason)
        else:
            await self._route(work)

    async def finish(self, turn: Pass) -> None:
        """Tell the provers again what is not needed any more, where they have not heard it."""
        with turn.item():
            await self._cancellation.repeat()

    async def _look(self, batch: Batch) -> Proving:
        attempts = await self._lanes.attempts(batch)
        # What is left of a batch's time is told by the chain's clock, which this machine's need not be.
        now_s = await self._spend.now_s()
        return Proving(
            batch=batch,
            attempts=attempts,
            viable=self._collector.promising(attempts),
            now_s=now_s,
            deadline_ms=self._clock.now_ms() + (batch.valid_until_s - now_s) * 1000,
        )

    async def _reason_to_give_up(self, work: Proving) -> OperatorError | None:
        """Why there is no point in this batch (any more). What is paid for is waited for while it can be of use."""
        batch = work.batch
        if work.now_s > batch.valid_until_s:
            return BatchExpired(batch_id=batch.batch_id)
        # A prover without limits of ours has said so: every network would charge for the same answer (ADR 0166).
        if self._lanes.is_unprovable(work.attempts):
            return RequestUnexecutable(batch_id=batch.batch_id)
        # A proof under way is good for its section or none; a removed order may be mined again (ADR 0140).
        if self._collector.is_under_way(work.viable):
            return None
        rows = await self._store.orders.get(batch.order_ids)
        if any(row.status is OrderStatus.ORPHANED for row in rows):
            return BatchOrphaned(batch_id=batch.batch_id)
        # Also by what is only above the depth at which money is spent: no settlement would take it.
        if any(is_over(row, batch) for row in rows):
            return BatchEnded(batch_id=batch.batch_id)
        return None

    async def _abandon(self, work: Proving, reason: OperatorError) -> None:
        """Free the orders first: no order waits for a prover to hear that its proof is not needed any more."""
        await self.give_up(work.batch, reason)
        await self._let_go(work)

    async def _let_go(self, work: Proving) -> None:
        self._lanes.forget(work.batch)
        await self._cancellation.cancel(work.viable)

    async def _route(self, work: Proving) -> None:
        """Do what the router decides."""
        match await self._lanes.decide(work):
            case GiveUp(reason=reason):
                await self._abandon(work, _hopeless(work, reason))
            case Assign(backend=name) | Hedge(backend=name):
                lane = self._lanes[name]
                mine = [row for row in work.attempts if self._lanes.of(row) is lane]
                rested = may_try(mine, self._clock.now_ms(), self._policy.retry_after_ms)
                if rested and await self._is_open(work):
                    await self._ask(lane, work, spent(mine) + 1)

    async def _is_open(self, work: Proving) -> bool:
        """Whether the contract says so where money is spent.

        A batch of which a section could not be settled now is given up, as long as that costs nothing.
        """
        standing = await self._spend.standing(work.batch, Purchase.PROVE)
        if standing not in {Standing.OPEN, Standing.UNKNOWN} and not work.viable:
            await self._abandon(work, reason_of(standing, work.batch.batch_id))
        return standing is Standing.OPEN

    async def _ask(self, lane: ProverLane, work: Proving, attempt: int) -> None:
        """Ask one prover; not for longer than until the next one has to be asked, if there is one."""
        moment_ms, left_s = await self._lanes.next_moment(work, asked=lane), math.inf
        if moment_ms is not None:
            left_s = max((moment_ms - self._clock.now_ms()) / 1000, LEAST_ASKING_S)
        try:
            # A prover that hangs must not let the moment for another one pass (ADR 0165).
            with anyio.move_on_after(left_s) as scope:
                await self._request(lane, work.batch, attempt)
            if scope.cancelled_caught:
                raise ProverUnreachable("a prover took too long to be asked", backend=lane.name)
        except OperatorError as error:
            self._lanes.failed(lane, error, asking=True)
            if error.disposition is Disposition.FATAL or not self._lanes.has_other():
                raise
            log.warning(
                "work.delayed",
                batch_id=work.batch.batch_id,
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
        rows = await self._store.orders.get(batch.order_ids)
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


def _hopeless(work: Proving, reason: Reason) -> OperatorError:
    batch = work.batch
    if reason is Reason.TOO_LATE:
        return BatchExpired(
            "no prover can finish before the batch expires", batch_id=batch.batch_id
        )
    last = next((row.error_code for row in reversed(work.attempts) if row.error_code), None)
    if last == RequestUnexecutable.code:
        return RequestUnexecutable(batch_id=batch.batch_id)
    return AttemptsExhausted(batch_id=batch.batch_id, stage=Purpose.PROVE, last=last)
