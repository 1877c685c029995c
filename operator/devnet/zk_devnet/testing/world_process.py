"""An operator's services on the fakes, as one process has them in memory, and what a test may vary."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from zk_acts.domain.acts import Resource
from zk_acts.domain.details import Mined
from zk_acts.domain.errors import Disposition, OperatorError
from zk_acts.domain.ids import Hash32
from zk_acts.ports.act import PaidChannel
from zk_acts.ports.fault import FaultPoints
from zk_acts.ports.store import SpendCap
from zk_acts.runtime.clock import SteadyClock
from zk_acts.runtime.wake_up import WakeUp
from zk_acts.services.act_sender import IsWanted
from zk_acts.services.paid_act import PaidActs
from zk_acts.services.spend_guard import SpendPolicy
from zk_devnet.testing.manual_clock import LeapingClock, ManualClock
from zk_devnet.testing.memory_store import MemoryStore
from zk_devnet.testing.scripted_chain import ScriptedChain
from zk_devnet.testing.scripted_checker import ScriptedChecker, ScriptedSigner
from zk_devnet.testing.scripted_contract import ScriptedContract
from zk_devnet.testing.scripted_differences import scripted_differences
from zk_devnet.testing.scripted_kurier import ScriptedKurier
from zk_devnet.testing.scripted_prover import ScriptedProver
from zk_devnet.testing.scripted_transactions import ScriptedTransactions
from zk_devnet.testing.scripted_zkverify import ScriptedExtrinsics, ScriptedZkVerify
from zk_operator.domain.batching import BatchPolicy
from zk_operator.domain.chain_event import BlockTag
from zk_operator.domain.ids import Address, PoolId
from zk_operator.domain.priority import Priority, PriorityRule
from zk_operator.ports.chain import Call
from zk_operator.ports.prover import (
    ProverDetail,
    ProverWork,
)
from zk_operator.runtime.health import HealthBoard
from zk_operator.runtime.supervisor import Service
from zk_operator.runtime.telemetry import Telemetry
from zk_operator.services.batcher import Batcher, BatcherPolicy
from zk_operator.services.bulk_acts import BulkActs
from zk_operator.services.clock_watch import ClockWatch
from zk_operator.services.depth import Depth, DepthWatch
from zk_operator.services.dispatcher import Dispatcher, DispatchPolicy
from zk_operator.services.intake import Intake, IntakePolicy
from zk_operator.services.order_audit import AuditPolicy, OrderAudit
from zk_operator.services.prover_lanes import ProverLane, ProverLanes
from zk_operator.services.purchase_gate import PurchaseGate
from zk_operator.services.purchase_use import PurchaseUse, all_of
from zk_operator.services.reaper import Reaper, ReapPolicy
from zk_operator.services.scan import Scanner
from zk_operator.services.settler import SettlePolicy, Settler
from zk_operator.services.spend_check import SpendCheck
from zk_operator.services.submission_routes import Breaker, Route, SubmissionRoutes
from zk_operator.services.submitter import SubmitPolicy, Submitter
from zk_operator.services.terms_watch import TermsWatch
from zk_operator.services.tools import Tools
from zk_operator.services.transaction_use import TransactionUse
from zk_operator.services.transitions import BatchTransitions
from zkverify_client.ports.zkverify import ZkVerifyDetail, ZkVerifyRequest

VKEY = Hash32(b"\x00" + b"\x21" * 31)
ROOT = Hash32(b"\x00" + b"\x22" * 31)
VK_HASH = Hash32(b"\x23" * 32)
DOMAIN_ID = 3
POOLS = (PoolId(b"\x01" * 32), PoolId(b"\x02" * 32))
PRICE = 2 << 128  # two token1 for one token0
GENESIS_S = 1_700_000_000
ETHER = 10**18
NO_CAP = 10**30
RequestT = TypeVar("RequestT")
DetailT = TypeVar("DetailT")


class Crash(BaseException):
    """Ends the process, so to speak: nothing catches it."""


@dataclass(slots=True, kw_only=True)
class CrashAt:
    """Crashes at the n-th hit of a label."""

    label: str
    count: int = 1

    def hit(self, label: str) -> None:
        """As `FaultPoints`."""
        if label == self.label:
            self.count -= 1
            if self.count == 0:
                raise Crash(label)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What differs from test to test; the rest of the policies is fixed."""

    max_orders: int = 8
    max_age_s: int = 2
    valid_for_s: int = 300
    max_in_flight: int = 4
    max_attempts: int = 4
    max_replacements: int = 6
    kurier: str = "never"  # as zkverify.kurier.use
    route_after_s: int = 10
    caps: dict[Resource, int] = field(default_factory=dict)
    cap_window_s: int = 3_600
    reserve: int = 10**15
    see_at: Depth = 0
    spend_at: Depth = 0
    done_at: Depth = BlockTag.FINALIZED
    intake: IntakePolicy | None = None
    priorities: tuple[PriorityRule, ...] = ()
    ages_s: dict[Priority, int] = field(default_factory=dict)
    fee_multiple_bps: int = 0

    def depths(self) -> dict[str, Depth]:
        """As the settings name them."""
        return {
            "evm.see_at": self.see_at,
            "evm.spend_at": self.spend_at,
            "evm.done_at": self.done_at,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """What a process holds in memory."""

    tools: Tools
    prove: PaidActs[ProverWork, ProverDetail]
    extrinsic: PaidActs[ZkVerifyRequest, ZkVerifyDetail]
    job: PaidActs[ZkVerifyRequest, ZkVerifyDetail]
    routes: SubmissionRoutes
    transaction: PaidActs[Call, Mined]
    intake: Intake
    batcher: Batcher
    dispatcher: Dispatcher
    submitter: Submitter
    settler: Settler
    reaper: Reaper
    terms: TermsWatch
    clocks: ClockWatch
    depths: DepthWatch
    spend: SpendCheck
    transitions: BatchTransitions

    @property
    def gate(self) -> PurchaseGate:
        """Of purchases."""
        return self.tools.gate

    @property
    def board(self) -> HealthBoard:
        """Alerts, and how the services do."""
        return self.tools.board

    @property
    def telemetry(self) -> Telemetry:
        """Metrics."""
        return self.tools.telemetry

    @property
    def services(self) -> Sequence[Service]:
        """In the order in which an order meets them."""
        return (
            self.intake,
            self.batcher,
            self.dispatcher,
            self.submitter,
            self.settler,
            self.reaper,
            self.terms,
            self.clocks,
            self.depths,
        )

    async def recover(self) -> None:
        """What the daemon does at start: resolve every act that may have been left open."""
        for acts in (self.prove, self.extrinsic, self.job, self.transaction):
            try:
                await acts.keep()
            except OperatorError as error:
                if error.disposition is Disposition.FATAL:
                    raise


class Outside:
    """What outlives a process: the store and the three systems; and the rules that a new one starts with."""

    rules: Rules
    clock: ManualClock
    wall: LeapingClock
    store: MemoryStore
    chain: ScriptedChain
    contract: ScriptedContract
    transactions: ScriptedTransactions
    zkverify: ScriptedZkVerify
    extrinsics: ScriptedExtrinsics
    kurier: ScriptedKurier
    prover: ScriptedProver
    checker: ScriptedChecker

    def new_process(self, faults: FaultPoints) -> Operator:
        """Everything in memory, built anew."""
        clock = SteadyClock(wall=self.wall, elapsed_ms=self.clock.now_ms)
        board, telemetry = HealthBoard(clock=clock), Telemetry()
        tools = Tools(
            clock=clock,
            faults=faults,
            telemetry=telemetry,
            board=board,
            gate=PurchaseGate(clock=clock, board=board, telemetry=telemetry),
            store=self.store,
            source=self.chain,
            reader=self.chain,
        )
        terms = TermsWatch(
            tools,
            agreed=self.chain.contract,
            compare=partial(scripted_differences, vkey=VKEY),
        )
        clocks = ClockWatch(tools)
        spend = SpendCheck(
            tools,
            terms=terms,
            clocks=clocks,
            see_at=self.rules.see_at,
            spend_at=self.rules.spend_at,
        )
        bought = PurchaseUse(batches=self.store.batches, spend=spend)
        prove = self._acts(self.prover, tools, bought.is_wanted)
        own = self._breaker(self.extrinsics.name, tools)
        extrinsic = self._acts(
            self.extrinsics, tools, all_of(own.wants, bought.is_wanted), is_bulk=True
        )
        transaction = self._transaction(tools)
        job = self._acts(self.kurier, tools, bought.is_wanted)
        other = None if self.rules.kurier == "never" else self._breaker(self.kurier.name, tools)
        routes = SubmissionRoutes(
            own=Route(extrinsic, own),
            kurier=None if other is None else Route(job, other),
            prefers_own=self.rules.kurier != "primary",
        )
        return Operator(
            tools=tools,
            job=job,
            routes=routes,
            prove=prove,
            extrinsic=extrinsic,
            transaction=transaction,
            intake=self._intake(tools, terms),
            batcher=self._batcher(tools, terms, spend),
            dispatcher=self._dispatcher(tools, prove, spend),
            submitter=self._submitter(tools, extrinsic, routes, spend),
            settler=self._settler(tools, transaction),
            reaper=self._reaper(tools, transaction),
            terms=terms,
            clocks=clocks,
            depths=DepthWatch(tools, depths=self.rules.depths()),
            spend=spend,
            transitions=BatchTransitions(tools),
        )

    def _transaction(self, tools: Tools) -> PaidActs[Call, Mined]:
        use = TransactionUse(tools, calls=self.contract, can_replace=self.transactions.can_replace)
        readers = (tools.wake_ups.reaper,)
        return self._acts(self.transactions, tools, use.is_wanted, readers=readers)

    def _acts(
        self,
        channel: PaidChannel[RequestT, DetailT],
        tools: Tools,
        wanted: IsWanted | None = None,
        *,
        readers: Sequence[WakeUp] = (),
        is_bulk: bool = False,
    ) -> PaidActs[RequestT, DetailT]:
        limit = self.rules.caps.get(channel.resource, NO_CAP)
        cap = SpendCap(resource=channel.resource, window_s=self.rules.cap_window_s, limit=limit)
        made: type[PaidActs[RequestT, DetailT]] = BulkActs if is_bulk else PaidActs
        return made(
            channel=channel,
            store=self.store.intents,
            policy=SpendPolicy(caps=[cap], reserve=self.rules.reserve),
            clock=tools.clock,
            faults=tools.faults,
            telemetry=tools.telemetry,
            board=tools.board,
            is_wanted=wanted,
            readers=readers,
        )

    def _intake(self, tools: Tools, terms: TermsWatch) -> Intake:
        policy = self.rules.intake or IntakePolicy(start_block=0, see_at=self.rules.see_at)
        scanner = Scanner(source=self.chain, signing_domain=self.chain.contract.signing_domain)
        audit = AuditPolicy(start_block=policy.start_block)
        return Intake(
            tools,
            scanner=scanner,
            audit=OrderAudit(tools, scanner=scanner, policy=audit),
            policy=policy,
            announce=terms.announce,
        )

    def _batcher(self, tools: Tools, terms: TermsWatch, spend: SpendCheck) -> Batcher:
        rules = self.rules
        ages_ms = {each: rules.ages_s.get(each, rules.max_age_s) * 1000 for each in Priority}
        return Batcher(
            tools,
            terms=terms,
            spend=spend,
            policy=BatcherPolicy(
                signing_domain=self.chain.contract.signing_domain,
                limits=BatchPolicy(
                    max_orders=rules.max_orders,
                    max_bytes=1_000_000,
                    max_age_ms=ages_ms,
                    reserve_ms=0,
                    fee_multiple_bps=rules.fee_multiple_bps,
                ),
                tolerance_bps=50,
                valid_for_s=rules.valid_for_s,
                max_in_flight=rules.max_in_flight,
                assumed_settle_ms=20_000,
                priorities=rules.priorities,
            ),
        )

    def _dispatcher(
        self, tools: Tools, acts: PaidActs[ProverWork, ProverDetail], spend: SpendCheck
    ) -> Dispatcher:
        lane = ProverLane(backend=self.prover, acts=acts, max_attempts=self.rules.max_attempts)
        lanes = ProverLanes(
            lanes=[lane],
            batches=self.store.batches,
            clock=tools.clock,
            telemetry=tools.telemetry,
        )
        return Dispatcher(
            tools,
            lanes=lanes,
            checker=self.checker,
            spend=spend,
            policy=DispatchPolicy(
                program_vkey=VKEY,
                recursion_root=ROOT,
                signing_domain=self.chain.contract.signing_domain,
            ),
        )

    def _breaker(self, name: str, tools: Tools) -> Breaker:
        has_other = self.rules.kurier != "never"
        return Breaker(
            name=name,
            after_ms=self.rules.route_after_s * 1000 if has_other else math.inf,
            clock=tools.clock,
            board=tools.board,
            telemetry=tools.telemetry,
        )

    def _submitter(
        self,
        tools: Tools,
        acts: PaidActs[ZkVerifyRequest, ZkVerifyDetail],
        routes: SubmissionRoutes,
        spend: SpendCheck,
    ) -> Submitter:
        return Submitter(
            tools,
            acts=acts,
            routes=routes,
            reader=self.zkverify,
            spend=spend,
            policy=SubmitPolicy(
                program_vkey=VKEY,
                recursion_root=ROOT,
                vk_hash=VK_HASH,
                domain_id=DOMAIN_ID,
                max_attempts=self.rules.max_attempts,
            ),
        )

    def _settler(self, tools: Tools, acts: PaidActs[Call, Mined]) -> Settler:
        return Settler(
            tools,
            acts=acts,
            calls=self.contract,
            signer=ScriptedSigner(Address(b"\xab" * 20)),
            policy=SettlePolicy(
                signing_domain=self.chain.contract.signing_domain,
                max_replacements=self.rules.max_replacements,
                done_at=self.rules.done_at,
            ),
        )

    def _reaper(self, tools: Tools, acts: PaidActs[Call, Mined]) -> Reaper:
        return Reaper(
            tools,
            acts=acts,
            calls=self.contract,
            policy=ReapPolicy(max_replacements=self.rules.max_replacements),
        )
